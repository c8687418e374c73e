import Foundation
import PQClient
import TestSupport
import Testing
import VectorSQL

/// Every command that finds rows, on the real data, against arithmetic on the same vectors.
@Suite("The command line: neighbours on real data", .realData)
struct CommandLineRealNeighborsTests {
  /// The real tables with lexical vectors.
  private func load() async throws -> (TestDatabase, films: RealCatalogue, shows: RealCatalogue) {
    let database = try TestDatabase.current
    try await database.importRealMovies()
    try await database.succeed("embed", "--encoder", "lexical")
    var db = try database.connect()
    return (
      database, try RealCatalogue("film", key: "film_id", &db),
      try RealCatalogue("netflix_shows", key: "show_id", &db)
    )
  }

  private let shows = ["--table", "netflix_shows", "--encoder", "lexical", "--exact"]
  private let films = ["--table", "film", "--encoder", "lexical", "--exact"]

  @Test(.temporaryDatabase) func `similar`() async throws {
    let (database, _, catalogue) = try await load()
    for id in ["s10", "s2047", "s8807"] {
      let item = try #require(catalogue[id])
      for metric in DistanceMetric.allCases {
        let found = try await FoundRows(
          database,
          ["similar", id, "--metric", metric.rawValue, "--limit", "10"] + shows
        )
        #expect(found.exact == true)
        let all = catalogue.nearest(to: item.vector, by: metric) { $0.id != id }
        found.expect(Array(all.prefix(10)), "\(id) by \(metric)")
      }
      let recent = catalogue.nearest(to: item.vector) { $0.id != id && ($0.year ?? 0) >= 2020 }
      try await FoundRows(database, ["similar", id, "--where", "release_year >= 2020"] + shows)
        .expect(Array(recent.prefix(5)), "\(id) with a condition")
      let all = catalogue.nearest(to: item.vector) { $0.id != id }
      let threshold = (all[6].distance + all[7].distance) / 2
      try await FoundRows(
        database,
        ["similar", id, "--within", "\(threshold)", "--limit", "20"] + shows
      )
      .expect(Array(all.prefix(7)), "\(id) within a distance")
      let diverse = RealCatalogue.diverse(Array(all.prefix(50)), strength: 0.4, count: 6)
      let found = try await FoundRows(
        database,
        ["similar", id, "--diversity", "0.4", "--limit", "6"] + shows
      )
      #expect(found.rows.map(\.id) == diverse.map(\.item.id), "\(id) by MMR")
    }
  }

  @Test(.temporaryDatabase) func `recommend`() async throws {
    let (database, catalogue, _) = try await load()
    var db = try database.connect()
    for customer in [5, 148, 318] {
      let rows = try db.query(
        """
        SELECT film_id::text AS id, times::int AS times,
               extract(epoch FROM max(last_rented) OVER () - last_rented)::float8 / 86400 AS age
        FROM customer_film WHERE customer_id = \(customer)
        """
      )
      var weights: [String: [String: Double]] = ["equal": [:], "count": [:], "recency": [:]]
      for row in rows {
        let (id, times, age): (String, Int, Double) = (
          try row["id"], try row["times"], try row["age"]
        )
        weights["equal"]?[id] = 1
        weights["count"]?[id] = Double(times)
        weights["recency"]?[id] = pow(0.5, age / 90)
      }
      for (weight, used) in weights {
        let all = catalogue.nearest(to: catalogue.mean(used)) { used[$0.id] == nil }
        try await FoundRows(
          database,
          ["recommend", "--for", "\(customer)", "--weight", weight, "--limit", "8"] + films
        )
        .expect(Array(all.prefix(8)), "customer \(customer) by \(weight)")
      }
      let profile = catalogue.mean(weights["equal"] ?? [:])
      try await FoundRows(
        database,
        ["recommend", "--for", "\(customer)", "--include-seen"] + films
      )
      .expect(Array(catalogue.nearest(to: profile).prefix(5)), "customer \(customer), seen or not")
    }
    let like = ["7", "70", "700"]
    let mean = catalogue.mean(Dictionary(uniqueKeysWithValues: like.map { ($0, 1) }))
    try await FoundRows(database, ["recommend", "--like", like.joined(separator: ",")] + films)
      .expect(Array(catalogue.nearest(to: mean) { !like.contains($0.id) }.prefix(5)), "like three")
  }

