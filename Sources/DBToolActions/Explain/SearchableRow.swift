package import PQClient
import VectorSQL

/// A row to explain a search with where nobody named one.
package struct SearchableRow: Sendable {
  /// Its table, as a person writes it.
  package let table: String
  /// Its key.
  package let key: String

  /// The first row by its key that has a vector, of the only table with vectors.
  ///
  /// - Parameter db: The connection.
  /// - Returns: The row; nil with the names of all tables with vectors where there are several, or none.
  /// - Throws: ``ActionError`` where the table cannot be searched; `PostgresError` from the server.
  package static func only(
    on db: inout PQConnection
  ) throws -> (row: SearchableRow?, tables: [String]) {
    let tables = Set(try EmbeddingCandidate.findAll(on: &db).map(\.shownRows)).sorted()
    guard tables.count == 1, let table = tables.first else { return (nil, tables) }
    var options = NeighborOptions()
    options.table = table
    let target = try SearchTarget.find(options, on: &db)
    let column = target.column
    let key: String? = try db.query(
      """
      SELECT \(column.key.sql)::text
      FROM \(column.table.identifier)
      WHERE \(column.vector.sql) IS NOT NULL
      ORDER BY \(column.key.sql)
      LIMIT 1
      """
    ).first?[0]
    return (key.map { SearchableRow(table: table, key: $0) }, tables)
  }
}

/// A database before its first migration.
package enum EmptyDatabase {
  /// Whether there is no table but dbtool's own.
  ///
  /// - Parameter db: The connection.
  /// - Returns: Whether there is none.
  /// - Throws: `PostgresError` from the server.
  package static func isAt(_ db: inout PQConnection) throws(PostgresError) -> Bool {
    try db.query(
      """
      SELECT NOT EXISTS (
        SELECT
        FROM pg_catalog.pg_class AS c
        JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
        WHERE c.relkind IN ('r', 'p', 'm', 'f')
          AND n.nspname NOT IN ('dbtool', 'information_schema') AND n.nspname !~ '^pg_'
      )
      """
    ).scalar()
  }
}
