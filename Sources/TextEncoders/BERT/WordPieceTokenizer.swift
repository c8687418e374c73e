/// Cuts a text into word pieces: Wu et al., "Google's Neural Machine Translation System", 2016
/// (arXiv:1609.08144), section 4.1, as BERT does it.
struct WordPieceTokenizer: Sendable {
  /// The tokens.
  let vocabulary: WordPieceVocabulary
  /// What is done to a text first.
  let normalization: TextNormalization
  /// The ids of one text at most, [CLS] and [SEP] included.
  let maximumTokens: Int

  /// A longer word is unknown as a whole; counted in scalars.
  private static let longestWord = 100

  /// The ids of a text's tokens, between [CLS] and [SEP], cut to ``maximumTokens``.
  func ids(of text: String) -> [Int32] {
    var ids = [vocabulary.start]
    let mostPieces = maximumTokens - 1
    var word = Word()
    var text = text
    text.withUTF8 { bytes in
      var place = 0
      while place < bytes.count, ids.count < mostPieces {
        // What looks like a special token is one, wherever it stands and untouched by case.
        if bytes[place] == UInt8(ascii: "["), let special = specialToken(in: bytes, at: place) {
          append(&word, to: &ids)
          ids.append(special.id)
          place += special.text.count
        } else if bytes[place] < 0x80 {
          addASCII(bytes[place], to: &word, ids: &ids)
          place += 1
        } else {
          place += addScalar(in: bytes, at: place, to: &word, ids: &ids)
        }
      }
    }
    append(&word, to: &ids)
    ids.removeLast(max(0, ids.count - mostPieces))
    ids.append(vocabulary.end)
    return ids
  }

  /// The bytes of the word at hand.
  private struct Word {
    var bytes: [UInt8] = []
    var scalars = 0
  }

  private func specialToken(
    in bytes: UnsafeBufferPointer<UInt8>,
    at place: Int
  ) -> (text: [UInt8], id: Int32)? {
    vocabulary.special.first { bytes[place...].starts(with: $0.text) }
  }

  private func addASCII(_ byte: UInt8, to word: inout Word, ids: inout [Int32]) {
    switch byte {
    case 0x20, 0x09, 0x0A, 0x0D: append(&word, to: &ids)
    case 0x00..<0x20, 0x7F: break  // other control characters vanish
    case 0x30...0x39, 0x61...0x7A: add([byte], to: &word)
    case 0x41...0x5A: add([normalization.lowercases ? byte | 0x20 : byte], to: &word)
    default:
      append(&word, to: &ids)
      add([byte], to: &word)
      append(&word, to: &ids)
    }
  }

  /// Adds what the scalar at a place becomes.
  ///
  /// - Returns: Its length in bytes.
  private func addScalar(
    in bytes: UnsafeBufferPointer<UInt8>,
    at place: Int,
    to word: inout Word,
    ids: inout [Int32]
  ) -> Int {
    let (scalar, length) = Self.scalar(in: bytes, at: place)
    var scalars: [Unicode.Scalar] = []
    normalization.append(scalar, to: &scalars)
    for scalar in scalars {
      if scalar.properties.isWhitespace {
        append(&word, to: &ids)
      } else if TextNormalization.isPunctuation(scalar) {
        append(&word, to: &ids)
        add(Array(String(scalar).utf8), to: &word)
        append(&word, to: &ids)
      } else {
        add(Array(String(scalar).utf8), to: &word)
      }
    }
    return length
  }

  /// Decodes a scalar of more than one byte; a string's bytes are valid UTF-8.
  private static func scalar(
    in bytes: UnsafeBufferPointer<UInt8>,
    at place: Int
  ) -> (Unicode.Scalar, length: Int) {
    let length = bytes[place] >= 0xF0 ? 4 : bytes[place] >= 0xE0 ? 3 : 2
    var value = UInt32(bytes[place]) & (0x7F >> UInt32(length))
    for byte in bytes[place..<place + length].dropFirst() {
      value = value << 6 | UInt32(byte & 0x3F)
    }
    return (Unicode.Scalar(value) ?? "\u{FFFD}", length)
  }

  private func add(_ scalar: some Collection<UInt8>, to word: inout Word) {
    word.bytes.append(contentsOf: scalar)
    word.scalars += 1
  }

  /// Ends the word at hand: the longest known piece, then the longest known continuation, and so on; a
  /// word that does not come out even is unknown as a whole.
  private func append(_ word: inout Word, to ids: inout [Int32]) {
    defer { word = Word() }
    guard !word.bytes.isEmpty else { return }
    guard word.scalars <= Self.longestWord else { return ids.append(vocabulary.unknown) }
    let before = ids.count
    var start = 0
    while start < word.bytes.count {
      guard let (id, end) = longestPiece(of: word.bytes, from: start) else {
        ids.removeLast(ids.count - before)
        return ids.append(vocabulary.unknown)
      }
      ids.append(id)
      start = end
    }
  }

  private func longestPiece(of word: [UInt8], from start: Int) -> (id: Int32, end: Int)? {
    var hash = start == 0 ? WordPieceVocabulary.Hash() : WordPieceVocabulary.continuationHash
    let hashes = word[start...].map { byte in
      hash.append(byte)
      return hash
    }
    for end in stride(from: word.count, to: start, by: -1) {
      let piece = word[start..<end]
      let found =
        start == 0
        ? vocabulary.id(ofStart: piece, hash: hashes[end - start - 1])
        : vocabulary.id(ofContinuation: piece, hash: hashes[end - start - 1])
      if let found { return (found, end) }
    }
    return nil
  }
}
