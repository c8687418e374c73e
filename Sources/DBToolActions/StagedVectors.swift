import PQClient
import TextEncoders
import VectorSQL

/// The vectors of a file in a temporary table, where SQL can compare them with the rows that they are for.
struct StagedVectors: Sendable {
  /// How the rows of the table stand.
  struct Census: Sendable {
    /// Rows of the table.
    var rows = 0
    /// Rows that the file has a vector for.
    var loaded = 0
    /// Other rows without a text.
    var textless = 0
    /// Other rows with a vector of their present text.
    var unchanged = 0
  }

  /// What they are for.
  let embedding: RegisteredEmbedding
  /// Its rows.
  let rows: EmbeddedRows
  /// The file that the ids stand in.
  let path: String
  /// The number of vectors.
  let count: Int
  private let revision: Int

  /// Copies a file into the temporary table; nothing of it stays where that fails.
  ///
  /// - Parameters:
  ///   - file: The file, at its beginning.
  ///   - embedding: What it is for.
  ///   - encoder: The encoder, from the registry.
  ///   - db: A connection outside a transaction.
  ///   - progress: Called after each megabyte; what it throws stops the copying.
  /// - Throws: `EncoderError` about the file, ``ActionError``, `PostgresError`.
  init(
    _ file: VectorFile,
    for embedding: RegisteredEmbedding,
    encoder: RegisteredEncoder,
    on db: inout PQConnection,
    progress: (VectorFile) throws -> Void
  ) throws {
    self.embedding = embedding
    revision = encoder.revision
    path = file.idPath
    rows = try EmbeddedRows(embedding, on: &db)
    try Self.drop(on: &db)
    try db.execute(
      "CREATE TEMPORARY TABLE dbtool_file (line bigint, id text, embedding vector)"
    )
    var reported = 0
    count = try db.copyIn("COPY pg_temp.dbtool_file FROM STDIN (FORMAT binary)") { copy in
      copy.writeBinaryHeader()
      while let entry = try file.next(dimension: encoder.dimension) {
        try copy.beginRow(columns: 3)
        try copy.append(entry.line)
        try copy.append(entry.id)
        try copy.append(PGVector(entry.vector))
        guard file.progress.read - reported >= 1 << 20 else { continue }
        reported = file.progress.read
        try progress(file)
      }
      copy.writeBinaryTrailer()
    }
    guard count > 0 else { throw ActionError(.badData, "\(file.path) holds no vectors") }
    // Not the vectors, which would only be read.
    try db.execute("ANALYZE pg_temp.dbtool_file (line, id)")
  }

  /// Takes the temporary tables away.
  static func drop(on db: inout PQConnection) throws(PostgresError) {
    try db.execute("DROP TABLE IF EXISTS pg_temp.dbtool_file, pg_temp.dbtool_rows")
  }
}

// MARK: - Writing

extension StagedVectors {
  /// Counts the rows; call ``match(on:)`` first.
  func census(on db: inout PQConnection) throws -> Census {
    let counts = try db.query(
      """
      SELECT count(*) AS rows, count(item.line) AS loaded,
             count(*) FILTER (WHERE item.line IS NULL AND item.text_hash IS NULL) AS textless,
             count(*) FILTER (
               WHERE item.line IS NULL AND item.text_hash IS NOT NULL AND NOT item.missing
                 AND (state.row_key IS NULL
                   OR (state.text_hash, state.revision) = (item.text_hash, \(revision)))
             ) AS unchanged
      FROM pg_temp.dbtool_rows AS item
      LEFT JOIN dbtool.embedding_state AS state
        ON state.embedding_id = \(embedding.id) AND state.row_key = item.key::text
      """
    )
    return Census(
      rows: try counts[0]["rows"],
      loaded: try counts[0]["loaded"],
      textless: try counts[0]["textless"],
      unchanged: try counts[0]["unchanged"]
    )
  }

  /// Writes all vectors and what they are of, in one transaction.
  ///
  /// - Throws: ``ActionError`` where rows have gone meanwhile; `PostgresError` from the server.
  func write(on db: inout PQConnection) throws {
    try db.transaction { db in
      // Two files at once would wait for each other's rows in a circle.
      try db.execute(
        """
        SELECT pg_advisory_xact_lock(hashtextextended(\(embedding.vectors.sql), \(Self.lockSeed)))
        """
      )
      // First the state and then the vectors, as those do it who take from the queue.
      try recordTexts(on: &db)
      let written: Int = try db.query(
        """
        WITH written AS (
          \(rows.write(staged))
        )
        SELECT count(*) FROM written
        """
      ).scalar()
      guard written == count else {
        throw ActionError(
          .tryAgain,
          "\(count - written) of the rows of \(embedding.shownTable) were deleted meanwhile",
          advice: "nothing was written; run the command again"
        )
      }
      try db.query("SELECT dbtool.forget_deleted_rows(\(embedding.id))")
    }
  }

  /// The bytes of `dbtoolFV`.
  private static let lockSeed: Int64 = 0x6462_746F_6F6C_4656

  private var staged: SQLFragment {
    """
    SELECT item.key, file.embedding
    FROM pg_temp.dbtool_file AS file
    JOIN pg_temp.dbtool_rows AS item ON item.line = file.line
    """
  }

  /// Notes that the vectors are of the present texts.
  ///
  /// Without a text there is nothing to note, and what was noted goes: it would have the next filling of
  /// the queue take the vector away.
  private func recordTexts(on db: inout PQConnection) throws(PostgresError) {
    try db.execute(
      """
      DELETE FROM dbtool.embedding_state AS state
      USING pg_temp.dbtool_rows AS item
      WHERE state.embedding_id = \(embedding.id) AND state.row_key = item.key::text
        AND item.line IS NOT NULL AND item.text_hash IS NULL
      """
    )
    try db.execute(
      """
      INSERT INTO dbtool.embedding_state (embedding_id, row_key, text_hash, revision)
      SELECT \(embedding.id), item.key::text, item.text_hash, \(revision)
      FROM pg_temp.dbtool_rows AS item
      WHERE item.line IS NOT NULL AND item.text_hash IS NOT NULL
      ORDER BY item.key::text
      ON CONFLICT (embedding_id, row_key) DO UPDATE
      SET text_hash = EXCLUDED.text_hash, revision = EXCLUDED.revision, embedded_at = now()
      """
    )
  }
}
