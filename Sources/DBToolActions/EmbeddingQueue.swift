import PQClient
import VectorSQL

/// The rows of an embedding that wait for a vector: a queue in `dbtool.embedding_state`, which any number of
/// connections can take from at once.
///
/// A row that waits has no text hash. It is taken by locking it, and the lock goes with the transaction:
/// what a killed process had taken, the next one takes.
struct EmbeddingQueue: Sendable {
  /// What is filled.
  let embedding: RegisteredEmbedding
  /// The encoder's revision that the vectors are made for.
  let revision: Int
  private let rows: EmbeddedRows

  /// How the rows stood when the queue was filled.
  struct Census: Sendable {
    /// Rows of the table.
    var rows = 0
    /// Rows whose text is blank.
    var textless = 0
    /// Rows that wait, those that waited before included.
    var pending = 0
  }

  /// A row that was taken.
  struct Row: Sendable {
    let key: String
    let text: String
    let textHash: PGBytes
  }

  /// Reads how the embedding's rows are found.
  init(
    _ embedding: RegisteredEmbedding,
    revision: Int,
    on db: inout PQConnection
  ) throws {
    self.embedding = embedding
    self.revision = revision
    rows = try EmbeddedRows(embedding, on: &db)
  }

  // MARK: Filling

  /// Puts every row that is missing its vector, or whose text has changed, into the queue.
  ///
  /// A vector that dbtool did not make counts as made from the present text. A row whose text is gone
  /// loses the vector that dbtool made from it.
  ///
  /// - Parameters:
  ///   - force: Whether rows that are up to date are put there as well.
  ///   - db: A connection outside a transaction.
  /// - Returns: How the rows stand.
  /// - Throws: `PostgresError` from the server.
  func fill(force: Bool, on db: inout PQConnection) throws(PostgresError) -> Census {
    let id = embedding.id
    let counts = try db.query(
      """
      WITH item AS MATERIALIZED (
        SELECT item.key, item.key::text AS row_key, item.content IS NOT NULL AS has_text, item.missing,
               dbtool.text_hash(item.content) AS text_hash
        FROM (\(rows.query)) AS item
      ),
      compared AS MATERIALIZED (
        SELECT item.key, item.row_key, item.has_text, item.missing, item.text_hash,
               state.row_key IS NOT NULL AS is_known,
               state.text_hash AS seen_hash, state.revision AS seen_revision
        FROM item
        LEFT JOIN dbtool.embedding_state AS state
          ON state.embedding_id = \(id) AND state.row_key = item.row_key
      ),
      added AS (
        INSERT INTO dbtool.embedding_state (embedding_id, row_key, text_hash, revision)
        SELECT \(id), row_key, CASE WHEN NOT missing AND NOT \(force) THEN text_hash END, \(revision)
        FROM compared
        WHERE has_text AND NOT is_known
        ON CONFLICT (embedding_id, row_key) DO NOTHING
      ),
      requeued AS (
        -- Only what is still as it was seen: another process may have embedded it meanwhile.
        UPDATE dbtool.embedding_state AS state
        SET text_hash = NULL
        FROM compared
        WHERE state.embedding_id = \(id) AND state.row_key = compared.row_key
          AND state.text_hash = compared.seen_hash AND state.revision = compared.seen_revision
          AND compared.has_text
          AND (
            \(force) OR compared.missing OR compared.seen_hash <> compared.text_hash
            OR compared.seen_revision <> \(revision)
          )
      ),
      cleared AS (
        \(clear) AND compared.is_known AND NOT compared.has_text
      ),
      forgotten AS (
        DELETE FROM dbtool.embedding_state AS state
        USING compared
        WHERE state.embedding_id = \(id) AND state.row_key = compared.row_key
          AND NOT compared.has_text
      )
      SELECT count(*) AS rows, count(*) FILTER (WHERE NOT has_text) AS textless FROM item
      """
    )
    let pending: Int = try db.query(
      """
      SELECT count(*) FROM dbtool.embedding_state
      WHERE embedding_id = \(id) AND text_hash IS NULL
      """
    ).scalar()
    return Census(
      rows: try counts[0]["rows"],
      textless: try counts[0]["textless"],
      pending: pending
    )
  }

  /// Takes the vectors of compared rows away.
  private var clear: SQLFragment {
    guard rows.isNullable else {
      return """
        DELETE FROM \(embedding.vectors) AS target
        USING compared
        WHERE target.\(ident: embedding.vectorKey) = compared.key
        """
    }
    return """
      UPDATE \(embedding.vectors) AS target
      SET \(ident: embedding.vectorColumn) = NULL
      FROM compared
      WHERE target.\(ident: embedding.vectorKey) = compared.key
      """
  }

  /// A row that is up to date, with the vector that it has; nil where there is none.
  func sample(
    on db: inout PQConnection
  ) throws(PostgresError) -> (key: String, text: String, vector: [Float])? {
    let rows = try db.query(
      """
      SELECT state.row_key, item.content, target.\(ident: embedding.vectorColumn)::vector AS embedding
      FROM dbtool.embedding_state AS state
      JOIN (\(rows.query)) AS item ON item.key = state.row_key::\(rows.keyType)
      JOIN \(embedding.vectors) AS target ON target.\(ident: embedding.vectorKey) = item.key
      WHERE state.embedding_id = \(embedding.id) AND state.revision = \(revision)
        AND NOT item.missing AND state.text_hash = dbtool.text_hash(item.content)
      LIMIT 1
      """
    )
    guard let row = rows.first else { return nil }
    let vector: PGVector = try row["embedding"]
    return (try row["row_key"], try row["content"], vector.elements)
  }

