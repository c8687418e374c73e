import Testing
public import VectorSQL

/// What the builder renders for each use, as the files of `sql/queries/` hold it.
public enum GoldenQueries {
  /// The films' vectors.
  public static let films = Movies.films.column
  static let shows = Movies.shows.column

  /// A search as the commands make it.
  public static func search(
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

  /// A row.
  public static let row = Probe.row(SQLBind(Int32(1)), of: films)
  /// A filter.
  public static let cheap = SQLPredicate(
    comparing: "\(films.table.column("rental_rate").sql) < \(3.0)"
  )
  private static let seen = NearestNeighbors.Seen(by: SQLBind(Int32(5)), Movies.rentals)

  private static func vector() throws -> PGVector {
    try PGVector(Array(repeating: 0.25, count: 384))
  }

  /// Each file with what it shows.
  public static func all() throws -> [(name: String, statement: SQLStatement)] {
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
      (
        "recommend_netflix_all_exact",
        try #require(
          try search(customer(), in: shows).mode(.exact).statementForEverySubject
        )
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
      ("similar_where", try search(row).where(cheap).statement),
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
          to: SQLBind("s1"),
          in: shows,
          label: title,
          words: .init(
            ofItems: [title],
            ofRow: [shows.table.column("title"), shows.table.column("description")]
          ),
          limit: 5
        ).statement
      ),
      (
        "top_rated",
        TopItems(
          Interactions(
            Table("rating"),
            subject: "user_id",
            item: "movie_id",
            weight: "rating",
            time: "rated_at"
          ),
          of: Table("movie").column("movie_id"),
          by: .rating,
          selecting: [Table("movie").column("title")],
          limit: 10
        ).statement
      ),
      (
        "top_used_lately",
        TopItems(
          Movies.rentals,
          of: films.key,
          by: .use,
          selecting: [title],
          where: cheap,
          sinceDays: 30,
          limit: 10
        ).statement
      ),
      (
        "search_labels",
        LabelSearch(
          "monster",
          in: shows.table.column("title"),
          key: shows.key,
          hasTrigrams: false,
          limit: 10
        ).statement
      ),
    ]
  }
}

/// The movie database as the tests of the builder see it.
public enum Movies {
  /// An encoder.
  public enum MiniLM: EncoderLabel {
    /// Its name.
    public static let name = "minilm"
  }
  /// Another encoder.
  public enum Lexical: EncoderLabel {
    /// Its name.
    public static let name = "lexical"
  }

  /// The films.
  public static let films = Embedding<MiniLM>(
    table: Table("film"),
    key: "film_id",
    column: "embedding_minilm",
    dimension: 384
  )
  /// The shows.
  public static let shows = Embedding<MiniLM>(
    table: Table("netflix_shows"),
    key: "show_id",
    column: "embedding_minilm",
    dimension: 384
  )
  /// Who rented which film.
  public static let rentals = Interactions(
    Table("customer_film"),
    subject: "customer_id",
    item: "film_id",
    weight: "times",
    time: "last_rented"
  )
}
