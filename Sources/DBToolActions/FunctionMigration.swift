import PGCatalog
public import PQClient
public import VectorSQL

/// A statement as a function of the database, for those who do not write Swift: a migration that makes it.
///
/// The body is the statement's own text, whose parameters are the function's; its settings are in SET clauses. It
/// is PL/pgSQL because that plans as the settings say on every server, which SQL functions before
/// PostgreSQL 18 do not.
public struct FunctionMigration: Sendable {
  /// The function's name, with its schema where one was given.
  public let name: SQLIdentifier
  /// The statement.
  public let statement: SQLStatement
  /// What was decided about it.
  public let note: String?

  /// A function of a name, `[SCHEMA.]NAME`.
  public init(_ name: String, of statement: SQLStatement, note: String? = nil) {
    self.name = SQLIdentifier(parsing: name)
    self.statement = statement
    self.note = note
  }

  /// The title of the migration's file.
  public var title: String {
    let words = (name.parts.last ?? "").lowercased().map {
      $0.isASCII && ($0.isLetter || $0.isNumber) ? $0 : "_"
    }
    return "create_function_" + String(words)
  }

  /// The migration's text, with the types that the server infers.
  ///
  /// - Throws: `PostgresError` where the server does not take the statement.
  public func text(on db: inout PQConnection) throws -> String {
    let (inputs, outputs) = try types(on: &db)
    let parameters = zip(parameterNames, inputs).map { "\($0) \($1)" }
    let columns = try zip(columnNames(on: &db), outputs).map {
      "  \(SQLIdentifier.quoted($0)) \($1)"
    }
    let path = try VectorExtension.changedSearchPath(on: &db)
    let settings =
      statement.settings.map { "SET \($0.name) = \($0.quotedValue)" }
      + (path == nil ? [] : ["SET search_path FROM CURRENT"])
    let head = [
      "CREATE FUNCTION \(name.sql)(\(parameters.joined(separator: ", ")))",
      "RETURNS TABLE (\n\(columns.joined(separator: ",\n"))\n)", "LANGUAGE plpgsql STABLE",
    ]
    return """
      -- migrate:up

      \(comment)\(path.map { "SET LOCAL search_path = \($0);\n\n" } ?? "")\(loading)\((head + settings).joined(separator: "\n"))
      AS \(quote)
      #variable_conflict use_column
      BEGIN
      RETURN QUERY
      \(statement.text);
      END
      \(quote);

      -- migrate:down

      DROP FUNCTION \(name.sql)(\(inputs.joined(separator: ", ")));

      """
  }

  /// How to call it, and what was decided.
  private var comment: String {
    let values = statement.binds.map { bind in
      guard let text = bind.text else { return "NULL" }
      let isLong = text.utf8.count > 40
      if bind.type == .vector || bind.type == .halfvec { return "'[…]'" }
      return isLong ? "'…'" : Int(text) == nil ? SQLLiteral.quoted(text) : text
    }
    let call = "-- SELECT * FROM \(name.sql)(\(values.joined(separator: ", ")));\n"
    let isOfVector = statement.binds.contains { $0.type == .vector || $0.type == .halfvec }
    let source =
      isOfVector
      ? "-- '[…]' is a vector of the same encoder: dbtool embed --text prints one.\n" : ""
    return (call + source + (note.map { "-- Made when \($0).\n" } ?? "")).replacing("\r", with: " ")
      + "\n"
  }

  /// A plain role may not SET a parameter that the server does not know, which is so until the library is there.
  private var loading: String {
    statement.settings.contains { $0.name.hasPrefix("hnsw.") }
      ? "-- Loads pgvector's library, so that its settings are known.\nSELECT '[1]'::vector;\n\n"
      : ""
  }

  private var quote: String {
    var tag = "$function$"
    while statement.text.contains(tag) { tag = "$f" + tag.dropFirst() }
    return tag
  }

  // MARK: What the server knows

  private func types(
    on db: inout PQConnection
  ) throws(PostgresError) -> (inputs: [String], outputs: [String]) {
    let types = statement.binds.map(\.type.name).joined(separator: ", ")
    let head = "PREPARE dbtool_function" + (types.isEmpty ? "" : " (\(types))")
    try db.executeScript("\(head) AS\n\(statement.text)")
    let rows = try db.query(
      """
      SELECT parameter_types::text[] AS inputs, result_types::text[] AS outputs
      FROM pg_catalog.pg_prepared_statements
      WHERE name = 'dbtool_function'
      """
    )
    try db.executeScript("DEALLOCATE dbtool_function")
    return (try rows[0]["inputs"], try rows[0]["outputs"])
  }

  /// The names of the columns, each once.
  private func columnNames(on db: inout PQConnection) throws(PostgresError) -> [String] {
    let empty = SQLStatement(
      text: "SELECT *\nFROM (\n\(statement.text)\n) AS result\nLIMIT 0",
      binds: statement.binds
    )
    var scope = NameScope()
    return try db.query(empty).columns.map { scope.take($0) }
  }

  // MARK: Names of parameters

  /// What each parameter is compared with, else what it is; with `p_`, so that none is a column's.
  private var parameterNames: [String] {
    var scope = NameScope()
    return statement.binds.indices.map { index in
      scope.take("p_" + (comparedName(index + 1) ?? Self.plainName(statement.binds[index].type)))
    }
  }

  private func comparedName(_ number: Int) -> String? {
    let comparison =
      #/([A-Za-z_][A-Za-z0-9_]*|"[A-Za-z0-9_ ]+") (?:=|<>|<=|>=|<|>|&&)(?: ALL| ANY)? ?\(?$/#
    for part in statement.text.split(separator: "$\(number)").dropLast() {
      let line = part.split(separator: "\n", omittingEmptySubsequences: false).last ?? ""
      guard let match = line.firstMatch(of: comparison) else { continue }
      return match.output.1.lowercased().replacing("\"", with: "").replacing(" ", with: "_")
    }
    return nil
  }

  private static func plainName(_ type: SQLType) -> String {
    switch type {
    case .vector, .halfvec: "embedding"
    case .text: "query"
    case .doublePrecision: "diversity"
    default: "value"
    }
  }
}

extension SQLSetting {
  /// The value as a SET clause takes it.
  fileprivate var quotedValue: String { String(sql.split(separator: " = ", maxSplits: 1)[1]) }
}
