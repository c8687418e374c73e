import Foundation
import PQClient
import TestSupport
import Testing
import VectorSQL

@Suite("The command line: top, and what dbtool.json says of tables", .timeLimit(.minutes(30)))
struct CommandLineTopTests {
  private struct Found: Decodable {
    struct Row: Decodable {
      var rank: Int, id: String, title: String, score: Double?, mean: Double?, subjects: Int
    }
    var by: String, source: String, newest: String?
    var requested: Int, returned: Int, complete: Bool, why: String?
    var rows: [Row]
  }

  private static let reviews = "shop.reviews(who, what, stars, at)"

  private func find(_ database: TestDatabase, _ arguments: [String]) async throws -> Found {
    let outcome = try await database.dbtool(["top", "--format", "json"] + arguments)
    try #require(outcome.status == 0, "\(outcome)")
    return try JSONDecoder().decode(Found.self, from: Data(outcome.stdout.utf8))
  }

  @Test(.temporaryDatabase) func `best rated is the Bayesian mean, by plain SQL`() async throws {
    let database = try await Shop.make()
    let found = try await find(
      database,
      [
        "--table", Shop.items, "--interactions", Self.reviews, "--by", "rating", "--limit", "40",
        "--where", "price < 30",
      ]
    )
    var db = try database.connect()
    let expected = try db.query(
      """
      SELECT what::text AS id, count(*) AS n, avg(stars) AS mean,
             (mean.c * mean.m + sum(stars)) / (mean.c + count(*)) AS score
      FROM shop.reviews,
           (SELECT avg(stars) AS m, count(what)::float8 / count(DISTINCT what) AS c
            FROM shop.reviews WHERE what IS NOT NULL) AS mean
      WHERE what IN (SELECT id FROM shop."Product Items" WHERE price < 30)
      GROUP BY what, mean.m, mean.c
      ORDER BY score DESC, what
      """
    )
    #expect(found.by == "rating" && found.source == "shop.reviews.stars")
    #expect(try found.rows.map(\.id) == expected.map { try $0["id"] } && found.rows.count >= 29)
    for (row, other) in zip(found.rows, expected) {
      let (score, mean, count): (Double, Double, Int) = (
        try other["score"], try other["mean"], try other["n"]
      )
      #expect(abs((row.score ?? 0) - score) < 0.05 && abs((row.mean ?? 0) - mean) < 1e-9)
      #expect(row.subjects == count)
    }
    // One happy customer makes no winner.
    let all = try await find(
      database,
      ["--table", Shop.items, "--interactions", Self.reviews, "--limit", "41"]
    )
    #expect(all.rows.first { $0.id == Shop.key(39) }?.mean == 5 && all.rows[0].id != Shop.key(39))
    #expect(!all.complete && all.why?.contains("no more rows") == true)
  }

