extension Duration {
  /// Reads a setting as Ollama's are written: seconds (`90`, `1.5`) or what Go prints (`300ms`,
  /// `1h30m`).
  ///
  /// - Returns: nil for anything else, for less than a millisecond and for more than a day.
  init?(setting text: String) {
    let units = ["h": 3600, "m": 60, "s": 1, "ms": 1e-3]
    var rest = text.trimming(\.isWhitespace)
    var seconds = Double(rest.isPlainNumber ? rest : "") ?? 0
    if rest.isPlainNumber { rest = "" }
    while !rest.isEmpty {
      let number = rest.prefix { $0.isASCII && $0.isNumber || $0 == "." }
      let unit = rest[number.endIndex...].prefix { $0.isLetter }
      guard let count = Double(number), let length = units[String(unit)] else { return nil }
      seconds += count * length
      rest = rest[unit.endIndex...]
    }
    guard (0.001...86400).contains(seconds) else { return nil }
    self = .seconds(seconds)
  }
}

extension StringProtocol {
  /// Whether these are digits with at most a point among them.
  fileprivate var isPlainNumber: Bool {
    !isEmpty && allSatisfy { $0.isASCII && $0.isNumber || $0 == "." }
  }
}
