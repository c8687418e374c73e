import Foundation
import PQClient
import TestSupport
import Testing
import VectorSQL

@Suite("The main statement on the server", .temporaryVectorDatabase)
struct MainStatementTests {
  private static let dimension = 8
  private static let films = column(of: "film", key: "film_id")
  private static let shows = column(of: "netflix_shows", key: "show_id")

  private static func column(of table: String, key: String) -> EmbeddingColumn {
    EmbeddingColumn(
      table: Table(table),
      key: key,
      column: "embedding_minilm",
      encoder: "minilm",
      dimension: dimension
    )
  }

  private static let rentals = Interactions(
    Table("customer_film"),
    subject: "customer_id",
    item: "film_id",
    weight: "times",
    time: "last_rented"
  )
  private static let recency = ProfileWeight.recency(halfLifeDays: 1)

  private struct Rental {
    let film: Int
    let times: Int?
    let daysAgo: Int
  }

  private let rentals = [
    Rental(film: 1, times: 3, daysAgo: 0), Rental(film: 2, times: 1, daysAgo: 2),
    Rental(film: 3, times: nil, daysAgo: 1), Rental(film: 4, times: 0, daysAgo: 5),
    Rental(film: 5, times: 1, daysAgo: 4000),
  ]

  private struct Catalogue {
    let films: [[Float]]
    let shows: [[Float]]
  }

  /// Tables as those of the movies, with 200 shows, 50 films, and one customer.
  private func prepare() throws -> Catalogue {
    var db = try TestDatabase.current.connect()
    try db.executeScript(
      """
      CREATE TABLE film (film_id int PRIMARY KEY, title text, embedding_minilm vector(8));
      CREATE TABLE netflix_shows (
        show_id int PRIMARY KEY, title text, description text, embedding_minilm vector(8)
      );
      CREATE TABLE customer_film (
        customer_id int, film_id int, times int, last_rented timestamp
      )
      """
    )
    var generator = SeededGenerator(seed: 11)
    let films = (0..<50).map { _ in generator.unitVector(dimension: Self.dimension) }
    let shows = (0..<200).map { _ in generator.unitVector(dimension: Self.dimension) }
    for (id, film) in films.enumerated() {
      try db.execute("INSERT INTO film VALUES (\(id), \("film \(id)"), \(try PGVector(film)))")
    }
    for (id, show) in shows.enumerated() {
      try db.execute(
        "INSERT INTO netflix_shows VALUES (\(id), \("show \(id)"), 'd', \(try PGVector(show)))"
      )
    }
    for rental in rentals {
      try db.execute(
        """
        INSERT INTO customer_film
        VALUES (5, \(rental.film), \(rental.times), '2006-02-14'::date - \(Int32(rental.daysAgo)))
        """
      )
    }
    return Catalogue(films: films, shows: shows)
  }

  private func statement(
    for customer: Int = 5,
    _ weight: ProfileWeight = .equal,
    metric: DistanceMetric = .cosine,
    mode: SearchMode = .exact
  ) throws -> SQLStatement {
    let profile = Profile(
      of: SQLBind(customer),
      interactions: Self.rentals,
      items: Self.films,
      weight: weight
    )
    return try NearestNeighbors(Self.shows, to: .profile(profile), by: metric, limit: 5)
      .selecting(Self.shows.table.column("title"))
      .because(.init(label: Self.films.table.column("title"), count: 2))
      .mode(mode)
      .statement
  }

  private func mean(_ films: [[Float]], _ weight: (Rental) -> Double) -> [Float] {
    (0..<Self.dimension).map { index in
      Float(rentals.reduce(0) { $0 + weight($1) * Double(films[$1.film][index]) })
    }
  }

  private func cosine(_ a: [Float], _ b: [Float]) -> Double {
    func dot(_ a: [Float], _ b: [Float]) -> Double {
      zip(a, b).reduce(0) { $0 + Double($1.0) * Double($1.1) }
    }
    return 1 - dot(a, b) / (dot(a, a) * dot(b, b)).squareRoot()
  }

