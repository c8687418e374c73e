public import PQClient
public import VectorSQL

/// A table or view with its columns, as the catalogue has it.
public struct TableDescription: Sendable, Hashable {
  /// What a relation is.
  public enum Kind: String, Sendable, CaseIterable {
    /// An ordinary table.
    case table = "r"
    /// A partitioned table.
    case partitioned = "p"
    /// A view.
    case view = "v"
    /// A materialized view.
    case materializedView = "m"
    /// A foreign table.
    case foreign = "f"
  }

  /// The schema.
  public let schema: String
  /// The name.
  public let name: String
  /// What it is.
  public let kind: Kind
  /// Whether the search path finds it by its bare name.
  public let isVisible: Bool
  /// The columns, in their order.
  public let columns: [ColumnDescription]
  /// The columns of the primary key, none where there is no such key.
  public let key: [String]

  /// The name with its schema.
  public var identifier: SQLIdentifier { SQLIdentifier(schema: schema, name) }

  /// The table as a statement names it: bare where the search path finds it, as a person would.
  public var table: Table { Table(name, schema: isVisible ? nil : schema) }

  /// The table as a person names it.
  public var shownName: String { table.identifier.sql }

  /// The column of a name.
  public func column(_ name: String) -> ColumnDescription? { columns.first { $0.name == name } }

  /// Finds tables by names as people write them: bare where the search path finds it, or with its schema;
  /// quoted or not.
  ///
  /// - Returns: For each name the tables, views and the like; more than one only where a quoted name and a
  ///   plain one look alike.
  /// - Throws: `PostgresError` from the server.
  public static func find(
    _ names: [String],
    on db: inout PQConnection
  ) throws(PostgresError) -> [[TableDescription]] {
    guard !names.isEmpty else { return [] }
    let tables = try read(
      where: """
        n.nspname || '.' || c.relname = ANY (\(names))
        OR format('%I.%I', n.nspname, c.relname) = ANY (\(names))
        OR pg_catalog.pg_table_is_visible(c.oid)
          AND (c.relname::text = ANY (\(names)) OR quote_ident(c.relname) = ANY (\(names)))
        """,
      on: &db
    )
    return names.map { name in tables.filter { $0.isNamed(name) } }
  }

  /// Reads the tables, views and the like of some schemas, but those of extensions.
  ///
  /// - Parameters:
  ///   - schemas: The schemas; nil for all but PostgreSQL's and dbtool's own.
  ///   - db: The connection.
  /// - Returns: The tables by schema and name.
  /// - Throws: `PostgresError` from the server.
  public static func readAll(
    schemas: [String]? = nil,
    on db: inout PQConnection
  ) throws(PostgresError) -> [TableDescription] {
    let isWanted: SQLFragment =
      schemas.map { "n.nspname = ANY (\($0))" }
      ?? "n.nspname NOT IN ('dbtool', 'information_schema') AND n.nspname !~ '^pg_'"
    return try read(
      where: """
        \(isWanted)
        AND NOT EXISTS (
          SELECT FROM pg_catalog.pg_depend AS d
          WHERE d.classid = 'pg_catalog.pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e'
        )
        """,
      on: &db
    )
  }

  private func isNamed(_ name: String) -> Bool {
    name == "\(schema).\(self.name)" || name == identifier.sql
      || isVisible && (name == self.name || name == SQLIdentifier.quoted(self.name))
  }

  private static func read(
    where condition: SQLFragment,
    on db: inout PQConnection
  ) throws(PostgresError) -> [TableDescription] {
    let rows = try db.query(
      """
      SELECT n.nspname, c.relname, c.relkind::text,
             pg_catalog.pg_table_is_visible(c.oid) AS is_visible,
             (
               SELECT x.indkey::int2[]
               FROM pg_catalog.pg_index AS x
               WHERE x.indrelid = c.oid AND x.indisprimary
             ) AS key,
             a.attnum, a.attname, format_type(a.atttypid, a.atttypmod) AS full_type,
             format_type(a.atttypid, NULL) AS type, t.typname, t.typcategory::text,
             NOT (a.attnotnull OR t.typnotnull) AS is_nullable,
             CASE t.typtype WHEN 'd' THEN b.typname ELSE t.typname END AS base, tn.nspname AS type_schema
      FROM pg_catalog.pg_class AS c
      JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
      LEFT JOIN pg_catalog.pg_attribute AS a
        ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
      LEFT JOIN pg_catalog.pg_type AS t ON t.oid = a.atttypid
      LEFT JOIN pg_catalog.pg_namespace AS tn ON tn.oid = t.typnamespace
      LEFT JOIN pg_catalog.pg_type AS b ON b.oid = t.typbasetype
      WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND NOT c.relispartition
        AND (
          \(condition)
        )
      ORDER BY n.nspname, c.relname, c.oid, a.attnum
      """
    )
    var tables: [TableDescription] = []
    var start = 0
    while start < rows.count {
      let first = rows[start]
      let (schema, name): (String, String) = (try first["nspname"], try first["relname"])
      var columns: [ColumnDescription] = []
      var names: [Int16: String] = [:]
      while start < rows.count {
        let row = rows[start]
        guard try row["nspname"] == schema, try row["relname"] == name else { break }
        if let name: String = try row["attname"] {
          columns.append(try ColumnDescription(row))
          names[try row["attnum"]] = name
        }
        start += 1
      }
      let kind: String = try first["relkind"]
      let key: [Int16]? = try first["key"]
      tables.append(
        TableDescription(
          schema: schema,
          name: name,
          kind: Kind(rawValue: kind) ?? .table,
          isVisible: try first["is_visible"],
          columns: columns,
          key: (key ?? []).compactMap { names[$0] }
        )
      )
    }
    return tables
  }

