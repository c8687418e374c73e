import TestSupport
import Testing
import VectorSQL

@Suite("Nearest neighbours of a profile")
struct NearestNeighborsTests {
  private enum MiniLM: EncoderLabel { static let name = "minilm" }

  private static let films = Embedding<MiniLM>(
    table: Table("film"),
    key: "film_id",
    column: "embedding_minilm",
    dimension: 384
  )
  private static let shows = Embedding<MiniLM>(
    table: Table("netflix_shows"),
    key: "show_id",
    column: "embedding_minilm",
    dimension: 384
  )
  private static let rentals = Interactions(
    Table("customer_film"),
    subject: "customer_id",
    item: "film_id",
    count: "times",
    time: "last_rented"
  )

  @Test func `need no direction where the metric has none`() throws {
    let profile = Profile(
      of: SQLBind(5),
      interactions: Self.rentals,
      items: Self.films.column
    )
    let statement = try NearestNeighbors(
      in: Self.shows.column,
      to: profile,
      metric: .innerProduct,
      limit: 3,
      selecting: [],
      mode: .exact
    ).statement
    expectSQL(
      statement,
      is: """
        WITH profile AS MATERIALIZED (
          SELECT avg(film.embedding_minilm) AS embedding
          FROM customer_film
          JOIN film ON film.film_id = customer_film.film_id
          WHERE customer_film.customer_id = $1
            AND film.embedding_minilm IS NOT NULL
        ),
        nearest AS MATERIALIZED (
          SELECT netflix_shows.show_id,
                 netflix_shows.embedding_minilm AS embedding,
                 netflix_shows.embedding_minilm <#> (SELECT embedding FROM profile) AS distance
          FROM netflix_shows
          WHERE netflix_shows.embedding_minilm IS NOT NULL
            AND (SELECT embedding FROM profile) IS NOT NULL
          ORDER BY netflix_shows.embedding_minilm <#> (SELECT embedding FROM profile),
                   netflix_shows.show_id
          LIMIT 3
        )
        SELECT nearest.show_id, nearest.distance
        FROM nearest
        ORDER BY nearest.distance, nearest.show_id
        """,
      binds: [SQLBind(5)]
    )
    #expect(statement.settings == [SQLSetting("enable_indexscan", "off")])
  }

  @Test(arguments: [("lexical", 384), ("minilm", 512)])
  func `are refused where the vectors mean something else`(encoder: String, dimension: Int) {
    let other = EmbeddingColumn(
      table: Table("film"),
      key: "film_id",
      column: "embedding",
      encoder: encoder,
      dimension: dimension
    )
    let profile = Profile(of: SQLBind(5), interactions: Self.rentals, items: other)
    let mismatch = #expect(throws: EncoderMismatch.self) {
      try NearestNeighbors(
        in: Self.shows.column,
        to: profile,
        metric: .cosine,
        limit: 5,
        selecting: []
      )
    }
    #expect(mismatch?.searched == Self.shows.column)
    #expect(mismatch?.description.contains("\"\(encoder)\" (\(dimension) dimensions)") == true)
  }
}
