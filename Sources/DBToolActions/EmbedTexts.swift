public import PQClient
import PGCatalog
import Synchronization
public import TextEncoders
import VectorSQL

/// Brings the vectors of an encoder up to date: rows that have none, or whose text has changed.
///
/// Each batch is a transaction of its own. Workers, in this process or in others, take rows from one queue
/// and never the same; an interruption loses the batches at hand and nothing else.
public struct EmbedTexts: Sendable {
  /// What is to be done.
  public struct Options: Sendable {
    /// Whether rows that are up to date are embedded as well.
    public var force = false
    /// The texts of one batch.
    public var batchSize = 128
    /// Connections that work at once, each with a batch of its own.
    public var workers = 1
    /// The rows to embed at most.
    public var limit: Int?

    /// The usual: what is missing or stale, all of it.
    public init() {}
  }

  /// How far a table is.
  public struct Progress: Sendable {
    /// The table.
    public let table: String
    /// Rows done, failed ones included.
    public let done: Int
    /// Rows that waited at the beginning.
    public let total: Int
  }

  private let encoder: RegisteredEncoder
  private let model: any TextEncoder
  private let options: Options
  private let connect: @Sendable () async throws -> PQConnection
  private let progress: @Sendable (Progress) -> Void

  /// Prepares the job.
  ///
  /// - Parameters:
  ///   - encoder: The encoder, from the registry.
  ///   - model: What makes its vectors.
  ///   - options: What is to be done.
  ///   - connect: Opens a connection for a worker.
  ///   - progress: Called after each batch, by any worker.
  public init(
    _ encoder: RegisteredEncoder,
    model: any TextEncoder,
    options: Options,
    connect: @escaping @Sendable () async throws -> PQConnection,
    progress: @escaping @Sendable (Progress) -> Void
  ) {
    self.encoder = encoder
    self.model = model
    self.options = options
    self.connect = connect
    self.progress = progress
  }

  /// Embeds what is due in one table after the other.
  ///
  /// - Parameters:
  ///   - embeddings: The encoder's embeddings.
  ///   - db: A connection outside a transaction.
  /// - Returns: A report per table.
  /// - Throws: ``ActionError`` where the database is not set up, or its vectors are another model's;
  ///   `EncoderError` from the model, `PostgresError` from the server. What was committed stays.
  public func run(
    _ embeddings: [RegisteredEmbedding],
    on db: inout PQConnection
  ) async throws -> [EmbeddingReport] {
    try VectorExtension.require(on: &db)
    try VectorExtension.makeVisible(on: &db)
    var remaining = options.limit ?? .max
    var reports: [EmbeddingReport] = []
    for embedding in embeddings {
      try embedding.checkStructure(on: &db)
      try encoder.checkColumn(of: embedding, on: &db)
    }
    for embedding in embeddings {
      let queue = try EmbeddingQueue(embedding, revision: encoder.revision, on: &db)
      let report = try await embed(queue, limit: remaining, on: &db)
      remaining -= report.embedded
      reports.append(report)
    }
    return reports
  }

  private func embed(
    _ queue: EmbeddingQueue,
    limit: Int,
    on db: inout PQConnection
  ) async throws -> EmbeddingReport {
    let census = try queue.fill(force: options.force, on: &db)
    // Before anything else is touched; and where nothing is to be done, no model is asked.
    if census.pending > 0, !options.force { try await checkModel(queue, on: &db) }
    let presence = try EmbeddingPresence(queue.embedding, on: &db)
    try presence.prepare(changes: min(census.pending, limit), of: census.rows, on: &db)

    let start = ContinuousClock.now
    let tally = Tally(
      table: queue.embedding.shownTable,
      total: min(census.pending, limit),
      limit: limit
    )
    if census.pending > 0 { try await work(queue, tally) }
    var report = tally.report
    report.duration = start.duration(to: .now)
    report.textless = census.textless
    report.unchanged = census.rows - census.textless - census.pending
    report.waiting = census.pending - report.embedded - report.failed.count
    try db.query("SELECT dbtool.forget_deleted_rows(\(queue.embedding.id))")
    report.indexes = try presence.leave(on: &db)
    return report
  }

  private func work(_ queue: EmbeddingQueue, _ tally: Tally) async throws {
    try await withThrowingTaskGroup { group in
      for _ in 0..<options.workers {
        group.addTask { try await workOnBatches(queue, tally) }
      }
      try await group.waitForAll()
    }
  }

