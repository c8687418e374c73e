import PGCatalog
public import PQClient
import TextEncoders
public import VectorSQL

/// The rows of an embedded table whose texts are nearest to a text.
public struct SearchTexts: Sendable {
  /// What is searched for.
  public let text: String
  /// The encoder, nil for the best one that is filled.
  public let encoder: String?
  /// The table, nil for the one that has the most vectors.
  public let table: String?
  /// The metric, nil for the encoder's own.
  public let metric: DistanceMetric?
  /// The number of rows.
  public let limit: Int
  /// Whether every row is to be compared.
  public let exact: Bool

  /// Recall before speed, as for recommendations.
  static let efSearchFloor = 200
  /// The share of rows with vectors that makes an encoder one to take unasked.
  private static let sufficientCoverage = 0.9

  /// What to search and how.
  public init(
    _ text: String,
    encoder: String? = nil,
    table: String? = nil,
    metric: DistanceMetric? = nil,
    limit: Int = 5,
    exact: Bool = false
  ) {
    self.text = text
    self.encoder = encoder
    self.table = table
    self.metric = metric
    self.limit = limit
    self.exact = exact
  }

  /// The statement, ready to run.
  public struct Prepared: Sendable {
    /// The statement.
    public let statement: SQLStatement
    /// The embedding that it searches.
    public let embedding: RegisteredEmbedding
    /// The metric that it orders by.
    public let metric: DistanceMetric
    /// The share of the table's rows that has a vector, 0 to 1.
    public let coverage: Double
    let searched: EmbeddingColumn
    let label: String?
    let vectors: Int
  }

  /// Chooses table and encoder, embeds the text and renders the statement; does not run it.
  ///
  /// - Parameters:
  ///   - models: Opens the encoder's model.
  ///   - db: The connection.
  /// - Returns: The statement and what it searches.
  /// - Throws: ``ActionError`` where nothing can be searched, `EncoderError` from the model,
  ///   `PostgresError` from the server.
  public func prepare(with models: ModelLoader, on db: inout PQConnection) async throws -> Prepared
  {
    let target = try chooseTarget(on: &db)
    let registered = try RegisteredEncoder.find(target.embedding.encoder, on: &db)
    let probe = try await probe(registered, models)
    let embedding = target.embedding
    let label = try LabelColumn.find(
      table: embedding.source.sql,
      key: embedding.key,
      on: &db
    )
    let searched = EmbeddingColumn(
      table: embedding.vectorsTable,
      key: embedding.vectorKey,
      column: embedding.vectorColumn,
      encoder: registered.name,
      dimension: registered.dimension
    )
    let metric = metric ?? registered.metric
    let search = VectorSearch(
      in: searched,
      from: embedding.hasSideTable
        ? VectorSearch.Source(key: embedding.sourceTable.column(embedding.key)) : nil,
      to: probe,
      metric: metric,
      limit: limit,
      selecting: label.map { [$0] } ?? [],
      mode: exact ? .exact : .approximate(efSearchFloor: Self.efSearchFloor)
    )
    return Prepared(
      statement: search.statement,
      embedding: embedding,
      metric: metric,
      coverage: target.coverage,
      searched: searched,
      label: label,
      vectors: target.vectors
    )
  }

  /// Runs a statement that was prepared.
  ///
  /// - Parameters:
  ///   - prepared: The statement.
  ///   - explaining: Whether the answer is to say why no index served, which takes two more queries.
  ///   - db: The connection.
  /// - Returns: The rows, nearest first, with what is needed to judge them.
  /// - Throws: `PostgresError` from the server.
  public func run(
    _ prepared: Prepared,
    explaining: Bool = true,
    on db: inout PQConnection
  ) throws -> NeighborAnswer {
    let (result, execution) = try NeighborExecution.run(
      prepared.statement,
      searching: prepared.searched,
      by: prepared.metric,
      explaining: explaining,
      on: &db
    )
    let rows = try result.map { row in
      let id: RowKey = try row[0]
      let label: String? = prepared.label == nil ? nil : try row[1]
      return NeighborAnswer.Row(
        id: id,
        title: label ?? id.description,
        text: nil,
        distance: try row["distance"],
        because: []
      )
    }
    return NeighborAnswer(
      table: prepared.embedding.shownTable,
      encoder: prepared.embedding.encoder,
      metric: prepared.metric,
      requested: limit,
      rows: rows,
      why: rows.count < limit ? shortage(rows.count, prepared, execution) : nil,
      coverage: prepared.coverage,
      execution: execution
    )
  }

