import Foundation
import PQClient
import TestSupport
import Testing
import VectorSQL

/// Commands on tables that nobody registered: names that need quotes, a uuid key, vectors in a side table.
@Suite("The command line: similar and recommend, on any table")
struct CommandLineSimilarTests {
  private struct Found: Decodable {
    struct Row: Decodable { var title: String, distance: Double, similarity: Double }
    var rows: [Row]
    var requested: Int, returned: Int, complete: Bool
    var why: String?
    var exact: Bool
    var sql: String
  }

  private func find(_ database: TestDatabase, _ arguments: String...) async throws -> Found {
    let outcome = try await database.dbtool(arguments + ["--format", "json"])
    #expect(outcome.status == 0, "\(outcome)")
    return try JSONDecoder().decode(Found.self, from: Data(outcome.stdout.utf8))
  }

  @Test(.temporaryDatabase) func `a row is found by key, label or condition`() async throws {
    let database = try await Shop.make()
    for name in [Shop.key(7), "Item 7", "item 7"] {
      let found = try await find(database, "similar", name, "--table", Shop.items, "--limit", "4")
      #expect(Set(found.rows.map(\.title)) == ["Item 5", "Item 6", "Item 8", "Item 9"], "\(name)")
      #expect(found.complete && found.rows[0].distance <= found.rows[3].distance)
    }
    let byCondition = try await database.dbtool([
      "similar", "--table", Shop.items, "--where", "price = 7", "--limit", "1",
    ])
    #expect(byCondition.stdout.contains("Item"), "\(byCondition)")
    expectRefusal(
      try await database.dbtool(["similar", "Item 0", "--table", Shop.items]),
      65,
      says: "may be 2 rows",
      Shop.key(39)
    )
    expectRefusal(
      try await database.dbtool(["similar", "tem 17", "--table", Shop.items]),
      66,
      says: "did you mean \"Item 17\""
    )
    let bare = try await database.dbtool(["similar", "5", "--table", "nosuch"])
    expectRefusal(bare, 66, says: "no table \"nosuch\"", "chunk")
  }

