import Foundation
import PQClient
import TestSupport
import Testing
import VectorSQL

/// What nobody should type, and what no table should be: a clear answer, and nothing lost.
@Suite("The command line: bad input to the commands on any table", .timeLimit(.minutes(30)))
struct CommandLineBadInputTests {
  // MARK: Arguments

  static let texts = [
    "'; DROP TABLE chunk; --", "\" OR 1 = 1 --", "$1", "%s %_", "\\", "\\x41", "/* */ --",
    "a\u{0301}\u{202E}b",
    "שלום עולם", "مرحبا", "👩‍👩‍👧", "\u{1}\u{7F}\u{9B}31m", "\u{1B}]0;x\u{7}", "NULL", "-1", "--",
    "1e999", "0x10", " ",
    String(repeating: "x", count: 100_000), String(repeating: "'\"", count: 50_000), "{a,b}",
    "(1,2)", "日本語\n改行",
  ]

  @Test(.temporaryDatabase) func `whatever a text holds, it is only a text`() async throws {
    let database = try await Shop.make()
    var db = try database.connect()
    let before: String = try db.query(
      "SELECT md5(string_agg(c::text, '' ORDER BY id)) FROM chunk AS c"
    ).scalar()
    for text in Self.texts {
      for arguments in [
        ["similar", "--table", "chunk", "--", text],
        ["similar", "1", "--table", "chunk", "--where", "body = \(text)"],
        ["similar", "1", "--table", "chunk", "--where", "body has \(text)"],
        ["similar", "--table", Shop.items, "--", text],
        ["recommend", "--like", text, "--table", Shop.items],
        [
          "recommend", "--for", text, "--table", Shop.items, "--interactions",
          "shop.buys(who, what)",
        ],
        [
          "why", "--table", Shop.items, "--for", "1", "--interactions", "shop.buys(who, what)",
          "--", text,
        ],
        ["search", "--label-only", "--table", "chunk", "--", text],
        ["top", "--table", "chunk", "--interactions", "\(text)(a, b)"],
        ["similar", "1", "--table", text], ["similar", "1", "--encoder", text],
        ["similar", "1", "--key", text],
        ["codegen", "--output", "/nosuch", "--table", text],
      ] {
        let outcome = try await database.dbtool(arguments)
        let shown = "\(arguments.map { $0.prefix(60) }): \(outcome.stderr.prefix(400))"
        #expect([0, 64, 65, 66, 78].contains(outcome.status), "\(shown)")
        #expect(outcome.status == 0 || (1...4).contains(outcome.errorLines.count), "\(shown)")
        // Nothing of it reaches the terminal as an order to it.
        let printed = outcome.stdout + outcome.stderr
        #expect(
          !printed.unicodeScalars.contains { $0.value < 32 && $0 != "\n" || $0.value == 0x9B },
          "\(shown)"
        )
      }
    }
    let after: String = try db.query(
      "SELECT md5(string_agg(c::text, '' ORDER BY id)) FROM chunk AS c"
    ).scalar()
    #expect(after == before)
  }

  @Test(.temporaryDatabase) func `numbers out of range are refused before anything is read`()
    async throws
  {
    let database = try TestDatabase.current
    for (option, values) in [
      ("--limit", ["0", "-1", "1001", "9223372036854775808", "five", "1.5", ""]),
      ("--diversity", ["-0.1", "1.1", "nan", "inf", "much"]),
      ("--within", ["nan", "inf", "-inf", "near"]),
      ("--metric", ["hamming", "COSINE", ""]), ("--where", ["", "=", "price", "price ~ 3", "< 3"]),
    ] {
      for value in values {
        let outcome = try await database.dbtool(["similar", "1", "--table", "x", option, value])
        expectRefusal(
          outcome,
          64,
          says: option == "--where" && !value.isEmpty ? "condition" : option
        )
      }
    }
  }

  // MARK: Tables

  private func answer(_ database: TestDatabase, _ arguments: String...) async throws -> Answer {
    let outcome = try await database.dbtool(arguments + ["--format", "json"])
    try #require(outcome.status == 0, "\(outcome)")
    return try JSONDecoder().decode(Answer.self, from: Data(outcome.stdout.utf8))
  }

  private struct Answer: Decodable {
    struct Row: Decodable { var title: String }
    var returned: Int, complete: Bool, why: String?, exact: Bool, index: String?, index_why: String
    var rows: [Row]
  }

  @Test(.temporaryDatabase) func `relations of every kind, and columns of every name`() async throws
  {
    let database = try TestDatabase.current
    var db = try database.connect()
    try db.executeScript(
      """
      CREATE EXTENSION IF NOT EXISTS vector;
      CREATE TABLE "select" (
        "limit" int PRIMARY KEY, "Sim""ilarity" text, "order" vector(2), "distance" int, embedding text, nearest int
      );
      INSERT INTO "select" SELECT n, 'row ' || n, ARRAY[n, 1]::vector, n, 'e', n FROM generate_series(1, 9) AS n;
      CREATE VIEW seen AS SELECT * FROM "select";
      CREATE MATERIALIZED VIEW probe AS SELECT * FROM "select";
      CREATE TABLE part (id int, name text, e vector(2), PRIMARY KEY (id)) PARTITION BY RANGE (id);
      CREATE TABLE part_1 PARTITION OF part FOR VALUES FROM (0) TO (5);
      CREATE TABLE part_2 PARTITION OF part FOR VALUES FROM (5) TO (99);
      INSERT INTO part SELECT n, 'part ' || n, ARRAY[n, 1]::vector FROM generate_series(1, 9) AS n;
      CREATE TABLE pair (a int, b int, e vector(2), PRIMARY KEY (a, b));
      INSERT INTO pair VALUES (1, 1, '[1,1]');
      CREATE TABLE bare (id int, e vector(2));
      INSERT INTO bare VALUES (1, '[1,1]'), (2, '[2,1]');
      """
    )
    for (table, key) in [("\"select\"", nil), ("seen", "limit"), ("probe", "limit"), ("part", nil)]
    {
      let keys = key.map { ["--key", $0] } ?? []
      for extra in [
        [], ["--diversity", "0.2"], ["--within", "0.9"], ["--exact"], ["--metric", "l1"],
      ] {
        let found = try await database.dbtool(
          ["similar", "3", "--table", table, "--limit", "4", "--format", "json"] + keys + extra
        )
        try #require(found.status == 0, "\(table) \(extra): \(found)")
        let rows = try JSONDecoder().decode(Answer.self, from: Data(found.stdout.utf8)).rows
        #expect(rows.count == 4, "\(table) \(extra)")
      }
    }
    let filtered = try await answer(
      database,
      "similar",
      "3",
      "--table",
      "select",
      "--where",
      "\"Sim\"\"ilarity\" = row 5",
      "--limit",
      "1"
    )
    #expect(filtered.rows.map(\.title) == ["row 5"])
    expectRefusal(
      try await database.dbtool("similar", "1", "--table", "seen"),
      64,
      says: "no primary key",
      "--key"
    )
    expectRefusal(
      try await database.dbtool("similar", "1", "--table", "bare"),
      64,
      says: "no primary key"
    )
    expectRefusal(
      try await database.dbtool("similar", "1", "--table", "pair"),
      64,
      says: "several columns",
      "a, b"
    )
  }

  @Test(.temporaryDatabase) func `vectors that are zero, missing, few, or of no use to an index`()
    async throws
  {
    let database = try TestDatabase.current
    var db = try database.connect()
    try db.executeScript(
      """
      CREATE EXTENSION IF NOT EXISTS vector;
      CREATE TABLE item (id int PRIMARY KEY, name text, e vector(2));
      INSERT INTO item SELECT n, 'item ' || n, ARRAY[n, 1]::vector FROM generate_series(1, 3) AS n;
      INSERT INTO item SELECT n, 'item ' || n FROM generate_series(4, 98) AS n;
      INSERT INTO item VALUES (99, 'zero', '[0,0]'), (100, 'near zero', '[1e-20,0]');
      CREATE INDEX item_l2 ON item USING hnsw (e vector_l2_ops);
      CREATE TABLE uses (who int, what int);
      INSERT INTO uses VALUES (1, 1), (1, 2), (1, 3), (1, 99), (1, 100), (2, 4), (3, 99);
      """
    )
    let table = ["--table", "item"]
    // 5 of 100 rows have a vector, and one of those has no direction.
    let few = try await database.dbtool(["similar", "1", "--format", "json"] + table)
    #expect(few.stderr.contains("only 5.0 % of item has a vector"), "\(few)")
    let found = try JSONDecoder().decode(Answer.self, from: Data(few.stdout.utf8))
    #expect(found.returned == 3 && !found.complete && found.why?.isEmpty == false)
    #expect(found.exact && found.index == nil)
    #expect(
      found.index_why.contains("serves another metric") || found.index_why.contains("cheaper"),
      "\(found)"
    )
    let none = try await answer(database, "similar", "4", "--table", "item")
    #expect(none.returned == 0 && none.why?.contains("has no vector") == true)
    let zero = try await answer(database, "similar", "zero", "--table", "item")
    #expect(zero.returned == 0 && zero.why?.contains("is zero") == true)
    let seen = try await answer(
      database,
      "recommend",
      "--for",
      "1",
      "--table",
      "item",
      "--interactions",
      "uses(who, what)"
    )
    #expect(seen.returned == 0 && seen.why?.contains("not seen yet") == true, "\(seen)")
    for (subject, words) in [
      ("2", "none of the 1 items"), ("3", "cancel out"), ("4", "has no items in uses"),
    ] {
      let answer = try await answer(
        database,
        "recommend",
        "--for",
        subject,
        "--table",
        "item",
        "--interactions",
        "uses(who, what)"
      )
      #expect(answer.returned == 0 && answer.why?.contains(words) == true, "\(answer)")
    }
    let all = try await answer(
      database,
      "similar",
      "1",
      "--table",
      "item",
      "--metric",
      "l2",
      "--limit",
      "1000"
    )
    #expect(all.returned == 4 && all.why?.contains("only") == true)
  }

  // MARK: Keys, items and times

  private static let ledger = """
    CREATE EXTENSION IF NOT EXISTS vector;
    CREATE TABLE ledger (id numeric(9, 2) PRIMARY KEY, day date UNIQUE, part int, title text, e vector(2));
    INSERT INTO ledger
    SELECT n + 0.5, date '2026-01-01' + n, n % 2, 'row ' || n, ARRAY[n, 1]::vector FROM generate_series(1, 8) AS n;
    CREATE TABLE uses (who text, what numeric, code text, number int, at timestamptz, clock time);
    INSERT INTO uses VALUES
      ('a', 1.5, 'x', 2, '2026-01-01', '10:00'), ('a', 2.5, 'y', 4, 'infinity', '11:00'),
      ('b', NULL, 'z', 1, NULL, NULL), ('c', 3.5, 'z', -1, '2026-01-01', NULL);
    CREATE TABLE encoders (id int PRIMARY KEY);
    CREATE TABLE types (id int PRIMARY KEY);
    """

  @Test(.temporaryDatabase) func `keys that are numbers or dates, and those that are no keys`()
    async throws
  {
    let database = try TestDatabase.current
    var db = try database.connect()
    try db.executeScript(Self.ledger)
    let byNumber = try await answer(database, "similar", "3.5", "--table", "ledger", "--limit", "2")
    let byDate = try await answer(
      database,
      "similar",
      "2026-01-04",
      "--table",
      "ledger",
      "--key",
      "day",
      "--limit",
      "2"
    )
    #expect(
      byNumber.rows.map(\.title) == ["row 4", "row 5"]
        && byDate.rows.map(\.title) == ["row 4", "row 5"]
    )
    expectRefusal(
      try await database.dbtool("similar", "1", "--table", "ledger", "--key", "part"),
      65,
      says: "ledger",
      "part tells no rows apart"
    )
    for command in [
      ["recommend", "--for", "a"], ["top"], ["similar", "3.5", "--exclude-seen", "--for", "a"],
    ] {
      expectRefusal(
        try await database.dbtool(
          command + ["--table", "ledger", "--interactions", "uses(who, code)"]
        ),
        64,
        says: "\"code\" of uses is text",
        "is numeric"
      )
    }
    expectRefusal(
      try await database.dbtool(
        "top",
        "--table",
        "ledger",
        "--interactions",
        "uses(who, what, clock)"
      ),
      64,
      says: "neither a number nor a time"
    )
  }

  @Test(.temporaryDatabase) func `times without end, and reasons that are true`() async throws {
    let database = try TestDatabase.current
    var db = try database.connect()
    try db.executeScript(Self.ledger)
    let relation = ["--table", "ledger", "--interactions", "uses(who, what, number, at)"]
    let lately = try await database.dbtool(
      ["recommend", "--for", "a", "--weight", "recency"] + relation
    )
    #expect(lately.status == 0 && lately.stdout.contains("row 2"), "\(lately)")
    let top = try await database.dbtool(["top", "--since", "3d"] + relation)
    #expect(top.stdout.contains("in the 3 days before 2026-01-01"), "\(top)")
    for (subject, weight, words) in [
      ("b", "equal", "has no items in uses"), ("c", "count", "have no positive weight"),
    ] {
      let none = try await database.dbtool(
        ["recommend", "--for", subject, "--weight", weight] + relation
      )
      #expect(none.status == 0 && none.stdout.contains(words), "\(none)")
    }
    try db.execute("UPDATE ledger SET e = NULL WHERE id = 5.5")
    let why = try await database.dbtool(["why", "5.5", "--for", "a"] + relation)
    #expect(why.stdout.contains("\"row 5\" has no vector"), "\(why)")
    // The name that is printed for a column that nobody registered is one that is taken.
    let named = try await database.dbtool(
      "similar",
      "1.5",
      "--table",
      "ledger",
      "--encoder",
      "public.ledger.e"
    )
    #expect(named.status == 0, "\(named)")
  }

  @Test(.temporaryDatabase) func `tables called like generated files have files of their own`()
    async throws
  {
    let database = try TestDatabase.current
    var db = try database.connect()
    try db.executeScript(Self.ledger)
    let folder = try ScratchFolder()
    let made = try await database.dbtool("codegen", "--output", folder.path("x"))
    #expect(
      made.stdout.contains("EncodersTable.swift") && made.stdout.contains("TypesTable.swift"),
      "\(made)"
    )
    #expect(
      try await database.dbtool("codegen", "--output", folder.path("x"), "--check").status == 0
    )
  }
}
