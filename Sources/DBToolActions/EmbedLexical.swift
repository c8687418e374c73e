public import PQClient
import PGCatalog
import SQLMigrations
import VectorSQL

/// Brings the lexical vectors up to date: missing and stale rows, in SQL alone, batch by batch.
public struct EmbedLexical: Sendable {
  /// Only this table.
  public let table: String?
  /// Whether the term weights are counted anew, which makes every row stale.
  public let refit: Bool
  /// Rows looked at per batch; each batch is a transaction of its own.
  public let batchSize: Int

  /// The encoder's name.
  public static let encoder = "lexical"

  /// What to bring up to date.
  public init(table: String? = nil, refit: Bool = false, batchSize: Int = 10_000) {
    self.table = table
    self.refit = refit
    self.batchSize = batchSize
  }

  /// What happened.
  public struct Report: Sendable {
    /// Whether the term weights were counted in this run.
    public let fitted: Bool
    /// The texts that the weights were counted over.
    public let documents: Int
    /// A report per table.
    public let tables: [EmbeddingReport]
  }

  /// Runs the job; an interruption loses at most the batch at hand, and the next run goes on.
  ///
  /// - Parameters:
  ///   - db: A connection outside a transaction.
  ///   - progress: Called after each batch with the table and its rows looked at so far.
  /// - Returns: What was done.
  /// - Throws: ``ActionError`` where the database is not set up; `PostgresError` from the server.
  public func run(
    on db: inout PQConnection,
    progress: (EmbeddingReport) -> Void
  ) throws -> Report {
    let embeddings = try RegisteredEmbedding.find(encoder: Self.encoder, table: table, on: &db)
    try VectorExtension.require(on: &db)
    try VectorExtension.makeVisible(on: &db)
    for embedding in embeddings { try embedding.checkStructure(on: &db) }
    try InternalSchema.install([.lexical], on: &db)
    let refit = refit
    let fit = try db.transaction { db in
      try db.query("SELECT fitted, documents FROM dbtool.lexical_fit(\(refit))")
    }
    var tables: [EmbeddingReport] = []
    for embedding in embeddings {
      tables.append(try embed(embedding, on: &db, progress: progress))
    }
    return Report(
      fitted: try fit.first?["fitted"] ?? false,
      documents: try fit.first?.decode("documents", as: Int?.self) ?? 0,
      tables: tables
    )
  }

  private func embed(
    _ embedding: RegisteredEmbedding,
    on db: inout PQConnection,
    progress: (EmbeddingReport) -> Void
  ) throws -> EmbeddingReport {
    let text: String = try db.query("SELECT dbtool.lexical_statement(\(embedding.id))").scalar()
    var report = EmbeddingReport(table: embedding.shownTable)
    var lastKey: String?
    while true {
      let batch = try db.query(
        SQLStatement(text: text, binds: [SQLBind(lastKey), SQLBind(batchSize)])
      )
      guard let row = batch.first else { break }
      let scanned: Int = try row["scanned"]
      guard scanned > 0 else { break }
      let embedded: Int = try row["embedded"]
      let textless: Int = try row["textless"]
      report.embedded += embedded
      report.textless += textless
      report.unchanged += scanned - embedded - textless
      progress(report)
      lastKey = try row["last_key"]
      guard scanned == batchSize else { break }
    }
    try db.query("SELECT dbtool.forget_deleted_rows(\(embedding.id))")
    return report
  }
}
