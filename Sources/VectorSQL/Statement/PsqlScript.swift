extension SQLStatement {
  /// The statement as a script for psql 12 and newer that gives the same rows.
  ///
  /// PREPARE keeps the statement's bytes as they are and declares the parameters' types, which a
  /// literal pasted into the text would not.
  ///
  /// - Parameters:
  ///   - table: A table to make of the rows, instead of showing them.
  ///   - searchPath: Where the script finds pgvector, as the server spells it; nil for the session's own path.
  /// - Returns: The script.
  /// - Throws: ``SQLValueError`` where a bind or a name holds what no script can (a NUL).
  public func psqlScript(
    into table: SQLIdentifier? = nil,
    searchPath: String? = nil
  ) throws(SQLValueError) -> String {
    try (text + (table?.sql ?? "")).validate()
    var lines = ["BEGIN;"]
    if let searchPath { lines.append("SET LOCAL search_path = \(searchPath);") }
    lines += settings.map { $0.sql + ";" }
    let types = binds.isEmpty ? "" : " (" + binds.map(\.type.name).joined(separator: ", ") + ")"
    lines.append("PREPARE dbtool\(types) AS")
    lines.append(text + ";")
    var values: [String] = []
    for bind in binds {
      try bind.validate()
      values.append(bind.scriptLiteral)
    }
    let making = table.map { "CREATE TABLE \($0.sql) AS " } ?? ""
    let list = values.isEmpty ? "" : " (" + values.joined(separator: ", ") + ")"
    lines.append("\(making)EXECUTE dbtool\(list);")
    lines.append("DEALLOCATE dbtool;")
    lines.append("COMMIT;")
    return lines.joined(separator: "\n") + "\n"
  }
}

extension SQLBind {
  private static let numbers: Set<SQLType> = [.smallint, .integer, .bigint]

  /// Whether it is a whole number.
  var isWholeNumber: Bool { Self.numbers.contains(type) }

  /// The value as a script spells it: bare whole numbers, quoted everything else.
  fileprivate var scriptLiteral: String {
    guard let text else { return "NULL" }
    return isWholeNumber ? text : SQLLiteral.quoted(text)
  }
}
