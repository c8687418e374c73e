import Crypto
import VectorSQL

/// One file of a migration folder: `VERSION_name.sql`.
///
/// A version is the run of digits that the name starts with, as in dbmate; it is kept as text, so
/// `7` and `007` differ. Files run in the order of their names, byte by byte, which is dbmate's order
/// too: of `2_b.sql` and `10_a.sql` the latter comes first. Versions of one width (timestamps) sort as
/// anyone expects.
public struct MigrationFile: Sendable, Hashable {
  /// The digits.
  public let version: String
  /// The file's name without its folder, for example `20260102030405_create_product.sql`.
  public let name: String
  /// SHA-256 of the content in hexadecimal.
  ///
  /// Line ends count as `\n` and a byte order mark as nothing, so that a checkout on another system is
  /// no edit. For an ordinary file this is what `sha256sum` prints.
  public let checksum: String

  package let source: SourceText

  /// A file from its name and content.
  ///
  /// - Parameters:
  ///   - name: The file's name without its folder.
  ///   - folder: The folder as messages shall show it.
  ///   - bytes: The content.
  /// - Throws: ``MigrationParsingError`` for a name that is none of a migration.
  package init(
    name: String,
    folder: String,
    bytes: [UInt8]
  ) throws(MigrationParsingError) {
    let path = folder.isEmpty ? name : folder + "/" + name
    guard let version = Self.version(of: name) else {
      throw MigrationParsingError(.badName, file: path)
    }
    self.version = version
    self.name = name
    self.source = SourceText(name: path, bytes: bytes)
    self.checksum = SHA256.hexadecimal(source.bytes[source.startOfText...].withUnixLineEnds)
  }

  /// The file as messages name it: with its folder.
  public var path: String { source.name }

  /// The leading digits of a `.sql` file's name.
  static func version(of name: String) -> String? {
    let digits = name.utf8.prefix { $0.isDigit }
    return digits.isEmpty || !name.hasSuffix(".sql") ? nil : String(digits)
  }

  /// The order in which files run.
  static func precedes(_ name: String, _ other: String) -> Bool {
    name.utf8.lexicographicallyPrecedes(other.utf8)
  }
}

extension SHA256 {
  static func hexadecimal(_ bytes: some Sequence<UInt8>) -> String {
    let digits = Array("0123456789abcdef".utf8)
    let hash = SHA256.hash(data: Array(bytes))
    return String(
      decoding: hash.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] },
      as: UTF8.self
    )
  }
}

extension ArraySlice<UInt8> {
  /// The bytes with `\r\n` as `\n`.
  var withUnixLineEnds: ArraySlice<UInt8> {
    guard contains(0x0D) else { return self }
    var out = ArraySlice<UInt8>()
    out.reserveCapacity(count)
    for index in indices {
      let isBeforeNewline = index + 1 < endIndex && self[index + 1] == 0x0A
      if self[index] == 0x0D, isBeforeNewline { continue }
      out.append(self[index])
    }
    return out
  }
}
