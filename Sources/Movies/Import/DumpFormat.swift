import SystemPackage

/// The forms in which a dump comes, told apart by the first bytes and never by the file's name.
package enum DumpFormat: Sendable, Hashable {
  /// SQL text.
  case script
  /// What pg_restore reads: custom, tar, directory.
  case archive
  /// A zip file, in which one of the others is looked for.
  case zip

  /// Looks at a file or folder.
  ///
  /// - Throws: `ImportError` if it is absent, not readable or certainly no dump.
  package static func detect(_ path: String) throws -> DumpFormat {
    if let stat = try? Stat(FilePath(path)), stat.type == .directory {
      guard (try? Stat(FilePath(path).appending("toc.dat"))) != nil else {
        throw ImportError(
          .usage,
          path: path,
          "this folder is no archive of pg_dump: it holds no toc.dat",
          advice: "name the archive or the SQL file"
        )
      }
      return .archive
    }
    let file = try ByteReader(path: path, what: "a dump")
    guard try file.fill() else { throw ImportError(.badData, path: path, "the file is empty") }
    return try detect(file)
  }

  private static func detect(_ file: ByteReader) throws -> DumpFormat {
    let bytes = file.buffer[..<file.end]
    if bytes.starts(with: "PGDMP".utf8) { return .archive }
    if bytes.starts(with: "PK\u{3}\u{4}".utf8) { return .zip }
    if bytes.count > 262, bytes[257..<262].elementsEqual("ustar".utf8) {
      try TarCheck(path: file.path).run()
      return .archive
    }
    if bytes.starts(with: [0xFF, 0xFE]) || bytes.starts(with: [0xFE, 0xFF]) {
      throw notADump(
        file.path,
        "the file is UTF-16, as PowerShell's > writes it",
        "make it with pg_dump -f FILE, or convert it: iconv -f UTF-16 -t UTF-8"
      )
    }
    if bytes.starts(with: [0x1F, 0x8B]) {
      throw notADump(file.path, "the file is compressed by gzip", "unpack it first: gunzip FILE")
    }
    guard !bytes.contains(0) else {
      throw notADump(
        file.path,
        "this is no dump of a PostgreSQL database",
        "give an archive or an SQL file made by pg_dump"
      )
    }
    return .script
  }

  private static func notADump(_ path: String, _ sentence: String, _ advice: String) -> ImportError
  {
    ImportError(.badData, path: path, sentence, advice: advice)
  }
}

/// Checks that a tar file is whole and made by pg_dump, before pg_restore sees it.
///
/// pg_restore (15 to 18 were tried) never ends on a tar file that is cut short within a member: it writes
/// the bytes that it has read last again and again.
struct TarCheck {
  private static let block = 512

  private let path: String

  init(path: String) { self.path = path }

  /// Follows the headers to the end.
  ///
  /// - Throws: `ImportError` if the file is not what it should be.
  func run() throws {
    let descriptor = try FileDescriptor.open(path, .readOnly)
    try descriptor.closeAfter {
      let size = try descriptor.seek(offset: 0, from: .end)
      var offset: Int64 = 0
      while let header = try readHeader(descriptor, at: offset) {
        if offset == 0, !header.starts(with: "toc.dat\0".utf8) {
          throw ImportError(
            .badData,
            path: path,
            "this is a tar file, but not one that pg_dump made",
            advice: "unpack it, and name the dump that is in it"
          )
        }
        let blocks = (memberSize(header) + Int64(Self.block) - 1) / Int64(Self.block)
        offset += (1 + blocks) * Int64(Self.block)
        guard offset <= size else {
          throw ImportError(
            .badData,
            path: path,
            "the archive is cut short: it has \(size) bytes and should have at least \(offset)",
            advice: "copy or download the file again"
          )
        }
      }
    }
  }

  /// A member's header; nil at the end of the file and at the empty block that ends the archive.
  private func readHeader(_ descriptor: FileDescriptor, at offset: Int64) throws -> [UInt8]? {
    var header = [UInt8](repeating: 0, count: Self.block)
    let count = try header.withUnsafeMutableBytes {
      try descriptor.read(fromAbsoluteOffset: offset, into: $0)
    }
    return count == Self.block && header[0] != 0 ? header : nil
  }

  /// The size in a header: octal digits, or binary where they do not suffice.
  private func memberSize(_ header: [UInt8]) -> Int64 {
    let field = header[124..<136]
    if header[124] & 0x80 != 0 {
      return field.dropFirst(4).reduce(0) { $0 << 8 | Int64($1) }
    }
    return field.filter { (0x30...0x37).contains($0) }.reduce(0) { $0 * 8 + Int64($1 - 0x30) }
  }
}
