/// Swift names for the names of a database.
enum SwiftNames {
  /// `Product Items` becomes `ProductItems`, `order_line` becomes `OrderLine`.
  static func type(_ name: String) -> String {
    let words = words(name)
    return words.isEmpty ? "Unnamed" : started(words.map(capitalized).joined())
  }

  /// `product_id` becomes `productID`, `Long Text` becomes `longText`, a key word gets backticks.
  static func member(_ name: String) -> String {
    let words = words(name)
    let first = words.first.map(lowercased) ?? ""
    let member = started(first + words.dropFirst().map(capitalized).joined())
    return member
  }

  /// A key word as the name of a declaration.
  static func declared(_ member: String) -> String {
    keywords.contains(member) ? "`\(member)`" : member
  }

  /// The text of a literal, with its quotes.
  static func literal(_ text: String) -> String {
    var out = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"", "\\": out += "\\\(scalar)"
      case "\n": out += "\\n"
      // Whatever does not print, or would turn the line around.
      case _ where scalar.properties.generalCategory.isInvisible:
        out += "\\u{\(String(scalar.value, radix: 16))}"
      default: out.unicodeScalars.append(scalar)
      }
    }
    return out + "\""
  }

  /// A text as it may stand between backticks in a comment of one line.
  static func comment(_ text: String) -> String {
    String(
      String.UnicodeScalarView(
        text.unicodeScalars.map { scalar in
          scalar == "`" ? "'" : scalar.properties.generalCategory.isInvisible ? " " : scalar
        }
      )
    )
  }

  private static func words(_ name: String) -> [String] {
    name.split { !$0.isLetter && !$0.isNumber || !$0.isIdentifier }.map { word in
      word.count > 1 && word.allSatisfy { !$0.isLowercase } ? word.lowercased() : String(word)
    }
  }

  private static func capitalized(_ word: String) -> String {
    word == "id" ? "ID" : word.prefix(1).uppercased() + word.dropFirst()
  }

  /// `Price` becomes `price`, `URLPath` becomes `urlPath`.
  private static func lowercased(_ word: String) -> String {
    let capitals = word.prefix { $0.isUppercase }.count
    let count = capitals > 1 ? capitals - 1 : capitals
    return word.prefix(count).lowercased() + word.dropFirst(count)
  }

  /// A name that begins as Swift's do.
  private static func started(_ name: String) -> String {
    guard let first = name.first else { return "unnamed" }
    return first.isNumber ? "_" + name : name
  }

  private static let keywords: Set<String> = Set(
    """
    Any Self actor any as associatedtype async await borrowing break case catch class consuming continue \
    default defer deinit do else enum extension fallthrough false fileprivate for func guard if import in init \
    inout internal is let nil nonisolated open operator precedencegroup private protocol public repeat rethrows \
    return some static struct subscript super switch throw throws true try typealias var where while
    """.split(separator: " ").map(String.init)
  )
}

/// The names given out in one place, so that no two are the same.
struct NameScope {
  private var taken: Set<String>

  /// A place in which some names mean something already.
  init(reserved: Set<String> = []) { taken = Set(reserved.map { $0.lowercased() }) }

  /// Gives out a name, with the suffix or a number behind it where it is taken.
  ///
  /// Upper and lower case do not tell names apart: the files of two types would be one on some disks.
  mutating func take(_ name: String, suffix: String = "") -> String {
    let others = (2...).lazy.map { "\(name)\(suffix)\($0)" }
    for candidate in [name, name + suffix] where taken.insert(candidate.lowercased()).inserted {
      return candidate
    }
    for candidate in others where taken.insert(candidate.lowercased()).inserted { return candidate }
    return name
  }
}

extension Character {
  /// Whether a Swift identifier may have it: ASCII, or a letter of one scalar.
  fileprivate var isIdentifier: Bool { isASCII || isLetter && unicodeScalars.count == 1 }
}

extension Unicode.GeneralCategory {
  /// Control characters, line ends, directions and the like.
  fileprivate var isInvisible: Bool {
    [.control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .privateUse, .unassigned]
      .contains(self)
  }
}
