import PGCatalog
import PQClient
import VectorSQL

/// A table found by the name that the user gave.
enum NamedTable {
  /// Finds the one table of a name.
  ///
  /// - Throws: ``ActionError`` where there is none, or more than one.
  static func find(_ name: String, on db: inout PQConnection) throws -> TableDescription {
    try find([name], on: &db)[0]
  }

  /// Finds the one table of each name.
  ///
  /// - Parameters:
  ///   - names: The names.
  ///   - searched: Those of them whose vectors are wanted.
  ///   - known: Tables that have vectors.
  ///   - db: The connection.
  /// - Returns: The tables, one for each name.
  /// - Throws: ``ActionError`` where there is none, or more than one.
  static func find(
    _ names: [String],
    searching searched: [String] = [],
    among known: [String] = [],
    on db: inout PQConnection
  ) throws -> [TableDescription] {
    try zip(names, TableDescription.find(names, on: &db)).map { name, tables in
      guard let table = tables.first else {
        if let whole = try whole(of: name, on: &db) {
          throw ActionError(
            .notFound,
            "\"\(name)\" is a partition of \(whole)",
            advice: "name the partitioned table, which is searched and indexed as one"
          )
        }
        throw ActionError(
          .notFound,
          "no table \"\(name)\" in database \"\(db.database)\"",
          advice: known.isEmpty || !searched.contains(name)
            ? "name it as [SCHEMA.]TABLE; apply the migrations that make it first"
            : "these have vectors: \(known.joined(separator: ", "))"
        )
      }
      guard tables.count == 1 else {
        let names = tables.map(\.identifier.sql).joined(separator: ", ")
        throw ActionError(.badData, "\"\(name)\" may be each of \(names)", advice: "quote it")
      }
      return table
    }
  }

  /// The table that a partition is a part of; nil where it is none.
  private static func whole(of name: String, on db: inout PQConnection) throws -> String? {
    try db.query(
      """
      SELECT i.inhparent::regclass::text
      FROM pg_catalog.pg_inherits AS i
      JOIN pg_catalog.pg_class AS c ON c.oid = i.inhrelid AND c.relispartition
      JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
      WHERE \(name) IN (c.relname, n.nspname || '.' || c.relname)
      """
    ).first.map { try $0[0] }
  }

  /// The one column that tells a table's rows apart.
  ///
  /// - Throws: ``ActionError`` where there is none, or it takes several.
  static func key(of table: TableDescription, named key: String?) throws(ActionError) -> String {
    if let key { return key }
    guard let first = table.key.first else {
      throw ActionError(
        .usage,
        "\(table.identifier.sql) has no primary key",
        advice: "name the column that tells its rows apart: --key COLUMN"
      )
    }
    guard table.key.count == 1 else {
      throw ActionError(
        .usage,
        "\(table.identifier.sql) has a primary key of several columns: \(table.key.joined(separator: ", "))",
        advice: "dbtool needs one: name a unique column with --key COLUMN"
      )
    }
    return first
  }
}

extension SQLIdentifier {
  /// The name as a person writes it: without the schema that everybody's search path has.
  var shown: String {
    parts.count > 1 && parts[0] == "public" ? String(sql.dropFirst("public.".count)) : sql
  }
}