  /// The column of this table that refers to another table's key, by a foreign key of one column.
  ///
  /// - Returns: The column's name, nil where there is none.
  /// - Throws: `PostgresError` from the server.
  public func column(
    referringTo other: TableDescription,
    on db: inout PQConnection
  ) throws(PostgresError) -> String? {
    let rows = try db.query(
      """
      SELECT a.attname
      FROM pg_catalog.pg_constraint AS k
      JOIN pg_catalog.pg_attribute AS a ON a.attrelid = k.conrelid AND a.attnum = k.conkey[1]
      WHERE k.contype = 'f' AND cardinality(k.conkey) = 1
        AND k.conrelid = to_regclass(\(identifier.sql))
        AND k.confrelid = to_regclass(\(other.identifier.sql))
      ORDER BY a.attnum
      LIMIT 1
      """
    )
    return try rows.first?["attname"]
  }

  // MARK: What its columns are for

  /// The column that a person knows the rows by: `title`, `name` or `label` where there is a text column of
  /// that name, else the first text column that is not the key; nil where the table has no text.
  public func labelColumn(key: String) -> String? {
    let texts = columns.filter { $0.isText && $0.name != key }.map(\.name)
    return texts.first { ["title", "name", "label"].contains($0) } ?? texts.first
  }
}

/// A column, as the catalogue has it.
public struct ColumnDescription: Sendable, Hashable {
  /// The name.
  public let name: String
  /// The type as SQL spells it, without a length: `character varying`, `shop.size`, `text[]`.
  public let type: String
  /// The type's own name: `int4`, `varchar`, `vector`, `_text`.
  public let typeName: String
  /// The type as SQL spells it, with its length: `character varying(20)`, `vector(384)`.
  public let fullType: String
  /// The own name of the type that a domain is made of; of another type its own.
  public let baseTypeName: String
  /// The schema of the type.
  public let typeSchema: String
  /// Whether it may be NULL; a column of a view always may.
  public let isNullable: Bool
  /// The server's category of the type: `N` numeric, `S` string, `D` date and time, and others.
  public let category: String

  init(_ row: PQRow) throws(PostgresError) {
    name = try row["attname"]
    type = try row["type"]
    typeName = try row["typname"]
    fullType = try row["full_type"]
    baseTypeName = try row["base"]
    typeSchema = try row["type_schema"]
    isNullable = try row["is_nullable"]
    category = try row["typcategory"]
  }

  /// Whether it is an array.
  public var isArray: Bool { category == "A" }
  /// Whether it holds text.
  public var isText: Bool { ["text", "varchar", "bpchar"].contains(baseTypeName) }
  /// Whether it holds arrays of text: tags, genres.
  public var isTextArray: Bool { ["_text", "_varchar", "_bpchar"].contains(baseTypeName) }
  /// Whether it holds whole numbers.
  public var isInteger: Bool { ["int2", "int4", "int8"].contains(baseTypeName) }
  /// Whether it holds numbers.
  public var isNumber: Bool { category == "N" }
  /// Whether it holds moments: dates, or dates with a time of day.
  public var isTime: Bool { ["date", "timestamp", "timestamptz"].contains(baseTypeName) }
  /// Whether the server compares its values with those of another column.
  public func isComparable(with other: ColumnDescription) -> Bool {
    baseTypeName == other.baseTypeName || isNumber && other.isNumber || isText && other.isText
      || isTime && other.isTime
  }
}
