/// What a BERT does to a text before it looks for words, scalar by scalar.
///
/// It follows the tokenizers library, whose character categories are those of Unicode 8: a scalar that
/// came later has none, and is neither control, mark nor punctuation.
struct TextNormalization: Sendable {
  /// Whether scalars are lower-cased, each by itself.
  let lowercases: Bool
  /// Whether scalars are decomposed and the marks dropped.
  let stripsAccents: Bool
  /// Whether each Chinese character is a word of its own.
  let separatesIdeographs: Bool

  /// Appends what a scalar of a text becomes: nothing, a space, itself, or several.
  func append(_ scalar: Unicode.Scalar, to out: inout [Unicode.Scalar]) {
    guard scalar != "\u{FFFD}", !Self.isControl(scalar) else { return }
    if scalar.properties.isWhitespace { return out.append(" ") }
    let isSeparate = separatesIdeographs && Self.isIdeograph(scalar)
    if isSeparate { out.append(" ") }
    if stripsAccents {
      CanonicalDecomposition.forEachScalar(of: scalar) { part in
        if part.oldCategory != .nonspacingMark { appendCased(part, to: &out) }
      }
    } else {
      appendCased(scalar, to: &out)
    }
    if isSeparate { out.append(" ") }
  }

  private func appendCased(_ scalar: Unicode.Scalar, to out: inout [Unicode.Scalar]) {
    if lowercases {
      out.append(contentsOf: scalar.properties.lowercaseMapping.unicodeScalars)
    } else {
      out.append(scalar)
    }
  }

  /// Whether a scalar is a word of its own because it is punctuation.
  static func isPunctuation(_ scalar: Unicode.Scalar) -> Bool {
    if scalar.isASCII {
      switch scalar.value {
      case 33...47, 58...64, 91...96, 123...126: return true
      default: return false
      }
    }
    switch scalar.oldCategory {
    case .connectorPunctuation, .dashPunctuation, .openPunctuation, .closePunctuation,
      .initialPunctuation, .finalPunctuation, .otherPunctuation:
      return true
    default: return false
    }
  }

  private static func isControl(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.oldCategory {
    case .control, .format, .surrogate, .privateUse: true
    default: false
    }
  }

  /// The blocks that BERT calls Chinese: no kana, no Hangul.
  private static func isIdeograph(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0x4E00...0x9FFF, 0x3400...0x4DBF, 0x20000...0x2A6DF, 0x2A700...0x2B73F, 0x2B740...0x2B81F,
      0x2B920...0x2CEAF, 0xF900...0xFAFF, 0x2F800...0x2FA1F:
      true
    default: false
    }
  }
}

extension Unicode.Scalar {
  /// The general category if Unicode 8 knew the scalar.
  fileprivate var oldCategory: Unicode.GeneralCategory {
    guard let age = properties.age, age.major <= 8 else { return .unassigned }
    return properties.generalCategory
  }
}
