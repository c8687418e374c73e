/// Whether what stands around a distance grows with it.
enum Monotony {
  private static let casts: Set<String> = [
    "double", "precision", "numeric", "real", "integer", "::", "(", ")",
  ]
  private static let directions: Set<String> = ["asc", "desc", "nulls", "first", "last"]

  /// Knows sums, differences and multiples with one number, and `1 / (1 + distance)`.
  ///
  /// - Parameters:
  ///   - before: The words before the distance.
  ///   - after: The words behind it.
  /// - Returns: Whether it grows; nil where that cannot be told.
  static func grows(before: [String], after: [String]) -> Bool? {
    let before = plain(before)
    let after = plain(after)
    switch (before.count, after.count) {
    case (0, 0): return true
    case (1, 0) where before[0] == "-": return false
    case (2, 0): return term(before[0], before[1]).flatMap { grows($0, before[1], isFirst: true) }
    case (0, 2): return term(after[1], after[0]).flatMap { grows($0, after[0], isFirst: false) }
    case (4, 0) where before[1] == "/" && before[3] == "+":
      return number(before[0]).flatMap { $0 > 0 ? false : nil }
    default: return nil
    }
  }

  private static func grows(_ number: Double, _ sign: String, isFirst: Bool) -> Bool? {
    switch sign {
    case "+": true
    case "-": !isFirst
    case "*" where number != 0: number > 0
    case "/" where !isFirst && number != 0: number > 0
    default: nil
    }
  }

  private static func plain(_ words: [String]) -> [String] {
    words.filter { !casts.contains($0) && !directions.contains($0) }
  }

  /// The sign of a parameter's value is not known, and does not matter to a sum.
  private static func term(_ word: String, _ sign: String) -> Double? {
    word.hasPrefix("$") && (sign == "+" || sign == "-") ? 0 : number(word)
  }

  private static func number(_ word: String) -> Double? {
    Double(word.hasPrefix("'") ? String(word.dropFirst().dropLast()) : word)
  }
}
