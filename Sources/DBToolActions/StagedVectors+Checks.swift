import PQClient
import VectorSQL

extension StagedVectors {
  /// Finds the row of each id, and refuses a file in which one has none, or two have the same.
  ///
  /// - Throws: ``ActionError`` that says which ids and where; `PostgresError` from the server.
  func match(on db: inout PQConnection) throws {
    try checkKeys(on: &db)
    try db.execute(
      """
      CREATE TEMPORARY TABLE dbtool_rows AS
      SELECT item.key, item.missing, dbtool.text_hash(item.content) AS text_hash, staged.line
      FROM (\(rows.query)) AS item
      LEFT JOIN pg_temp.dbtool_file AS staged ON staged.id::\(rows.keyType) = item.key
      """
    )
    try db.execute("ANALYZE pg_temp.dbtool_rows")
    try checkPresence(on: &db)
    try checkUniqueness(on: &db)
  }

  /// What the server takes for a key is the server's to say.
  private func checkKeys(on db: inout PQConnection) throws {
    let type = rows.keyTypeName
    let found = try db.query(
      """
      SELECT line, id, (pg_catalog.pg_input_error_info(id, \(type))).message,
             count(*) OVER () - 1 AS others
      FROM pg_temp.dbtool_file
      WHERE NOT pg_catalog.pg_input_is_valid(id, \(type))
      ORDER BY line
      LIMIT 1
      """
    )
    guard let row = found.first else { return }
    let (line, id): (Int, String) = (try row["line"], try row["id"])
    let (message, others): (String, Int) = (try row["message"], try row["others"])
    throw refusal(
      line: line,
      "the id \(Self.quoted(id)) cannot be a key of \(embedding.shownTable), which is of type \(type)",
      detail: message + (others > 0 ? "; \(others) more cannot be either" : "")
    )
  }

  private func checkPresence(on db: inout PQConnection) throws {
    let unknown = try db.query(
      """
      SELECT line, id, count(*) OVER () AS total
      FROM pg_temp.dbtool_file AS staged
      WHERE NOT EXISTS (SELECT FROM pg_temp.dbtool_rows WHERE dbtool_rows.line = staged.line)
      ORDER BY line
      LIMIT 4
      """
    )
    guard let first = unknown.first else { return }
    let total: Int = try first["total"]
    var named: [String] = []
    for row in unknown {
      let (line, id): (Int, String) = (try row["line"], try row["id"])
      named.append("\(Self.quoted(id)) on line \(line)")
    }
    throw refusal(
      "\(total) of \(count) ids \(total == 1 ? "is" : "are") in no row of \(embedding.shownTable)",
      detail: named.joined(separator: ", ") + (total > unknown.count ? ", …" : "")
    )
  }

  private func checkUniqueness(on db: inout PQConnection) throws {
    let twice = try db.query(
      """
      SELECT staged.line, staged.id, seen.first, count(*) OVER () - 1 AS others
      FROM (
        SELECT line, min(line) OVER (PARTITION BY key) AS first
        FROM pg_temp.dbtool_rows
        WHERE line IS NOT NULL
      ) AS seen
      JOIN pg_temp.dbtool_file AS staged ON staged.line = seen.line
      WHERE seen.line > seen.first
      ORDER BY staged.line
      LIMIT 1
      """
    )
    guard let row = twice.first else { return }
    let (line, id): (Int, String) = (try row["line"], try row["id"])
    let (first, others): (Int, Int) = (try row["first"], try row["others"])
    throw refusal(
      line: line,
      "the id \(Self.quoted(id)) stands twice, first on line \(first)",
      detail: others > 0 ? "\(others) more lines repeat an id" : nil
    )
  }

  private func refusal(line: Int? = nil, _ sentence: String, detail: String?) -> ActionError {
    let place = line.map { "\(path):\($0)" } ?? path
    return ActionError(
      .badData,
      "\(place): \(sentence)",
      detail: detail,
      advice: "nothing was written; ids are values of \(embedding.shownTable).\(embedding.key)"
    )
  }

  private static func quoted(_ id: String) -> String {
    "\"" + (id.count > 60 ? id.prefix(60) + "…" : id) + "\""
  }
}