  /// What one worker does until nothing is left to take.
  private func workOnBatches(_ queue: EmbeddingQueue, _ tally: Tally) async throws {
    var db = try await connect()
    try VectorExtension.makeVisible(on: &db)
    try queue.prepare(&db)
    while true {
      try Task.checkCancellation()
      let rows = try tally.take(queue, upTo: options.batchSize, on: &db)
      guard let rows else { return }
      let start = ContinuousClock.now
      let outcomes = try await outcomes(rows[...])
      let spent = start.duration(to: .now)
      var vectors: [(row: EmbeddingQueue.Row, vector: PGVector)] = []
      var failed: [(key: String, reason: String)] = []
      for (row, outcome) in zip(rows, outcomes) {
        switch outcome {
        case .success(let vector): vectors.append((row, vector))
        case .failure(let error): failed.append((row.key, error.message))
        }
      }
      let (written, refused) = try queue.write(vectors, on: &db)
      failed += refused
      progress(tally.add(taken: rows.count, written: written, failed: failed, model: spent))
    }
  }

  /// The vectors of a batch; a batch that a model refuses is halved until the text is found that it
  /// cannot take.
  private func outcomes(
    _ rows: ArraySlice<EmbeddingQueue.Row>
  ) async throws(EncoderError) -> [Result<PGVector, EncoderError>] {
    guard !rows.isEmpty else { return [] }
    let vectors: [[Float]]
    do {
      vectors = try await model.vectors(for: rows.map { encoder.passagePrefix + $0.text })
    } catch {
      guard error.kind == .text else { throw error }
      guard rows.count > 1 else { return [.failure(error)] }
      let middle = rows.startIndex + rows.count / 2
      let first = try await outcomes(rows[..<middle])
      return first + (try await outcomes(rows[middle...]))
    }
    guard vectors.count == rows.count else {
      throw EncoderError(
        .badData,
        "the model gave \(vectors.count) vectors for \(rows.count) texts"
      )
    }
    return vectors.map(checked)
  }

  /// A vector of unit length, or why it is none.
  private func checked(_ vector: [Float]) -> Result<PGVector, EncoderError> {
    guard vector.count == encoder.dimension else {
      return .failure(EncoderError(.text, "the model gave a vector of \(vector.count) elements"))
    }
    do {
      let unit = try PGVector(vector.normalized)
      guard unit.elements.contains(where: { $0 != 0 }) else {
        return .failure(EncoderError(.text, "the model gave a zero vector"))
      }
      return .success(unit)
    } catch {
      return .failure(EncoderError(.text, "the model gave no usable vector: \(error)"))
    }
  }
}

// MARK: - Checks

extension EmbedTexts {
  /// The cosine below which two vectors of one text are not the same model's; the same model in half
  /// precision, or served by another program, stays above .999.
  private static let sameModelCosine = 0.99

  /// Embeds one row that is up to date again and compares: vectors of two models in one column would be
  /// neighbours of nothing.
  private func checkModel(_ queue: EmbeddingQueue, on db: inout PQConnection) async throws {
    guard let sample = try queue.sample(on: &db) else { return }
    let vector = try await model.vectors(for: [encoder.passagePrefix + sample.text])
    guard let again = vector.first, again.count == sample.vector.count else { return }
    let cosine = zip(again.normalized, sample.vector.normalized)
      .reduce(into: 0.0) { $0 += Double($1.0) * Double($1.1) }
    guard cosine < Self.sameModelCosine else { return }
    throw ActionError(
      .configuration,
      "the vectors in \(queue.embedding.vectors.sql).\(queue.embedding.vectorColumn) are another model's",
      detail:
        "row \(sample.key): its vector and a new one of the same text have cosine similarity \(cosine)",
      advice: "take the model that made them, or make all of them anew: --force"
    )
  }
}

/// What the workers of one table share: how far the queue was taken, and what came of it.
private final class Tally: Sendable {
  private struct State {
    var report: EmbeddingReport
    var last: String?
    var untaken: Int
  }

  private let state: Mutex<State>
  private let total: Int

  init(table: String, total: Int, limit: Int) {
    self.total = total
    state = Mutex(State(report: EmbeddingReport(table: table), untaken: limit))
  }

  var report: EmbeddingReport { state.withLock { $0.report } }

  /// Takes the next rows for one worker, nil where there are none; within the lock, so that all workers
  /// go through the queue once.
  func take(
    _ queue: EmbeddingQueue,
    upTo size: Int,
    on db: inout PQConnection
  ) throws -> [EmbeddingQueue.Row]? {
    try state.withLock { state in
      let limit = min(size, state.untaken)
      guard limit > 0 else { return nil }
      let (rows, last) = try queue.take(after: state.last, limit: limit, on: &db)
      guard let last else {
        state.untaken = 0
        try db.execute("COMMIT")
        return nil
      }
      state.last = last
      state.untaken -= rows.count
      return rows
    }
  }

  func add(
    taken: Int,
    written: Int,
    failed: [(key: String, reason: String)],
    model: Duration
  ) -> EmbedTexts.Progress {
    state.withLock { state in
      state.report.embedded += written
      state.report.failed += failed
      state.report.modelDuration += model
      return EmbedTexts.Progress(
        table: state.report.table,
        done: state.report.embedded + state.report.failed.count,
        total: total
      )
    }
  }
}
