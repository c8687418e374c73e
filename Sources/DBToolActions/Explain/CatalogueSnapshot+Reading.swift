import PGCatalog
import PQClient
import PlanVerdict
import VectorSQL

extension CatalogueSnapshot {
  /// Reads what the catalogue says of the tables in plans, and of the functions in a text.
  ///
  /// - Parameters:
  ///   - nodes: The plans' nodes.
  ///   - sql: The statement.
  ///   - db: The connection.
  /// - Returns: The tables with vectors.
  /// - Throws: `PostgresError` from the server.
  static func read(
    for nodes: [PlanNode],
    _ sql: String,
    on db: inout PQConnection
  ) throws(PostgresError) -> CatalogueSnapshot {
    var names: [SQLIdentifier] = []
    for node in nodes {
      guard let schema = node.schema, let relation = node.relation else { continue }
      let name = SQLIdentifier(schema: schema, relation)
      if !names.contains(name) { names.append(name) }
    }
    let columns = try VectorColumn.read(tables: names.map(\.sql), on: &db)
    let holders = names.filter { name in columns.contains { $0.holder == name } }
    let rows = try db.query(
      """
      SELECT greatest(c.reltuples, 0)::bigint
      FROM unnest(\(holders.map(\.sql))) WITH ORDINALITY AS held (name, place)
      JOIN pg_catalog.pg_class AS c ON c.oid = to_regclass(held.name)
      ORDER BY held.place
      """
    )
    var tables: [Table] = []
    for (name, row) in zip(holders, rows) {
      let own = columns.filter { $0.holder == name }
      tables.append(
        Table(
          schema: name.parts[0],
          name: name.parts[1],
          rows: try row[0],
          columns: own,
          indexes: try TableIndex.approximate(on: name, on: &db)
        )
      )
    }
    // A search that an index serves has no such probe.
    let called = nodes.contains(where: \.isOrderedByDistance) ? [] : Self.called(in: sql)
    var volatile: Set<String> = []
    if !called.isEmpty {
      let rows = try db.query(
        "SELECT DISTINCT proname::text FROM pg_catalog.pg_proc WHERE provolatile = 'v' AND proname = ANY (\(called))"
      )
      for row in rows { volatile.insert(try row[0]) }
    }
    return CatalogueSnapshot(tables: tables, volatileFunctions: volatile)
  }

  /// The names before an opening bracket.
  private static func called(in sql: String) -> [String] {
    let bytes = Array(sql.utf8)
    var lexer = SQLLexer(bytes)
    var names: Set<String> = []
    var last: String?
    while let token = lexer.next() {
      if token.isGap { continue }
      if token.kind == .openParenthesis, let last { names.insert(last) }
      let text = String(decoding: bytes[token.range], as: UTF8.self)
      last =
        switch token.kind {
        case .word: text.lowercased()
        case .quotedIdentifier: String(text.dropFirst().dropLast())
        default: nil
        }
    }
    return names.sorted()
  }
}
