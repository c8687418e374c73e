#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// What the operating system knows about processes.
///
/// A process id in a file proves nothing: the process may be gone, a zombie, or by now another program.
/// Every process of a PostgreSQL server has the data directory as its working directory, and that is
/// what is looked at.
enum ProcessTable {
  /// Whether the process id is taken, be it by a zombie or by another user's process.
  static func exists(_ pid: pid_t) -> Bool { kill(pid, 0) == 0 || errno == EPERM }

  /// Whether the process exists and still runs (a zombie does not).
  static func isRunning(_ pid: pid_t) -> Bool {
    #if os(Linux)
    // "PID (name, which may hold anything) S …": the state follows the last parenthesis.
    guard let line = text("/proc/\(pid)/stat"), let end = line.lastIndex(of: ")") else {
      return false
    }
    return !["Z", "X"].contains(line[end...].dropFirst(2).prefix(1))
    #else
    var info = proc_bsdinfo()
    let size = Int32(MemoryLayout<proc_bsdinfo>.size)
    return proc_pidinfo(pid, PROC_PIDTBSDINFO, 0, &info, size) == size
      && info.pbi_status != UInt32(SZOMB)
    #endif
  }

  /// Whether the process is a part of the server on this data directory (a canonical path).
  static func serves(_ pid: pid_t, dataDirectory: String) -> Bool {
    isRunning(pid) && workingDirectory(pid) == dataDirectory && isPostgres(pid)
  }

  /// All processes of the server on this data directory.
  static func processes(servingDataDirectory dataDirectory: String) -> [pid_t] {
    all().filter { serves($0, dataDirectory: dataDirectory) }
  }

  #if os(Linux)
  private static func all() -> [pid_t] { Files.list("/proc").compactMap { pid_t($0) } }

  private static func workingDirectory(_ pid: pid_t) -> String? { link("/proc/\(pid)/cwd") }

  private static func isPostgres(_ pid: pid_t) -> Bool {
    // An upgrade may have replaced the program of a running server: "/…/postgres (deleted)".
    link("/proc/\(pid)/exe").map { Files.name(of: $0).hasPrefix("postgres") } ?? false
  }

  private static func link(_ path: String) -> String? {
    var buffer = [UInt8](repeating: 0, count: Int(PATH_MAX))
    let count = buffer.withUnsafeMutableBytes { bytes in
      bytes.bindMemory(to: CChar.self).baseAddress.map { readlink(path, $0, bytes.count) } ?? -1
    }
    return count < 0 ? nil : String(decoding: buffer.prefix(count), as: UTF8.self)
  }

  private static func text(_ path: String) -> String? {
    // Files of /proc have no size, so they are read with one read(2).
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    var buffer = [UInt8](repeating: 0, count: 1024)
    let count = read(descriptor, &buffer, buffer.count)
    return count < 0 ? nil : String(decoding: buffer.prefix(count), as: UTF8.self)
  }
  #else
  private static func all() -> [pid_t] {
    var pids = [pid_t](repeating: 0, count: Int(proc_listallpids(nil, 0)) + 64)
    let count = proc_listallpids(&pids, Int32(pids.count * MemoryLayout<pid_t>.size))
    return Array(pids.prefix(Int(max(0, count))))
  }

  private static func workingDirectory(_ pid: pid_t) -> String? {
    var info = proc_vnodepathinfo()
    let size = Int32(MemoryLayout<proc_vnodepathinfo>.size)
    guard proc_pidinfo(pid, PROC_PIDVNODEPATHINFO, 0, &info, size) == size else { return nil }
    return withUnsafeBytes(of: info.pvi_cdir.vip_path) { bytes in
      String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
    }
  }

  private static func isPostgres(_ pid: pid_t) -> Bool {
    var buffer = [UInt8](repeating: 0, count: 4 * Int(MAXPATHLEN))
    let count = proc_pidpath(pid, &buffer, UInt32(buffer.count))
    return count > 0
      && Files.name(of: String(decoding: buffer.prefix(Int(count)), as: UTF8.self)) == "postgres"
  }
  #endif
}