  // MARK: Taking

  /// Readies a connection for ``write(_:on:)``.
  func prepare(_ db: inout PQConnection) throws(PostgresError) {
    try db.execute(
      """
      CREATE TEMPORARY TABLE IF NOT EXISTS dbtool_vectors
        (row_key text, text_hash bytea, embedding vector) ON COMMIT DELETE ROWS
      """
    )
  }

  /// Opens a transaction and takes rows that nobody else has taken, in the order of their keys.
  ///
  /// - Parameters:
  ///   - key: Rows up to this key were looked at.
  ///   - limit: The number of rows at most.
  ///   - db: A connection outside a transaction.
  /// - Returns: The rows, and the last key looked at, nil where there is nothing left.
  /// - Throws: `PostgresError` from the server.
  func take(
    after key: String?,
    limit: Int,
    on db: inout PQConnection
  ) throws(PostgresError) -> (rows: [Row], last: String?) {
    // The transaction waits for the model, however long that takes.
    try db.execute("BEGIN")
    try db.execute("SET LOCAL idle_in_transaction_session_timeout = 0")
    let taken = try db.query(
      """
      WITH taken AS MATERIALIZED (
        SELECT state.row_key
        FROM dbtool.embedding_state AS state
        WHERE state.embedding_id = \(embedding.id) AND state.text_hash IS NULL
          AND (\(key)::text IS NULL OR state.row_key > \(key))
        ORDER BY state.row_key
        LIMIT \(limit)
        FOR UPDATE SKIP LOCKED
      )
      SELECT taken.row_key, source.content, dbtool.text_hash(source.content) AS text_hash
      FROM taken
      CROSS JOIN LATERAL (
        -- A sub-select for each row and no join, so that the text of no other row is made.
        SELECT (
          SELECT item.content FROM (\(rows.query)) AS item
          WHERE item.key = taken.row_key::\(rows.keyType)
        ) AS content
        OFFSET 0
      ) AS source
      ORDER BY taken.row_key
      """
    )
    var rows: [Row] = []
    var last: String?
    for row in taken {
      let key: String = try row["row_key"]
      last = key
      // Deleted or blanked since the queue was filled: the next filling sees to it.
      guard let text: String = try row["content"] else { continue }
      rows.append(Row(key: key, text: text, textHash: try row["text_hash"]))
    }
    return (rows, last)
  }

  // MARK: Writing

  /// Writes the vectors of rows that were taken, and commits.
  ///
  /// A table may refuse some of them, by a check or a trigger of its own; those are found by halves.
  ///
  /// - Returns: The number of rows written, one that was deleted meanwhile not among them; and the rows
  ///   whose vectors the table refused.
  func write(
    _ vectors: [(row: Row, vector: PGVector)],
    on db: inout PQConnection
  ) throws -> (written: Int, refused: [(key: String, reason: String)]) {
    let outcome = try writeWhatIsTaken(vectors[...], on: &db)
    try db.execute("COMMIT")
    return outcome
  }

  private func writeWhatIsTaken(
    _ vectors: ArraySlice<(row: Row, vector: PGVector)>,
    on db: inout PQConnection
  ) throws -> (written: Int, refused: [(key: String, reason: String)]) {
    guard let first = vectors.first else { return (0, []) }
    try db.execute("SAVEPOINT dbtool_vectors")
    do {
      let written = try writeAll(vectors, on: &db)
      try db.execute("RELEASE SAVEPOINT dbtool_vectors")
      return (written, [])
    } catch let error as PostgresError where error.isAboutRow {
      try db.execute("ROLLBACK TO SAVEPOINT dbtool_vectors")
      guard vectors.count > 1 else { return (0, [(first.row.key, error.message)]) }
    }
    let middle = vectors.startIndex + vectors.count / 2
    let left = try writeWhatIsTaken(vectors[..<middle], on: &db)
    try db.execute("DELETE FROM pg_temp.dbtool_vectors")
    let right = try writeWhatIsTaken(vectors[middle...], on: &db)
    return (left.written + right.written, left.refused + right.refused)
  }

  private func writeAll(
    _ vectors: ArraySlice<(row: Row, vector: PGVector)>,
    on db: inout PQConnection
  ) throws -> Int {
    try db.copyIn("COPY pg_temp.dbtool_vectors FROM STDIN (FORMAT binary)") { copy in
      copy.writeBinaryHeader()
      for (row, vector) in vectors {
        try copy.beginRow(columns: 3)
        try copy.append(row.key)
        try copy.append(row.textHash)
        try copy.append(vector)
      }
      copy.writeBinaryTrailer()
    }
    return try db.execute(
      """
      WITH written AS (
        \(rows.write(staged))
      )
      UPDATE dbtool.embedding_state AS state
      SET text_hash = staged.text_hash, revision = \(revision), embedded_at = now()
      FROM pg_temp.dbtool_vectors AS staged
      JOIN written ON written.key = staged.row_key::\(rows.keyType)
      WHERE state.embedding_id = \(embedding.id) AND state.row_key = staged.row_key
      """
    )
  }

  private var staged: SQLFragment {
    "SELECT row_key::\(rows.keyType) AS key, embedding FROM pg_temp.dbtool_vectors"
  }
}

extension PostgresError {
  /// Whether it is a row that the table refuses: its data, a constraint, a trigger's RAISE.
  ///
  /// Not where a column must not be NULL: that one is not the vector's, and no other row would do better.
  fileprivate var isAboutRow: Bool {
    guard let sqlState, sqlState.rawValue != "23502" else { return false }
    return ["22", "23", "44", "P0"].contains(sqlState.conditionClass)
  }
}
