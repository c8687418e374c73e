import Foundation
import TestSupport
import Testing
import VectorSQL

/// What the builder renders for each use, kept in `sql/queries/`: documentation and expectation at once.
///
/// With `DBTOOL_RECORD` set the files are written instead of compared.
@Suite("The files of sql/queries")
struct GoldenQueryTests {
  private static let films = Movies.films.column
  private static let shows = Movies.shows.column

  private static func search(
    _ probe: Probe,
    in column: EmbeddingColumn = films,
    by metric: DistanceMetric = .cosine
  ) throws -> NearestNeighbors {
    try NearestNeighbors(column, to: probe, by: metric, limit: 5)
      .selecting(column.row.table.column("title"))
      .mode(.approximate(efSearchFloor: 200))
  }

  private static func customer(_ weight: ProfileWeight = .equal) -> Probe {
    .profile(
      Profile(of: SQLBind(Int32(5)), interactions: Movies.rentals, items: films, weight: weight)
    )
  }

  private static func shows(for weight: ProfileWeight) throws -> NearestNeighbors {
    try search(customer(weight), in: shows)
      .selecting(Movies.shows.column.table.column("description"))
      .because(.init(label: films.table.column("title"), count: 2))
  }

  private static let row = Probe.row(SQLBind(Int32(1)), of: films)
  private static let rating = SQLPredicate(
    comparing: "\(films.table.column("rental_rate").sql) < \(3.0)"
  )
  private static let seen = NearestNeighbors.Seen(by: SQLBind(Int32(5)), Movies.rentals)

  private static func vector() throws -> PGVector {
    try PGVector(Array(repeating: 0.25, count: 384))
  }

  /// Each file with what it shows.
  static func queries() throws -> [(name: String, statement: SQLStatement)] {
    let side = EmbeddingColumn(
      table: Table("movie_embeddings"),
      key: "movie_id",
      column: "embedding",
      encoder: "ours",
      dimension: 384,
      of: Table("movie").column("movie_id")
    )
    let coarse = NearestNeighbors.FirstStage(.binary, candidates: 200)
    let halved = NearestNeighbors.FirstStage(.halfvec, candidates: 50)
    let title = films.table.column("title")
    return [
      ("recommend_netflix", try shows(for: .equal).statement),
      ("recommend_netflix_by_count", try shows(for: .count).statement),
      (
        "recommend_netflix_by_recency", try shows(for: .recency(halfLifeDays: 90)).statement
      ),
      (
        "recommend_netflix_all",
        try #require(try search(customer(), in: shows).statementForEverySubject)
      ),
      ("recommend", try search(customer()).excluding(seen).statement),
      (
        "recommend_like",
        try search(.mean(of: SQLBind([Int32(1), 2]), films)).statement
      ),
      ("search", try search(.vector(vector()), in: shows).statement),
      (
        "search_hybrid",
        try HybridSearch(
          search(.vector(vector()), in: shows),
          text: "a heist that goes wrong",
          in: [shows.table.column("title"), shows.table.column("description")]
        ).statement
      ),
      ("similar", try search(row).statement),
      ("similar_where", try search(row).where(rating).statement),
      ("similar_within", try search(row).within(0.6).statement),
      ("similar_diverse", try search(row).diverse(.init(strength: 0.3, candidates: 50)).statement),
      ("similar_unseen", try search(row).excluding(seen).statement),
      ("similar_two_stage_binary", try search(row).firstStage(coarse).statement),
      ("similar_two_stage_halfvec", try search(row).firstStage(halved).statement),
      (
        "similar_side_table",
        try search(.row(SQLBind(Int32(1)), of: side), in: side)
          .where(SQLPredicate(comparing: "\(Table("movie").column("year").sql) >= \(Int32(1990))"))
          .statement
      ),
      (
        "why",
        try ProfileShares(
          of: Profile(of: SQLBind(Int32(5)), interactions: Movies.rentals, items: films),
          to: SQLBind(Int32(1)),
          in: shows,
          label: title,
          words: .init(
            ofItems: [title],
            ofRow: [shows.table.column("title"), shows.table.column("description")]
          ),
          limit: 5
        ).statement
      ),
    ]
  }

  @Test func `each is what the builder renders`() throws {
    let folder = PackageDirectory.path("sql/queries")
    let queries = try Self.queries()
    for (name, statement) in queries {
      let path = "\(folder)/\(name).sql"
      if ProcessInfo.processInfo.environment["DBTOOL_RECORD"] != nil {
        try Data((statement.text + "\n").utf8).write(to: URL(filePath: path))
      }
      let golden = try String(contentsOfFile: path, encoding: .utf8)
      #expect(statement.text == String(golden.dropLast()), "\(name)")
    }
    let files = try FileManager.default.contentsOfDirectory(atPath: folder)
    #expect(files.sorted() == queries.map { $0.name + ".sql" }.sorted())
  }

  @Test func `the settings that go before them`() throws {
    let settings = { (search: NearestNeighbors) in search.settings.map { "\($0.name)=\($0.value)" }
    }
    let search = try Self.search(Self.row)
    #expect(settings(search) == ["hnsw.ef_search=200"])
    #expect(
      settings(search.where(Self.rating)) == [
        "hnsw.ef_search=200", "hnsw.iterative_scan=strict_order",
        "plan_cache_mode=force_custom_plan",
      ]
    )
    #expect(settings(search.mode(.exact)) == ["enable_indexscan=off"])
    #expect(
      settings(search.firstStage(.init(.binary, candidates: 300))) == ["hnsw.ef_search=600"]
    )
  }
}

/// The movie database as the tests of the builder see it.
enum Movies {
  enum MiniLM: EncoderLabel { static let name = "minilm" }
  enum Lexical: EncoderLabel { static let name = "lexical" }

  static let films = Embedding<MiniLM>(
    table: Table("film"),
    key: "film_id",
    column: "embedding_minilm",
    dimension: 384
  )
  static let shows = Embedding<MiniLM>(
    table: Table("netflix_shows"),
    key: "show_id",
    column: "embedding_minilm",
    dimension: 384
  )
  static let rentals = Interactions(
    Table("customer_film"),
    subject: "customer_id",
    item: "film_id",
    weight: "times",
    time: "last_rented"
  )
}
