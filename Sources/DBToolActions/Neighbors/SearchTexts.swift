import PGCatalog
public import PQClient
import TextEncoders
import VectorSQL

/// The rows of any table whose texts are nearest to a text.
public struct SearchTexts: Sendable {
  /// What is searched for.
  public let text: String
  /// Whether words count as well as meaning.
  public let isHybrid: Bool
  /// What else is asked.
  public let options: NeighborOptions

  /// What to search and how.
  public init(
    _ text: String,
    isHybrid: Bool = false,
    options: NeighborOptions = NeighborOptions()
  ) {
    self.text = text
    self.isHybrid = isHybrid
    self.options = options
  }

  /// Chooses table and encoder, embeds the text and renders the statement; does not run it.
  ///
  /// - Parameters:
  ///   - models: Opens the encoder's model.
  ///   - db: The connection.
  /// - Returns: The search.
  /// - Throws: ``ActionError`` where nothing can be searched, `EncoderError` from the model,
  ///   `PostgresError` from the server.
  public func prepare(
    with models: ModelLoader,
    on db: inout PQConnection
  ) async throws -> NeighborQuery {
    let target = try SearchTarget.find(options, on: &db)
    guard let encoder = target.encoder else {
      throw ActionError(
        .configuration,
        "nobody registered which encoder made \(target.column.encoder)",
        advice:
          "register it: dbtool encoder adopt \(target.column.encoder) --as NAME --from SOURCE …"
      )
    }
    let probe = try await probe(encoder, models)
    let query = try NeighborQuery.prepare(target, near: probe, options, on: &db)
    return isHybrid ? try query.merged(withWordsOf: text) : query
  }

  /// Runs a statement that was prepared.
  ///
  /// - Parameters:
  ///   - query: The search.
  ///   - explaining: Whether the answer is to say why no index served, which takes two more queries.
  ///   - db: The connection.
  /// - Returns: The rows, nearest first, with what is needed to judge them.
  /// - Throws: `PostgresError` from the server.
  public func run(
    _ query: NeighborQuery,
    explaining: Bool = true,
    on db: inout PQConnection
  ) throws -> NeighborAnswer {
    try query.run(
      explaining: explaining,
      noProbe: { db throws in
        guard case .expression(let expression) = query.search.probe else { return nil }
        let isNull: Bool = try db.query("SELECT \(expression) IS NULL").scalar()
        let encoder = query.target.column.encoder
        return isNull
          ? "the text has no vector: it says nothing that encoder \"\(encoder)\" knows" : nil
      },
      on: &db
    )
  }

  /// The text's vector, by the encoder that made those which are searched.
  private func probe(_ encoder: RegisteredEncoder, _ models: ModelLoader) async throws -> Probe {
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
}
