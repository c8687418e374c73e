#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// The tokens of a `vocab.txt`, one a line, found by their UTF-8 bytes.
///
/// Bytes and not `String`: for a `String` "##" and a combining mark after it are one character, and
/// canonically equivalent tokens one key. The table is a flat one because thirty thousand keys of their
/// own would take longer to make than to embed a text.
struct WordPieceVocabulary: Sendable {
  /// A hash that grows byte by byte, so that all prefixes of a word cost one walk: FNV-1a.
  ///
  /// It starts anywhere, so that no file can be made whose tokens all have the same.
  struct Hash: Sendable {
    fileprivate var value = start
    private static let start = UInt64.random(in: 0...UInt64.max)

    /// The hash of some bytes, or of none.
    init(_ bytes: some Sequence<UInt8> = EmptyCollection()) { for byte in bytes { append(byte) } }

    /// Appends a byte to what is hashed.
    mutating func append(_ byte: UInt8) { value = (value ^ UInt64(byte)) &* 0x100_0000_01B3 }
  }

  /// The number of tokens.
  let count: Int
  /// What stands for a word that has no pieces.
  let unknown: Int32
  /// What stands before a text.
  let start: Int32
  /// What stands after a text.
  let end: Int32
  /// Tokens that are taken as they are where they occur in a text, with their ids.
  let special: [(text: [UInt8], id: Int32)]

  private let table: TokenTable

  /// Reads a file.
  ///
  /// - Throws: ``EncoderError`` where it is missing, or lacks a token that every BERT needs.
  init(path: String) throws(EncoderError) {
    guard let data = try UntrustedFile.map(path) else {
      throw EncoderError(
        .notFound,
        "there is no vocabulary \(path)",
        advice: "take the vocab.txt that belongs to the model"
      )
    }
    let table = TokenTable(lines: [UInt8](data))
    let special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"].compactMap { token in
      table.id(of: Array(token.utf8)[...], prefix: [], hash: Hash(token.utf8))
        .map { (text: token, id: $0) }
    }
    func id(of token: String) throws(EncoderError) -> Int32 {
      if let found = special.first(where: { $0.text == token }) { return found.id }
      throw EncoderError(
        .badData,
        "the vocabulary \(path) lacks the token \(token)",
        advice: "take the vocab.txt that belongs to the model"
      )
    }
    unknown = try id(of: "[UNK]")
    start = try id(of: "[CLS]")
    end = try id(of: "[SEP]")
    count = table.count
    self.table = table
    self.special = special.map { (Array($0.text.utf8), $0.id) }
  }

  /// The id of the piece that starts a word, given the hash of its bytes.
  func id(ofStart piece: ArraySlice<UInt8>, hash: Hash) -> Int32? {
    table.id(of: piece, prefix: [], hash: hash)
  }

  /// The id of a piece within a word, given the hash of "##" and its bytes.
  func id(ofContinuation piece: ArraySlice<UInt8>, hash: Hash) -> Int32? {
    table.id(of: piece, prefix: Self.continuation, hash: hash)
  }

  /// What the hash of a piece within a word starts with.
  static let continuationHash = Hash(continuation)

  private static let continuation = Array("##".utf8)
}

/// A hash table of the lines of a text, each with its number.
private struct TokenTable: Sendable {
  private let bytes: [UInt8]
  private var tokens: [Range<Int>] = []
  // Open addressing, at least half of it empty, which -1 says.
  private var slots: [Int32]

  var count: Int { tokens.count }

  init(lines: [UInt8]) {
    bytes = lines
    var start = 0
    while start < bytes.count {
      let end = bytes[start...].firstIndex(of: UInt8(ascii: "\n")) ?? bytes.count
      let hasReturn = end > start && bytes[end - 1] == UInt8(ascii: "\r")
      tokens.append(start..<(hasReturn ? end - 1 : end))
      start = end + 1
    }
    var capacity = 16
    while capacity < tokens.count * 2 { capacity *= 2 }
    slots = [Int32](repeating: -1, count: capacity)
    for (id, token) in tokens.enumerated() {
      // A token that stands there twice has its last line's number.
      slots[slot(of: bytes[token], prefix: [], hash: .init(bytes[token]))] = Int32(id)
    }
  }

  func id(
    of piece: ArraySlice<UInt8>,
    prefix: [UInt8],
    hash: WordPieceVocabulary.Hash
  ) -> Int32? {
    let id = slots[slot(of: piece, prefix: prefix, hash: hash)]
    return id < 0 ? nil : id
  }

  /// The slot that holds a token, or the empty one where it would be.
  private func slot(
    of piece: ArraySlice<UInt8>,
    prefix: [UInt8],
    hash: WordPieceVocabulary.Hash
  ) -> Int {
    var slot = Int(truncatingIfNeeded: hash.value) & (slots.count - 1)
    while slots[slot] >= 0 {
      let token = bytes[tokens[Int(slots[slot])]]
      if token.count == prefix.count + piece.count, token.starts(with: prefix),
        token.dropFirst(prefix.count).elementsEqual(piece)
      {
        break
      }
      slot = (slot + 1) & (slots.count - 1)
    }
    return slot
  }
}
