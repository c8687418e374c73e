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
    let rows = try db.query(
      """
      SELECT held.name, greatest(c.reltuples, 0)::bigint AS rows, a.attname, t.typname, a.atttypmod
      FROM unnest(\(names.map(\.sql))) WITH ORDINALITY AS held (name, place)
      JOIN pg_catalog.pg_class AS c ON c.oid = to_regclass(held.name)
      JOIN pg_catalog.pg_attribute AS a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
      JOIN pg_catalog.pg_type AS t ON t.oid = a.atttypid
      JOIN pg_catalog.pg_extension AS e ON e.extname = 'vector' AND e.extnamespace = t.typnamespace
      WHERE t.typname = ANY (\(Column.types))
      ORDER BY held.place, a.attnum
      """
    )
    var columns: [String: [Column]] = [:]
    var counts: [String: Int] = [:]
    for row in rows {
      let name: String = try row["name"]
      let modifier: Int = try row["atttypmod"]
      let column = Column(
        name: try row["attname"],
        type: try row["typname"],
        dimension: modifier > 0 ? modifier : nil
      )
      columns[name, default: []].append(column)
      counts[name] = try row["rows"]
    }
    var tables: [Table] = []
    for name in names {
      guard let own = columns[name.sql], let count = counts[name.sql] else { continue }
      tables.append(
        Table(
          schema: name.parts[0],
          name: name.parts[1],
          rows: count,
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
