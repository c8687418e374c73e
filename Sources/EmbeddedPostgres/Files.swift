#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif
#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// The few things this target asks of the file system, with errors that name the path.
enum Files {
  /// A path's owner and permission bits.
  struct Ownership {
    let user: uid_t
    let group: gid_t
    let permissions: mode_t
    let isDirectory: Bool
    let size: Int
  }

  static func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }

  static func isExecutable(_ path: String) -> Bool { access(path, X_OK) == 0 }

  /// The text of a small file; nil when it is absent, unreadable or not UTF-8.
  static func text(_ path: String) -> String? {
    FileManager.default.contents(atPath: path).flatMap { String(bytes: $0, encoding: .utf8) }
  }

  /// The text of a file from a byte on, its last 64 kB at most.
  static func text(_ path: String, from position: Int) -> String {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return "" }
    defer { close(descriptor) }
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    let start = max(position, Int(lseek(descriptor, 0, SEEK_END)) - buffer.count)
    let count = pread(descriptor, &buffer, buffer.count, off_t(start))
    return String(decoding: buffer.prefix(max(0, count)), as: UTF8.self)
  }

  static func write(_ text: String, to path: String) throws {
    // The file appears whole or not at all: readers hold no lock, and neither do other writers, of
    // which one process may have several.
    let scratch = "\(path).\(getpid()).\(UInt32.random(in: 0...UInt32.max))"
    guard FileManager.default.createFile(atPath: scratch, contents: Data(text.utf8)) else {
      throw failure("write", scratch)
    }
    try move(scratch, to: path)
  }

  static func list(_ directory: String) -> [String] {
    (try? FileManager.default.contentsOfDirectory(atPath: directory))?.sorted() ?? []
  }

  /// The path without symbolic links, or the path itself where it does not exist.
  static func canonical(_ path: String) -> String {
    guard let resolved = realpath(path, nil) else { return path }
    defer { free(resolved) }
    return String(cString: resolved)
  }

  /// The path from the root directory on, however the caller wrote it.
  static func absolute(_ path: String) -> String {
    path.hasPrefix("/") ? path : FileManager.default.currentDirectoryPath + "/" + path
  }

  static func ownership(_ path: String) -> Ownership? {
    var info = stat()
    guard lstat(path, &info) == 0 else { return nil }
    return Ownership(
      user: info.st_uid,
      group: info.st_gid,
      permissions: info.st_mode & 0o7777,
      isDirectory: info.st_mode & S_IFMT == S_IFDIR,
      size: Int(info.st_size)
    )
  }

  /// Creates the directory and those above it that are missing, with exactly these permissions.
  static func makeDirectory(_ path: String, permissions: mode_t) throws {
    if ownership(path) != nil { return }
    let parent = parent(of: path)
    if parent != path { try makeDirectory(parent, permissions: 0o755) }
    guard mkdir(path, permissions) == 0 || errno == EEXIST else { throw failure("create", path) }
    // The caller's umask may have taken away what the server's user needs.
    guard chmod(path, permissions) == 0 else { throw failure("set the permissions of", path) }
  }

  static func give(_ path: String, to user: uid_t, _ group: gid_t) throws {
    guard chown(path, user, group) == 0 else { throw failure("change the owner of", path) }
  }

  static func move(_ path: String, to target: String) throws {
    guard rename(path, target) == 0 else { throw failure("rename", path) }
  }

  /// Removes a file or a directory with all that is in it; one that is absent is no failure.
  static func remove(_ path: String) throws {
    guard ownership(path) != nil else { return }
    do {
      try FileManager.default.removeItem(atPath: path)
    } catch {
      guard ownership(path) != nil else { return }
      throw EmbeddedPostgresError(
        .notPermitted,
        "could not remove \(path)",
        advice: "look at its owner and permissions, then try again"
      )
    }
  }

  static func parent(of path: String) -> String {
    guard let slash = path.lastIndex(of: "/"), slash != path.startIndex else { return "/" }
    return String(path[..<slash])
  }

  static func name(of path: String) -> String {
    String(path[(path.lastIndex(of: "/").map(path.index(after:)) ?? path.startIndex)...])
  }

  private static func failure(_ verb: String, _ path: String) -> EmbeddedPostgresError {
    let reason = String(cString: strerror(errno))
    return EmbeddedPostgresError(
      .notPermitted,
      "could not \(verb) \(path): \(reason)",
      advice: "look at the permissions of \(parent(of: path)) and the space on its disk"
    )
  }
}
