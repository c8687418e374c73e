extension SQLStatement {
  /// The statement as a script for pgbench, in one transaction with its settings.
  ///
  /// Whole numbers become variables at the head, so that another line may choose them:
  ///
  /// ```
  /// \set p1 5
  /// BEGIN;
  /// SET LOCAL hnsw.ef_search = 200;
  /// SELECT … WHERE id = :p1 … LIMIT 5;
  /// COMMIT;
  /// ```
  ///
  /// - Parameter searchPath: Where the script finds pgvector, as the server spells it; nil for the session's own path.
  /// - Returns: The script.
  /// - Throws: ``SQLValueError`` where a bind or a name holds what no script can (a NUL).
  public func pgbenchScript(searchPath: String? = nil) throws(SQLValueError) -> String {
    try text.validate()
    var lines: [String] = []
    var values: [String] = []
    for (index, bind) in binds.enumerated() {
      try bind.validate()
      if bind.isWholeNumber, let number = bind.text {
        lines.append("\\set p\(index + 1) \(number)")
        values.append(":p\(index + 1)")
      } else {
        values.append("\(bind.text.map(Self.pgbenchLiteral) ?? "NULL")::\(bind.type.name)")
      }
    }
    lines.append("BEGIN;")
    if let searchPath { lines.append("SET LOCAL search_path = \(searchPath);") }
    lines += settings.map { $0.sql + ";" }
    lines.append(replacingParameters(by: values) + ";")
    lines.append("COMMIT;")
    return lines.joined(separator: "\n") + "\n"
  }

  private func replacingParameters(by values: [String]) -> String {
    let bytes = Array(text.utf8)
    var lexer = SQLLexer(bytes)
    var out: [UInt8] = []
    while let token = lexer.next() {
      let piece = bytes[token.range]
      if token.kind == .parameter,
        let number = Int(String(decoding: piece.dropFirst(), as: UTF8.self)),
        values.indices.contains(number - 1)
      {
        out += values[number - 1].utf8
      } else {
        out += piece
      }
    }
    return String(decoding: out, as: UTF8.self)
  }

  /// pgbench takes a colon before a word for a variable, inside of quotes too.
  private static func pgbenchLiteral(_ text: String) -> String {
    guard text.contains(":") else { return SQLLiteral.quoted(text) }
    let escaped = text.replacing("\\", with: "\\\\").replacing("'", with: "''")
      .replacing(":", with: "\\x3A")
    return "E'\(escaped)'"
  }
}