  @Test(
    arguments: [
      (ProfileWeight.equal, [1, 1, 1, 1, 1]), (.count, [3, 1, 0, 0, 1]),
      (recency, [1, 0.25, 0.5, 1.0 / 32, 0]),
    ] as [(ProfileWeight, [Double])]
  )
  func `finds the shows nearest to the mean`(weight: ProfileWeight, weights: [Double]) throws {
    let catalogue = try prepare()
    let (films, shows) = (catalogue.films, catalogue.shows)
    var db = try TestDatabase.current.connect()
    let weightOfFilm = Dictionary(uniqueKeysWithValues: zip(rentals.map(\.film), weights))
    let profile = mean(films) { weightOfFilm[$0.film] ?? 0 }
    let expected = shows.indices.map { (id: $0, distance: cosine(shows[$0], profile)) }
      .sorted { $0.distance < $1.distance }.prefix(5)

    let rows = try db.run(try statement(weight))
    #expect(rows.columns == ["show_id", "title", "distance", "because"])
    #expect(try rows.map { try $0.decode("show_id", as: Int.self) } == expected.map(\.id))
    for (row, show) in zip(rows, expected) {
      #expect(abs(try row.decode("distance", as: Double.self) - show.distance) < 1e-4)
      let because: [[String: JSONValue]] = try reasons(row)
      let nearest = rentals.map {
        (film: $0.film, distance: cosine(films[$0.film], shows[show.id]))
      }
      .sorted { $0.distance < $1.distance }.prefix(2)
      #expect(because.map { $0["id"] } == nearest.map { .number(Double($0.film)) })
      #expect(because.map { $0["title"] } == nearest.map { .text("film \($0.film)") })
    }
  }

  private enum JSONValue: Decodable, Equatable {
    case number(Double)
    case text(String)

    init(from decoder: any Decoder) throws {
      let container = try decoder.singleValueContainer()
      if let number = try? container.decode(Double.self) {
        self = .number(number)
      } else {
        self = .text(try container.decode(String.self))
      }
    }
  }

  private func reasons(_ row: PQRow) throws -> [[String: JSONValue]] {
    let json: String = try row["because"]
    return try JSONDecoder().decode([[String: JSONValue]].self, from: Data(json.utf8))
  }

  @Test(arguments: [ProfileWeight.equal, .count, recency])
  func `a profile of nothing finds nothing`(weight: ProfileWeight) throws {
    _ = try prepare()
    var db = try TestDatabase.current.connect()
    for metric in DistanceMetric.allCases {
      #expect(try db.run(try statement(for: 6, weight, metric: metric)).isEmpty)
      #expect(try db.run(try statement(weight, metric: metric)).count == 5)
    }
    try db.execute("UPDATE film SET embedding_minilm = array_fill(0, ARRAY[8])::vector")
    #expect(try db.run(try statement(weight)).isEmpty)
    try db.execute("UPDATE film SET embedding_minilm = NULL")
    #expect(try db.run(try statement(weight)).isEmpty)
  }

  @Test func `an index on the films does not hide the reasons`() throws {
    _ = try prepare()
    var db = try TestDatabase.current.connect()
    // The customer's many films point away from every show, thousands of others towards them.
    try db.executeScript(
      """
      UPDATE netflix_shows SET embedding_minilm =
        ARRAY[1, show_id / 1000.0, 0, 0, 0, 0, 0, 0]::vector;
      INSERT INTO film
        SELECT n, 'film ' || n, ARRAY[CASE WHEN n % 3 = 0 THEN 0.1 ELSE 1 END,
          n / 10000.0, CASE WHEN n % 3 = 0 THEN 1 ELSE 0 END, 0, 0, 0, 0, 0]::vector
        FROM generate_series(100, 6000) AS n;
      DELETE FROM customer_film;
      INSERT INTO customer_film SELECT 5, film_id, 1, '2006-02-14' FROM film WHERE film_id % 3 = 0;
      CREATE UNIQUE INDEX ON customer_film (customer_id, film_id);
      CREATE INDEX ON film USING hnsw (embedding_minilm vector_cosine_ops);
      ANALYZE
      """
    )
    let rows = try db.run(try statement(mode: .approximate(efSearchFloor: 40)))
    #expect(rows.count == 5)
    for row in rows {
      let because = try reasons(row)
      #expect(because.count == 2)
    }
  }

  @Test(arguments: [ProfileWeight.equal, .count, recency])
  func `the script for psql gives the same rows`(weight: ProfileWeight) throws {
    _ = try prepare()
    var db = try TestDatabase.current.connect()
    let statement = try statement(weight)
    let direct: [String] = try db.run(statement).map { try $0["title"] }
    let script = try statement.psqlScript()
    let end = try #require(script.range(of: "DEALLOCATE"))
    let rows = try db.executeScript(String(script[..<end.lowerBound]))
    #expect(try rows.map { try $0.decode("title", as: String.self) } == direct)
    #expect(direct.count == 5)
  }
}
