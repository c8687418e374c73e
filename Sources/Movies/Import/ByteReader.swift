import SystemPackage

/// Reads a file through one buffer, so that the size of the file never shows in the memory.
///
/// The unread bytes stand in `buffer[start..<end]`. A consumer looks at them, moves `start` over what it
/// has understood, and calls `fill` when it needs to see more. A class, because a place in an open file is
/// one thing however many look at it.
final class ByteReader {
  /// How much is asked for at once: large enough to make system calls rare, small enough for a cache.
  static let chunk = 256 * 1024

  /// The file as the caller named it.
  let path: String
  /// The file's size, if it has one (a pipe has none).
  let size: Int?
  private(set) var buffer: [UInt8]
  var start = 0
  private(set) var end = 0
  private(set) var bytesRead = 0
  private(set) var isAtEnd = false
  private let descriptor: FileDescriptor
  private let closesDescriptor: Bool

  /// Reads from an open descriptor, which stays the caller's.
  convenience init(descriptor: CInt, path: String) {
    let descriptor = FileDescriptor(rawValue: descriptor)
    self.init(descriptor: descriptor, path: path, size: nil, closes: false)
  }

  private init(descriptor: FileDescriptor, path: String, size: Int?, closes: Bool) {
    self.descriptor = descriptor
    self.path = path
    self.size = size
    closesDescriptor = closes
    buffer = [UInt8](repeating: 0, count: Self.chunk)
  }

  /// Opens a file.
  ///
  /// - Throws: `ImportError` if it is absent, a folder or not readable.
  convenience init(path: String, what: String) throws {
    let (descriptor, size) = try openForReading(path, what: what)
    self.init(descriptor: descriptor, path: path, size: size, closes: true)
  }

  deinit {
    if closesDescriptor { try? descriptor.close() }
  }

  /// How far the file is read.
  func progress(_ table: String) -> ImportProgress {
    ImportProgress(table: table, bytesRead: bytesRead, bytesTotal: size)
  }

  /// Reads more behind the unread bytes, which move to the front; the buffer grows if they fill it.
  ///
  /// - Returns: false at the end of the file.
  func fill() throws -> Bool {
    guard !isAtEnd else { return false }
    if start > 0 {
      buffer.withUnsafeMutableBytes { bytes in
        let unread = UnsafeRawBufferPointer(rebasing: bytes[start..<end])
        // Overlapping ranges are allowed here: copyMemory moves.
        bytes.copyMemory(from: unread)
      }
      end -= start
      start = 0
    }
    if end == buffer.count { buffer.append(contentsOf: repeatElement(0, count: buffer.count)) }
    let count: Int
    do {
      count = try buffer.withUnsafeMutableBytes { bytes in
        try descriptor.read(into: UnsafeMutableRawBufferPointer(rebasing: bytes[end...]))
      }
    } catch let error as Errno {
      throw ImportError(.badData, path: path, "the file cannot be read", detail: error.description)
    }
    isAtEnd = count == 0
    end += count
    bytesRead += count
    return count > 0
  }

  /// Whether the unread bytes begin with these; reads more if that is needed to know.
  func starts(with prefix: [UInt8]) throws -> Bool {
    while end - start < prefix.count, try fill() {}
    return buffer[start..<end].starts(with: prefix)
  }
}

/// Opens a plain file, or a pipe, which has no size.
///
/// - Throws: `ImportError` if it is absent, a folder or not readable.
private func openForReading(
  _ path: String,
  what: String
) throws -> (descriptor: FileDescriptor, size: Int?) {
  do {
    let descriptor = try FileDescriptor.open(path, .readOnly)
    do {
      let stat = try descriptor.stat()
      guard stat.type != .directory else {
        throw ImportError(.usage, path: path, "this is a folder, not \(what)")
      }
      return (descriptor, stat.type == .regular ? Int(stat.size) : nil)
    } catch {
      try? descriptor.close()
      throw error
    }
  } catch let error as Errno {
    throw openingFailed(path, error)
  }
}

private func openingFailed(_ path: String, _ error: Errno) -> ImportError {
  switch error {
  case .noSuchFileOrDirectory, .notDirectory:
    ImportError(.absent, path: path, "there is no such file")
  case .permissionDenied, .notPermitted:
    ImportError(.rights, path: path, "the file may not be read by this user")
  default:
    ImportError(.badData, path: path, "the file cannot be opened", detail: error.description)
  }
}