  @Test(.temporaryDatabase) func `conditions, thresholds and diversity`() async throws {
    let database = try await Shop.make()
    let row = ["similar", "Item 7", "--table", Shop.items]
    func titles(_ options: String...) async throws -> [String] {
      let outcome = try await database.dbtool(row + options + ["--format", "json"])
      #expect(outcome.status == 0, "\(outcome)")
      return try JSONDecoder().decode(Found.self, from: Data(outcome.stdout.utf8)).rows.map(\.title)
    }
    #expect(
      try await titles("--limit", "2", "--where", "price >= 20", "--where", "tags has n0")
        == ["Item 20", "Item 22"]
    )
    #expect(try await titles("--limit", "2", "--where", "tags has n0|zzz") == ["Item 6", "Item 8"])
    #expect(
      try await titles("--limit", "1", "--where", "kinds has odd 1", "--where", "price > 10")
        == ["Item 11"]
    )
    // 0.1 radians are a cosine distance of 0.005.
    #expect(
      Set(try await titles("--within", "0.0052")) == ["Item 5", "Item 6", "Item 8", "Item 9"]
    )
    let spread = try await titles("--limit", "3", "--diversity", "0.9")
    #expect(Set(spread).isDisjoint(with: ["Item 9"]) && Set(spread).count == 3)
    #expect(try await titles("--limit", "3", "--diversity", "0").count == 3)
    for (condition, status) in [
      ("nosuch = 1", 66), ("price", 64), ("price = x", 65), ("price has 1", 64), ("= 1", 64),
    ] as [(String, Int32)] {
      let refused = try await database.dbtool(row + ["--where", condition])
      #expect(refused.status == status && refused.stdout.isEmpty, "\(condition): \(refused)")
    }
    for option in [["--diversity", "1.1"], ["--within", "nan"], ["--limit", "0"]] {
      expectRefusal(try await database.dbtool(row + option), 64)
    }
    let few = try await find(
      database,
      "similar",
      "Item 7",
      "--table",
      Shop.items,
      "--where",
      "price < 3"
    )
    #expect(few.returned == 3 && !few.complete && few.exact)
    #expect(few.why?.contains("only 3 rows have a vector where the filter holds") == true)
  }

  @Test(.temporaryDatabase) func `vectors in a side table are those of its rows`() async throws {
    let database = try await Shop.make()
    let found = try await find(database, "similar", "chunk 5", "--table", "chunk", "--limit", "2")
    #expect(Set(found.rows.map(\.title)) == ["chunk 4", "chunk 6"])
    let later = try await find(
      database,
      "similar",
      "5",
      "--table",
      "chunk",
      "--where",
      "page > 20",
      "--limit",
      "1"
    )
    #expect(later.rows.map(\.title) == ["chunk 21"])
  }

  @Test(.temporaryDatabase) func `recommends what is near to what was bought, and not bought yet`()
    async throws
  {
    let database = try await Shop.make()
    let relation = "shop.buys(who, what, times, at)"
    let found = try await find(
      database,
      "recommend",
      "--for",
      "1",
      "--table",
      Shop.items,
      "--interactions",
      relation,
      "--limit",
      "2"
    )
    // The mean of 10 to 19 lies at 14.5; 9 and 20 are the nearest of the others.
    #expect(Set(found.rows.map(\.title)) == ["Item 9", "Item 20"])
    let seen = try await find(
      database,
      "recommend",
      "--for",
      "1",
      "--table",
      Shop.items,
      "--interactions",
      relation,
      "--include-seen",
      "--weight",
      "recency",
      "--limit",
      "2"
    )
    #expect(Set(seen.rows.map(\.title)) == ["Item 14", "Item 15"])
    let like = try await find(
      database,
      "recommend",
      "--like",
      "Item 3, Item 5",
      "--table",
      Shop.items,
      "--limit",
      "1"
    )
    #expect(like.rows.map(\.title) == ["Item 4"])
    let nobody = try await find(
      database,
      "recommend",
      "--for",
      "77",
      "--table",
      Shop.items,
      "--interactions",
      relation
    )
    #expect(nobody.returned == 0 && nobody.why == "no profile: who 77 has no items in shop.buys")
    let unseen = try await find(
      database,
      "similar",
      "Item 14",
      "--table",
      Shop.items,
      "--exclude-seen",
      "--for",
      "1",
      "--interactions",
      relation,
      "--limit",
      "1"
    )
    #expect(["Item 9", "Item 20"].contains(unseen.rows[0].title))
    for (arguments, status) in [
      (["--for", "x", "--interactions", relation], 64),
      (["--for", "1", "--interactions", "shop.buys(who)"], 64),
      (["--for", "1", "--interactions", "shop.buys(who, nosuch)"], 66),
      (["--for", "1", "--interactions", "nosuch(who, what)"], 66),
      (["--for", "1", "--interactions", "shop.buys(who, what)", "--weight", "recency"], 64),
      (["--for", "1"], 64), (["--like", "Item 3,nosuch"], 66),
    ] as [([String], Int32)] {
      let refused = try await database.dbtool(["recommend", "--table", Shop.items] + arguments)
      #expect(refused.status == status && refused.stdout.isEmpty, "\(arguments): \(refused)")
    }
  }

  @Test(.temporaryDatabase) func `the script of --show-sql gives the same rows`() async throws {
    let database = try await Shop.make()
    let arguments = [
      "similar", "Item 7", "--table", Shop.items, "--where", "tags has n0", "--diversity", "0.2",
      "--within", "1", "--limit", "3",
    ]
    let direct = try await database.dbtool(arguments + ["--format", "json"])
    let rows = try JSONDecoder().decode(Found.self, from: Data(direct.stdout.utf8)).rows
    let script = try await database.dbtool(arguments + ["--show-sql"])
    #expect(script.stdout.hasPrefix("-- the filter leaves about"))
    let printed = try await database.psql(script.stdout)
    for row in rows { #expect(printed.contains(row.title), "\(printed)") }
    #expect(rows.count == 3)
  }

  private struct Why: Decodable {
    struct Row: Decodable { var title: String, share: Double, used: Double, words: [String] }
    var rows: [Row]
    var title: String
  }

  @Test(.temporaryDatabase) func `why tells each item's share, and what it has in common`()
    async throws
  {
    let database = try await Shop.make()
    let arguments = [
      "why", "Item 9", "--for", "1", "--table", Shop.items, "--interactions",
      "shop.buys(who, what, times)", "--limit", "20",
    ]
    let outcome = try await database.dbtool(arguments + ["--format", "json"])
    #expect(outcome.status == 0, "\(outcome)")
    let why = try JSONDecoder().decode(Why.self, from: Data(outcome.stdout.utf8))
    #expect(why.rows.count == 10 && abs(why.rows.reduce(0) { $0 + $1.share } - 1) < 1e-6)
    // Vectors of one length: the nearest counts most.
    #expect(why.rows.map(\.title) == (10...19).map { "Item \($0)" })
    // cos((n - 9) / 20) over their sum, as the vectors lie on a circle.
    let total = (10...19).reduce(0.0) { $0 + cos(Double($1 - 9) / 20) }
    #expect(abs(why.rows[0].share - cos(1.0 / 20) / total) < 1e-5)
    #expect(why.rows[0].used == 2 && why.rows[0].words.contains("item"))
    let table = try await database.dbtool(arguments)
    #expect(table.stdout.contains("words in common") && table.stdout.contains("Item 9 in shop"))
    let nobody = try await database.dbtool(
      arguments.map { $0 == "1" ? "77" : $0 }
    )
    #expect(nobody.status == 0 && nobody.stdout.contains("used nothing"), "\(nobody)")
  }
}