  @Test(.temporaryDatabase) func `most used counts subjects, back from the newest event`()
    async throws
  {
    let database = try await Shop.make()
    let relation = ["--table", Shop.items, "--interactions", "shop.buys(who, what, at)"]
    let lately = try await find(database, relation + ["--since", "5d", "--limit", "9"])
    #expect(lately.by == "use" && lately.newest?.hasPrefix("2025-01-30") == true)
    #expect(
      lately.rows.map(\.id) == (24...29).map(Shop.key)
        && lately.rows.allSatisfy { $0.subjects == 1 }
    )
    var db = try database.connect()
    try db.execute(
      "INSERT INTO shop.buys SELECT who, \(Shop.key(3))::uuid, 1, NULL FROM generate_series(7, 9) AS who"
    )
    let ever = try await find(database, relation + ["--limit", "1"])
    #expect(ever.rows[0].id == Shop.key(3) && ever.rows[0].subjects == 4)
    let text = try await database.dbtool(["top"] + relation + ["--since", "1w", "--limit", "2"])
    #expect(
      text.stdout.contains("most used in shop.buys, in the 7 days before 2025-01-30"),
      "\(text)"
    )
  }

  @Test(.temporaryDatabase) func `what cannot be ranked`() async throws {
    let database = try await Shop.make()
    func top(_ arguments: String...) async throws -> DBToolProcess.Outcome {
      try await database.dbtool(["top"] + arguments)
    }
    expectRefusal(
      try await top("--table", "chunk"),
      64,
      says: "nobody said who used",
      "film, movie"
    )
    expectRefusal(
      try await top(
        "--table",
        Shop.items,
        "--interactions",
        "shop.buys(who, what)",
        "--since",
        "3d"
      ),
      64,
      says: "names no time"
    )
    expectRefusal(
      try await top(
        "--table",
        Shop.items,
        "--interactions",
        "shop.buys(who, what)",
        "--by",
        "rating"
      ),
      64,
      says: "names no number"
    )
    expectRefusal(try await top("--table", "x", "--since", "soon"), 64, says: "--since")
    expectRefusal(try await top("--table", "x", "--limit", "0"), 64, says: "--limit 0")
    expectRefusal(
      try await top("--table", "chunk", "--interactions", "nowhere(a, b)"),
      66,
      says: "nowhere"
    )
  }

  // MARK: dbtool.json

  private func project(_ text: String) throws -> ScratchFolder {
    let folder = try ScratchFolder()
    try folder.write("dbtool.json", text)
    return folder
  }

  @Test(.temporaryDatabase) func `a project says who used what, and what rows are called`()
    async throws
  {
    let database = try await Shop.make()
    let folder = try project(
      """
      {"tables": {
        "shop.Product Items": {"interactions": "shop.buys(who, what, times, at)", "label": "kinds"}
      }}
      """
    )
    func run(_ arguments: String...) async throws -> DBToolProcess.Outcome {
      try await DBToolProcess.run(
        arguments,
        environment: ["DATABASE_URL": database.url],
        directory: folder.path
      )
    }
    let top = try await run("top")
    #expect(top.status == 0 && top.stdout.contains("odd 0, all"), "\(top)")
    let recommended = try await run(
      "recommend",
      "--for",
      "1",
      "--table",
      Shop.items,
      "--limit",
      "2"
    )
    let spelled = try await run(
      "recommend",
      "--for",
      "1",
      "--table",
      Shop.items,
      "--limit",
      "2",
      "--interactions",
      "shop.buys(who, what, times, at)"
    )
    #expect(recommended.status == 0 && recommended.stdout == spelled.stdout, "\(recommended)")
    let unnamed = try await run("recommend", "--for", "1", "--limit", "2")
    #expect(unnamed.stdout == recommended.stdout, "\(unnamed)")
    let why = try await run("why", Shop.key(25), "--for", "1")
    #expect(why.status == 0 && why.stdout.contains("odd"), "\(why)")
    let unseen = try await run(
      "similar",
      Shop.key(5),
      "--table",
      Shop.items,
      "--exclude-seen",
      "--for",
      "1"
    )
    #expect(unseen.status == 0, "\(unseen)")
    expectRefusal(try await run("top", "--table", "chunk"), 64, says: "shop.Product Items")
  }

  @Test(.temporaryDatabase) func `mistakes in dbtool.json are named`() async throws {
    let database = try await Shop.make()
    for (text, status, words) in [
      (#"{"tables": {"chunk": {"interaction": "a(b, c)"}}}"#, 65, "\"interaction\""),
      (#"{"tables": {"chunk": {"label": 3}}}"#, 65, "not a JSON object"),
      (#"{"tables": {"chunk": {"label": "nosuch"}}}"#, 78, "\"nosuch\""),
    ] {
      let folder = try project(text)
      let outcome = try await DBToolProcess.run(
        ["search", "chunk", "--label-only", "--table", "chunk"],
        environment: ["DATABASE_URL": database.url],
        directory: folder.path
      )
      expectRefusal(outcome, Int32(status), says: words)
    }
  }
}