  private func shortage(
    _ returned: Int,
    _ prepared: Prepared,
    _ execution: NeighborExecution
  ) -> String {
    if returned == 0, prepared.vectors > 0 {
      return
        "the text has no vector: it says nothing that encoder \"\(prepared.embedding.encoder)\" knows"
    }
    if prepared.vectors <= returned {
      return
        "only \(prepared.vectors) rows have a vector of encoder \"\(prepared.embedding.encoder)\""
    }
    guard let index = execution.index else {
      return
        "rows of \(prepared.embedding.vectors.sql) belong to no row of \(prepared.embedding.shownTable)"
    }
    let candidates = execution.settings.first { $0.name == "hnsw.ef_search" }?.value ?? "?"
    return "index \(index) stopped after \(candidates) candidates (hnsw.ef_search); "
      + "--exact compares every row"
  }

  /// The text's vector, by the encoder that made those which are searched.
  private func probe(
    _ encoder: RegisteredEncoder,
    _ models: ModelLoader
  ) async throws -> VectorSearch.Probe {
    if encoder.source.kind == .sql { return .expression("dbtool.lexical_embed(\(text))") }
    let model = try models.load(encoder.source, for: encoder.name, dimension: encoder.dimension)
    let vectors = try await model.vectors(for: [encoder.queryPrefix + text])
    guard let vector = vectors.first else {
      throw EncoderError(.badData, "the model gave no vector for the text")
    }
    do {
      return .vector(try PGVector(vector.normalized))
    } catch {
      throw EncoderError(.badData, "the model gave no usable vector for the text: \(error)")
    }
  }

  // MARK: What to search

  private struct Target {
    let embedding: RegisteredEmbedding
    let vectors: Int
    let coverage: Double
  }

  private func chooseTarget(on db: inout PQConnection) throws -> Target {
    let embeddings = try RegisteredEmbedding.find(encoder: encoder, table: table, on: &db)
    try VectorExtension.require(on: &db)
    try VectorExtension.makeVisible(on: &db)
    let targets = try Self.count(embeddings, on: &db)
    let filled = targets.filter {
      encoder == nil ? $0.coverage >= Self.sufficientCoverage : $0.vectors > 0
    }
    if let best = filled.max(by: Self.isWorse) { return best }
    let name =
      encoder ?? targets.max(by: Self.isWorse)?.embedding.encoder ?? RegisteredEncoder.usual
    throw ActionError(
      .configuration,
      encoder == nil
        ? "no encoder covers 90 % of \(table ?? "any table")"
        : "encoder \"\(name)\" has no vectors yet in \(table ?? "any table")",
      advice: "fill its columns: dbtool embed --encoder \(name)"
        + (encoder == nil ? "; --encoder \(name) searches what there is" : "")
    )
  }

  private static func isWorse(_ left: Target, _ right: Target) -> Bool {
    (preference(left.embedding.encoder), left.vectors)
      < (preference(right.embedding.encoder), right.vectors)
  }

  /// The usual encoder before the others, and before all of them the one that only counts words.
  private static func preference(_ encoder: String) -> Int {
    switch encoder {
    case RegisteredEncoder.usual: 2
    case EmbedLexical.encoder: 0
    default: 1
    }
  }

  private static func count(
    _ embeddings: [RegisteredEmbedding],
    on db: inout PQConnection
  ) throws -> [Target] {
    let counts = try db.pipeline(
      embeddings.map { embedding in
        SQLStatement(
          """
          SELECT (SELECT count(\(ident: embedding.vectorColumn)) FROM \(embedding.vectors)) AS vectors,
                 (SELECT count(*) FROM \(embedding.source)) AS rows
          """
        )
      }
    )
    return try zip(embeddings, counts).map { embedding, count in
      let vectors: Int = try count[0]["vectors"]
      let rows: Int = try count[0]["rows"]
      return Target(
        embedding: embedding,
        vectors: vectors,
        coverage: rows == 0 ? 0 : min(1, Double(vectors) / Double(rows))
      )
    }
  }
}
