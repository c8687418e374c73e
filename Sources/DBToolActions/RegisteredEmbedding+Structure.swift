import PGCatalog
import PQClient
import VectorSQL

extension RegisteredEmbedding {
  /// Checks that what the registry names is there and fits together, before anything is written.
  ///
  /// - Throws: ``ActionError`` that says what is missing; `PostgresError` from the server.
  func checkStructure(on db: inout PQConnection) throws {
    let places = [(source, key), (vectors, vectorKey), (vectors, vectorColumn)]
    let found = try db.query(
      """
      SELECT a.attname IS NOT NULL AS is_there,
             format_type(a.atttypid, a.atttypmod) AS type,
             EXISTS (
               SELECT FROM pg_catalog.pg_index AS x
               WHERE x.indrelid = a.attrelid AND x.indkey[0] = a.attnum AND x.indnkeyatts = 1
                 AND x.indisunique AND x.indimmediate AND x.indisvalid AND x.indpred IS NULL
             ) AS is_unique
      FROM unnest(\(places.map(\.0.sql)), \(places.map(\.1))) WITH ORDINALITY AS named (relation, name, place)
      LEFT JOIN pg_catalog.pg_attribute AS a
        ON a.attrelid = to_regclass(named.relation) AND a.attname = named.name
        AND a.attnum > 0 AND NOT a.attisdropped
      ORDER BY named.place
      """
    )
    for (place, row) in zip(places, found) {
      guard try row["is_there"] else {
        throw ActionError(
          .configuration,
          "the registry names \(place.0.appending(place.1).sql), which is not there",
          advice: "run dbtool migrate, or remove the registry's row: dbtool encoder remove"
        )
      }
    }
    let columns = try VectorColumn.read(tables: [vectors.sql], on: &db)
    guard columns.contains(where: { $0.name == vectorColumn }) else {
      throw ActionError(
        .configuration,
        "\(vectors.sql).\(vectorColumn) is of type \(try found[2]["type"] as String), not vector or halfvec",
        advice: "change the column in a migration, or name another in the table dbtool.embedding"
      )
    }
    try checkWriting(on: &db)
    if hasSideTable, !(try found[1]["is_unique"] as Bool) {
      throw ActionError(
        .configuration,
        "\(vectors.sql).\(vectorKey) has no unique index: which of its rows is a vector's place?",
        advice: "make it the primary key of \(vectors.sql), or give it a unique index"
      )
    }
    try checkTemplate(on: &db)
    if !(try found[0]["is_unique"] as Bool) { try checkKeys(on: &db) }
  }

  /// Vectors can be put into a table; rows of a side table need nothing else.
  private func checkWriting(on db: inout PQConnection) throws {
    let others: SQLFragment =
      hasSideTable ? "a.attname NOT IN (\(vectorKey), \(vectorColumn))" : "false"
    let found = try db.query(
      """
      SELECT c.relkind IN ('r', 'p') AS is_table,
             ARRAY(
               SELECT a.attname::text
               FROM pg_catalog.pg_attribute AS a
               WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
                 AND a.attnotnull AND NOT a.atthasdef AND a.attidentity = '' AND \(others)
               ORDER BY a.attnum
             ) AS needed
      FROM pg_catalog.pg_class AS c
      WHERE c.oid = to_regclass(\(vectors.sql))
      """
    )
    guard let row = found.first else { return }
    guard try row["is_table"] else {
      throw ActionError(
        .configuration,
        "\(vectors.sql) is no table, and vectors cannot be written into it",
        advice: "name the table below it, or a side table: --of \(vectors.sql)"
      )
    }
    let needed: [String] = try row["needed"]
    guard needed.isEmpty else {
      throw ActionError(
        .configuration,
        "rows of \(vectors.sql) need more than a vector: \(needed.joined(separator: ", "))",
        advice: "give these columns a default, or let them be NULL"
      )
    }
  }

  private func checkTemplate(on db: inout PQConnection) throws {
    let rows: String = try db.query("SELECT dbtool.embedding_rows(\(id))").scalar()
    do {
      try db.query("SELECT item.content FROM (\(unsafeRaw: rows)) AS item LIMIT 0")
    } catch {
      guard error.sqlState == .undefinedColumn else { throw error }
      throw ActionError(
        .configuration,
        "\(source.sql) has not every column of its template in the registry",
        detail: error.message,
        advice: "run dbtool migrate, or correct the template in the table dbtool.embedding"
      )
    }
  }

  /// Where no index says that the keys are unique, as in a view, the rows have to.
  private func checkKeys(on db: inout PQConnection) throws {
    let twice = try db.query(
      """
      SELECT \(ident: key)::text AS key, count(*) AS times FROM \(source)
      WHERE \(ident: key) IS NOT NULL
      GROUP BY \(ident: key) HAVING count(*) > 1
      LIMIT 1
      """
    )
    guard let row = twice.first else { return }
    throw ActionError(
      .configuration,
      "\(source.sql).\(key) does not tell the rows apart, as the registry says it does",
      detail: "\"\(try row["key"] as String)\" is the key of \(try row["times"] as Int) rows",
      advice: "name a unique column as key_column in the table dbtool.embedding"
    )
  }
}
