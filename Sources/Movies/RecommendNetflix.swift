public import DBToolActions
public import PQClient
public import VectorSQL

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// Netflix shows for a DVDRental customer: the shows nearest to the mean of the films they rented.
public struct RecommendNetflix: Sendable {
  /// How much each rented film counts.
  public enum Weight: String, Sendable, CaseIterable {
    /// Every film once.
    case equal
    /// By how often it was rented.
    case count
    /// Halved with every 90 days before the customer's newest rental.
    case recency
  }

  /// The customer.
  public let customer: Int32
  /// The encoder, nil for the best one that is filled.
  public let encoder: String?
  /// The metric.
  public let metric: DistanceMetric
  /// The number of shows.
  public let limit: Int
  /// Whether every show is to be compared.
  public let exact: Bool
  /// How much each rented film counts.
  public let weight: Weight

  /// The encoders to take when none is named, the best first.
  static let preferredEncoders = ["minilm", "lexical"]
  /// Recall before speed: with 200 candidates HNSW misses next to nothing among thousands of shows.
  static let efSearchFloor = 200
  static let halfLifeDays = 90

  /// What to recommend and how.
  public init(
    customer: Int32,
    encoder: String? = nil,
    metric: DistanceMetric = .cosine,
    limit: Int = 5,
    exact: Bool = false,
    weight: Weight = .equal
  ) {
    self.customer = customer
    self.encoder = encoder
    self.metric = metric
    self.limit = limit
    self.exact = exact
    self.weight = weight
  }

  /// The statement, ready to run, with the encoder that it compares.
  public struct Prepared: Sendable {
    /// The statement.
    public let statement: SQLStatement
    /// The encoder with its columns and coverage.
    public let choice: EncoderChoice

    var films: EmbeddingColumn { choice.columns[0] }
    var shows: EmbeddingColumn { choice.columns[1] }
  }

  /// Chooses the encoder and renders the statement; reads, but does not run it.
  ///
  /// - Throws: ``ActionError`` where no encoder can serve; `PostgresError` from the server.
  public func prepare(on db: inout PQConnection) throws -> Prepared {
    let choice = try EncoderChoice.choose(
      encoder,
      preferred: Self.preferredEncoders,
      tables: [MovieTables.films, MovieTables.shows],
      on: &db
    )
    return Prepared(
      statement: try statement(films: choice.columns[0], shows: choice.columns[1]),
      choice: choice
    )
  }

  /// The statement for given vector columns.
  ///
  /// - Throws: `EncoderMismatch` where the columns hold vectors of two encoders.
  public func statement(
    films: EmbeddingColumn,
    shows: EmbeddingColumn
  ) throws(EncoderMismatch) -> SQLStatement {
    try NearestNeighbors(
      in: shows,
      to: Profile(
        of: SQLBind(customer),
        interactions: MovieTables.rentals,
        items: films,
        weight: profileWeight
      ),
      metric: metric,
      limit: limit,
      selecting: ["title", "description"],
      reasons: NearestNeighbors.Reasons(label: "title", count: 2),
      mode: exact ? .exact : .approximate(efSearchFloor: Self.efSearchFloor)
    ).statement
  }

  private var profileWeight: ProfileWeight {
    let rentals = MovieTables.rentals.table
    return switch weight {
    case .equal: .equal
    case .count: .count(rentals.column("times"))
    case .recency: .recency(rentals.column("last_rented"), halfLifeDays: Self.halfLifeDays)
    }
  }

  /// Runs the statement.
  ///
  /// - Parameters:
  ///   - explaining: Whether the answer is to say why no index served, which takes two more queries.
  ///   - db: The connection.
  /// - Returns: The shows, nearest first, with what is needed to judge them.
  /// - Throws: ``ActionError`` for an unknown customer or where no encoder can serve; `PostgresError`
  ///   from the server.
  public func run(
    explaining: Bool = true,
    on db: inout PQConnection
  ) throws -> NeighborAnswer {
    let prepared = try prepare(on: &db)
    let (result, execution) = try NeighborExecution.run(
      prepared.statement,
      searching: prepared.shows,
      by: metric,
      explaining: explaining,
      on: &db
    )
    let rows = try result.map { row in
      let because: PGJSON? = try row["because"]
      return NeighborAnswer.Row(
        id: try row["show_id"],
        title: try row["title"],
        text: try row["description"],
        distance: try row["distance"],
        because: try because.map(Self.reasons) ?? []
      )
    }
    return NeighborAnswer(
      table: MovieTables.shows.name,
      encoder: prepared.choice.encoder,
      metric: metric,
      requested: limit,
      rows: rows,
      why: rows.count < limit ? try shortage(rows.count, prepared, execution, on: &db) : nil,
      coverage: prepared.choice.coverage[1],
      execution: execution
    )
  }

  private static func reasons(_ json: PGJSON) throws -> [NeighborAnswer.Reason] {
    try JSONDecoder().decode([NeighborAnswer.Reason].self, from: Data(json.text.utf8))
  }

  /// Asks, only when the answer is short, what it is short of.
  private func shortage(
    _ returned: Int,
    _ prepared: Prepared,
    _ execution: NeighborExecution,
    on db: inout PQConnection
  ) throws -> String {
    let counts = try db.query(
      """
      SELECT
        EXISTS (SELECT FROM customer WHERE customer_id = \(customer)) AS known,
        (SELECT count(*) FROM customer_film WHERE customer_id = \(customer)) AS rented,
        (SELECT count(*)
         FROM customer_film JOIN film ON film.film_id = customer_film.film_id
         WHERE customer_film.customer_id = \(customer)
           AND \(prepared.films.vector.sql) IS NOT NULL) AS embedded,
        (SELECT count(\(prepared.shows.vector.sql)) FROM netflix_shows) AS shows
      """
    )
    guard let row = counts.first, try row["known"] as Bool else {
      throw ActionError(
        .notFound,
        "no customer \(customer) in table customer of database \"\(db.database)\"",
        advice: "dbtool cluster psql -c 'SELECT min(customer_id), max(customer_id) FROM customer'"
      )
    }
    let rented: Int = try row["rented"]
    let embedded: Int = try row["embedded"]
    let shows: Int = try row["shows"]
    let encoder = prepared.choice.encoder
    if rented == 0 { return "no profile: customer \(customer) has not rented any film" }
    if embedded == 0 {
      return "no profile: none of the \(rented) films that customer \(customer) rented has "
        + "a vector of encoder \"\(encoder)\""
    }
    if returned == 0, shows > 0 {
      return "no profile: the vectors of customer \(customer)'s films cancel out"
    }
    if shows <= returned { return "only \(shows) shows have a vector of encoder \"\(encoder)\"" }
    let candidates = execution.settings.first { $0.name == "hnsw.ef_search" }?.value ?? "?"
    return "index \(execution.index ?? "") stopped after \(candidates) candidates "
      + "(hnsw.ef_search); --exact compares every row"
  }
}