  @Test(.temporaryDatabase) func `why`() async throws {
    let (database, films, shows) = try await load()
    var db = try database.connect()
    let used = try db.query("SELECT film_id::text AS id FROM customer_film WHERE customer_id = 5")
      .map { try $0["id"] as String }.compactMap { films[$0] }
    let show = try #require(shows["s10"])
    let products = used.map { -RealCatalogue.distance($0.vector, show.vector, .innerProduct) }
    let total = products.reduce(0, +)
    let expected = zip(used, products).sorted { $0.1 > $1.1 }
    let found = try await FoundRows(
      database,
      [
        "why", "s10", "--for", "5", "--table", "netflix_shows", "--items", "film", "--encoder",
        "lexical", "--limit", "50",
      ]
    )
    #expect(found.rows.count == used.count && used.count > 20)
    #expect(abs(found.rows.compactMap(\.share).reduce(0, +) - 1) < 1e-9)
    for (row, (film, product)) in zip(found.rows, expected) {
      #expect(abs((row.share ?? 0) - product / total) < 1e-6)
      let distance = RealCatalogue.distance(film.vector, show.vector, .cosine)
      if product > 0 { #expect(row.id == film.id && abs(row.distance - distance) < 1e-5) }
    }
  }

  @Test(.temporaryDatabase) func `search`() async throws {
    let (database, _, catalogue) = try await load()
    var db = try database.connect()
    for text in ["a chef opens a restaurant", "ghost in an old house"] {
      let vector: PGVector = try db.query("SELECT dbtool.lexical_embed(\(text))").scalar()
      let all = catalogue.nearest(to: vector.elements.map(Double.init))
      try await FoundRows(database, ["search", text] + shows).expect(Array(all.prefix(5)), text)

      // Reciprocal rank fusion of fifty rows by meaning and fifty by words.
      let words = try db.query(
        """
        SELECT show_id
        FROM netflix_shows, websearch_to_tsquery('english', \(text)) AS query,
             to_tsvector('english', concat_ws(' ', type, title, director, "cast", country, date_added, rating,
                                              duration, listed_in, description)) AS document
        WHERE document @@ query
        ORDER BY ts_rank_cd(document, query) DESC, show_id LIMIT 50
        """
      ).map { try $0[0] as String }
      var scores: [String: Double] = [:]
      for (place, near) in all.prefix(50).enumerated() {
        scores[near.item.id, default: 0] += 1 / Double(61 + place)
      }
      for (place, id) in words.enumerated() { scores[id, default: 0] += 1 / Double(61 + place) }
      let found = try await FoundRows(database, ["search", text, "--hybrid"] + shows)
      #expect(found.rows.count == 5 && !words.isEmpty)
      let best = scores.values.sorted(by: >).prefix(5)
      for (row, score) in zip(found.rows, best) {
        #expect(
          abs((row.score ?? 0) - score) < 1e-12 && abs((scores[row.id] ?? 0) - score) < 1e-12,
          "\(row)"
        )
      }
    }
    let labels = try await database.succeed(
      "search",
      "monster",
      "--label-only",
      "--table",
      "netflix_shows",
      "--limit",
      "200",
      "--format",
      "json"
    )
    let holding = catalogue.items.count { $0.title.lowercased().contains("monster") }
    #expect(labels.components(separatedBy: "\"match\": \"full text\"").count == 1)
    #expect(labels.components(separatedBy: "\"match\": ").count - 1 == holding && holding > 20)
  }

  @Test(.temporaryDatabase) func `top`() async throws {
    let (database, _, _) = try await load()
    struct Top: Decodable {
      struct Row: Decodable { let id: Int, subjects: Int }
      let rows: [Row]
    }
    let text = try await database.succeed(
      "top",
      "--table",
      "film",
      "--limit",
      "20",
      "--format",
      "json"
    )
    let top = try JSONDecoder().decode(Top.self, from: Data(text.utf8)).rows
    var db = try database.connect()
    let expected = try db.query(
      """
      SELECT film_id, count(DISTINCT customer_id) AS customers
      FROM rental JOIN inventory USING (inventory_id)
      GROUP BY film_id ORDER BY customers DESC, film_id LIMIT 20
      """
    )
    #expect(try top.map(\.id) == expected.map { try $0["film_id"] as Int })
    #expect(try top.map(\.subjects) == expected.map { try $0["customers"] as Int })
  }

  @Test(.temporaryDatabase) func `an index finds nearly all of it`() async throws {
    let (database, _, catalogue) = try await load()
    try await database.succeed(
      "index",
      "use",
      "hnsw",
      "--table",
      "netflix_shows",
      "--encoder",
      "lexical"
    )
    // The planner may find comparing all rows cheaper, and there would be nothing to measure.
    let url = try database.url(options: "-c enable_seqscan=off")
    var (found, asked) = (0, 0)
    for place in stride(from: 1, through: 8801, by: 275) {
      let item = catalogue.items[place]
      let exact = catalogue.nearest(to: item.vector) { $0.id != item.id }.prefix(10)
      let served = try await FoundRows(
        database,
        ["similar", item.id, "--table", "netflix_shows", "--encoder", "lexical", "--limit", "10"],
        url: url
      )
      #expect(served.index == "netflix_shows_embedding_lexical_hnsw_cosine")
      // Rows as near as the tenth are as good as it.
      let last = (exact.last?.distance ?? 0) + 1e-6
      found += served.rows.count { $0.distance <= last }
      asked += 10
    }
    let recall = Double(found) / Double(asked)
    let line = "recall@10 of HNSW, similar on 8,807 shows, \(asked / 10) rows, lexical: \(recall)\n"
    FileHandle.standardError.write(Data(line.utf8))
    #expect(recall >= 0.9)
  }
}
