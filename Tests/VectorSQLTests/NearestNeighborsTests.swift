import Foundation
import TestSupport
import Testing
import VectorSQL

@Suite("Nearest neighbours")
struct NearestNeighborsTests {
  @Test func `of a profile need no direction where the metric has none`() throws {
    let search = Movies.shows.nearest(
      to: .profile(of: 5, Movies.rentals, over: Movies.films),
      by: .innerProduct,
      limit: 3
    )
    expectSQL(
      search.mode(.exact).statement,
      is: """
        WITH profile AS MATERIALIZED (
          SELECT avg(film.embedding_minilm) AS embedding
          FROM film
          WHERE film.film_id IN (
              SELECT customer_film.film_id
              FROM customer_film
              WHERE customer_film.customer_id = $1
            )
            AND film.embedding_minilm IS NOT NULL
        )
        SELECT netflix_shows.show_id,
               netflix_shows.embedding_minilm <#> (SELECT embedding FROM profile) AS distance
        FROM netflix_shows
        WHERE netflix_shows.embedding_minilm IS NOT NULL
          AND (SELECT embedding FROM profile) IS NOT NULL
        ORDER BY netflix_shows.embedding_minilm <#> (SELECT embedding FROM profile),
                 netflix_shows.show_id
        LIMIT 3
        """,
      binds: [SQLBind(5)]
    )
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
    let probe = Probe.profile(
      Profile(of: SQLBind(5), interactions: Movies.rentals, items: other)
    )
    let mismatch = #expect(throws: EncoderMismatch.self) {
      try NearestNeighbors(Movies.shows.column, to: probe, by: .cosine, limit: 5)
    }
    #expect(mismatch?.searched == Movies.shows.column)
    #expect(mismatch?.description.contains("\"\(encoder)\" (\(dimension) dimensions)") == true)
  }

  @Test func `name nothing as the user's tables and columns are named`() throws {
    let table = Table("nearest")
    let column = EmbeddingColumn(
      table: table,
      key: "rank",
      column: "embedding",
      encoder: "minilm",
      dimension: 3
    )
    let profile = Profile(
      of: SQLBind(5),
      interactions: Interactions(Table("used"), subject: "distance", item: "before"),
      items: EmbeddingColumn(
        table: Table("profile"),
        key: "item",
        column: "because",
        encoder: "minilm",
        dimension: 3
      )
    )
    let statement = try NearestNeighbors(column, to: .profile(profile), by: .cosine, limit: 2)
      .selecting(table.column("distance"), table.column("embedding"))
      .because(.init(label: Table("profile").column("title"), count: 1))
      .diverse(.init(strength: 0.5, candidates: 9))
      .statement
    for name in ["profile_ AS", "nearest_ AS", "used_ AS", "AS distance_", "AS embedding_"] {
      #expect(statement.text.contains(name), "\(name)")
    }
    #expect(statement.text.contains("FROM profile\n"))
  }

  @Test func `merged with words leave out what was seen, and name no column twice`() throws {
    let search = try NearestNeighbors(
      Movies.films.column,
      to: GoldenQueries.row,
      by: .cosine,
      limit: 2
    )
    .selecting(Movies.films.column.table.column("score"))
    .excluding(.init(by: SQLBind(5), Movies.rentals))
    let words = [Movies.films.column.table.column("score")]
    let text = HybridSearch(search, text: "x", in: words).statement.text
    #expect(text.contains("seen AS MATERIALIZED (") && text.contains("ORDER BY score_ DESC"))
    #expect(text.components(separatedBy: "film.film_id NOT IN (SELECT id FROM seen)").count == 3)
  }

  @Test func `name nothing as a table of their condition is named`() throws {
    let other = Table("probe")
    let exists = Select(TypedColumn<Int64>(other, "id")).from(other).exists
    let search = try GoldenQueries.search(GoldenQueries.row).where(exists)
    #expect(search.statement.text.hasPrefix("WITH probe_ AS MATERIALIZED ("))
  }

  @Test func `of the oldest interest have seconds that are a number`() throws {
    let profile = Profile(
      of: SQLBind(5),
      interactions: Movies.rentals,
      items: Movies.films.column,
      weight: .recency(halfLifeDays: .max)
    )
    #expect(try GoldenQueries.search(.profile(profile)).statement.text.contains("/ 315569520000)"))
  }

  @Test func `take a vector, a row, several rows or a profile of the same encoder`() throws {
    let vector = EncodedVector<Movies.MiniLM>(try PGVector([1, 2, 3]))
    let probes: [LabelledProbe<Movies.MiniLM>] = [
      .vector(vector), .row(7, of: Movies.films), .mean(of: [7, 8], Movies.films),
      .profile(of: 5, Movies.rentals, over: Movies.films, weight: .count),
    ]
    let binds = probes.map {
      Movies.films.nearest(to: $0, by: .cosine, limit: 1).statement.binds
    }
    #expect(
      binds == [
        [SQLBind(vector.vector)], [SQLBind(7)], [SQLBind([7, 8])], [SQLBind(5)],
      ]
    )
  }

  /// The search of the README renders what stands below it there.
  @Test func `the example of the README`() throws {
    enum MiniLM: EncoderLabel { static let name = "minilm" }
    let product = Table("product")
    let price = TypedColumn<Int32>(product, "price")
    let vectors = Embedding<MiniLM>(table: product, key: "id", column: "embedding", dimension: 384)
    let search = vectors.nearest(to: .row(7, of: vectors), by: .cosine, limit: 5).where(price < 20)
    let readme = try String(contentsOfFile: PackageDirectory.path("README.md"), encoding: .utf8)
    #expect(readme.contains("```sql\n\(search.statement.text)\n```"), "\(search.statement.text)")
    for line in [
      "let price = TypedColumn<Int32>(product, \"price\")",
      "let search = vectors.nearest(to: .row(7, of: vectors), by: .cosine, limit: 5).where(price < 20)",
    ] { #expect(readme.contains(line)) }
  }
}
