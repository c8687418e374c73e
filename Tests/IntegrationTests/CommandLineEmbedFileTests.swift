import Foundation
import PQClient
import TestSupport
import Testing
import VectorSQL

@Suite("The command line: embed --from FILE")
struct CommandLineEmbedFileTests {
  private typealias Item = ItemTable

  @Test(.temporaryVectorDatabase)
  func `vectors are written with what they are of, and other rows stay`() async throws {
    let items = try await ItemTable()
    let first = try await items.load([Item.line("1"), Item.line("\" 3\"", [0, -5, 0])])
    #expect(try EmbedCounts.read(first).counts == [2, 0, 1, 3])
    #expect(first.stderr == "")
    #expect(try items.vectorsByKey() == ["1": "0.333 0.667 0.667", "3": "0.000 -1.000 0.000"])

    // A second file replaces what is in it; what has a vector of its present text is up to date.
    let second = try await items.load([Item.line("3", [7, 0, 0]), Item.line("6", [0, 0, 1])])
    #expect(try EmbedCounts.read(second).counts == [2, 1, 0, 3])
    #expect(
      try items.vectorsByKey() == [
        "1": "0.333 0.667 0.667", "3": "1.000 0.000 0.000", "6": "0.000 0.000 1.000",
      ]
    )
    var db = try items.database.connect()
    let known: [String] = try db.query(
      """
      SELECT array_agg(row_key ORDER BY row_key) FROM dbtool.embedding_state
      WHERE text_hash = dbtool.text_hash('text ' || row_key) AND revision = 1
      """
    ).scalar()
    #expect(known == ["1", "3"], "row 6 has no text")

    try db.execute("UPDATE item SET body = 'other' WHERE item_id = 1")
    try db.execute("DELETE FROM item WHERE item_id = 3")
    let third = try await items.load([Item.line("2")])
    #expect(try EmbedCounts.read(third).counts == [1, 0, 1, 3], "row 1 is stale")
    let left: [String] = try db.query(
      "SELECT array_agg(row_key ORDER BY row_key) FROM dbtool.embedding_state"
    ).scalar()
    #expect(left == ["1", "2"], "a row that is gone is forgotten")
  }

  /// The queue of the encoder's own model takes what a file brought for up to date, with or without a text.
  @Test(.temporaryDatabase)
  func `a model's next run has nothing to do after a file of its vectors`()
    async throws
  {
    let database = try TestDatabase.current
    try await database.succeed("migrate")
    try await database.succeed("seed")
    try await database.succeed("embed", "--table", "film")
    var db = try database.connect()
    let lines = try db.query(
      """
      SELECT jsonb_build_object('id', film_id, 'embedding', embedding_minilm::text::jsonb)::text
      FROM film WHERE embedding_minilm IS NOT NULL
      """
    ).map { row -> String in try row[0] }
    try db.execute("UPDATE film SET embedding_minilm = NULL")
    // One row that waits, one that had a text and has none now, one that never had one.
    try db.execute("UPDATE dbtool.embedding_state SET text_hash = NULL WHERE row_key = '1'")
    try db.execute("UPDATE film SET description = '' WHERE film_id = 2")
    let folder = try ScratchFolder()
    let file = try folder.write("film.jsonl", lines.joined(separator: "\n"))
    let arguments = ["--encoder", "minilm", "--table", "film", "--format", "json"]
    let environment = ["DATABASE_URL": database.url]
    let load = ["embed", "--from", file] + arguments
    let loaded = try EmbedCounts.read(try await DBToolProcess.run(load, environment: environment))
    #expect(loaded.counts == [63, 0, 2, 0])
    let vectors: SQLFragment = """
      SELECT array_agg(film_id || embedding_minilm::text ORDER BY film_id)
      FROM film WHERE embedding_minilm IS NOT NULL
      """
    let before: [String] = try db.query(vectors).scalar()
    let next = ["embed"] + arguments
    let run = try EmbedCounts.read(try await DBToolProcess.run(next, environment: environment))
    #expect(run.counts == [0, 62, 3, 0])
    let after: [String] = try db.query(vectors).scalar()
    #expect(before == after && after.count == 63, "the vector without a text is there still")
  }

  @Test(.temporaryVectorDatabase, arguments: ["<f2", "<f4", "<f8"])
  func `a NumPy array with its ids`(type: String) async throws {
    let items = try await ItemTable()
    let array = try items.folder.write(
      "vectors",
      NumpyBytes.of([[0, 0, 2], [1, 2, 2], [-0.5, 0, 0]], type: type)
    )
    let ids = try items.folder.write("ids", "5\r\n 2\r\n1")
    let outcome = try await items.load(from: array, ["--ids", ids])
    #expect(try EmbedCounts.read(outcome).counts == [3, 0, 1, 2])
    #expect(
      try items.vectorsByKey() == [
        "1": "-1.000 0.000 0.000", "2": "0.333 0.667 0.667", "5": "0.000 0.000 1.000",
      ]
    )
  }

  /// A type of keys, keys of three rows, and what a file calls the first and the second.
  struct Keys: Sendable, CustomTestStringConvertible {
    let type: String
    let keys: [String]
    let ids: [String]
    var testDescription: String { type }
  }

  private static let keys = [
    Keys(
      type: "bigint",
      keys: ["9007199254740993", "-1", "3"],
      ids: ["9007199254740993", "\"-1 \""]
    ),
    Keys(
      type: "uuid",
      keys: [
        "ab000000-0000-4000-8000-000000000001", "cd000000-0000-4000-8000-000000000002",
        "ef000000-0000-4000-8000-000000000003",
      ],
      ids: ["\"AB000000-0000-4000-8000-000000000001\"", "\"{cd000000000040008000000000000002}\""]
    ),
    Keys(type: "text", keys: ["17", "Ä \"b\"\\", ""], ids: ["17", "\"\\u00c4 \\\"b\\\"\\\\\""]),
    Keys(type: "varchar(4)", keys: ["abcd", "ab", "c"], ids: ["\"abcd\"", "\"ab\""]),
    Keys(type: "numeric", keys: ["1.50", "2", "3"], ids: ["15e-1", "2.0"]),
  ]

  @Test(.temporaryVectorDatabase, arguments: keys, [false, true])
  func `ids are what the type of the key says, in the table or beside it`(
    keys: Keys,
    hasSideTable: Bool
  ) async throws {
    let items = try await ItemTable(type: keys, hasSideTable: hasSideTable)
    let lines = zip(keys.ids, [[0, 3, 4], [0, 0, 9]]).map { Item.line($0, $1) }
    #expect(try EmbedCounts.read(try await items.load(lines)).counts == [2, 0, 1, 0])
    let expected = [keys.keys[0]: "0.000 0.600 0.800", keys.keys[1]: "0.000 0.000 1.000"]
    #expect(try items.vectorsByKey() == expected)
    #expect(
      try EmbedCounts.read(try await items.load([Item.line(keys.ids[0])])).counts == [1, 1, 1, 0]
    )
    #expect(try items.vectorsByKey()[keys.keys[0]] == "0.333 0.667 0.667")
  }

  @Test(.temporaryVectorDatabase) func `a column of half precision takes them as well`()
    async throws
  {
    let items = try await ItemTable(column: "halfvec(3)")
    #expect(try EmbedCounts.read(try await items.load([Item.line("4")])).embedded == 1)
    #expect(try items.vectorsByKey() == ["4": "0.333 0.667 0.667"])
  }

  @Test(.temporaryVectorDatabase)
  func `stdin is read, and a path may look like anything`() async throws {
    let items = try await ItemTable()
    let piped = try await DBToolProcess.run(
      ["embed", "--encoder", "tiny", "--from", "-"],
      environment: ["DATABASE_URL": items.database.url],
      input: "\u{FEFF}\r\n" + Item.line("2") + "\r\n"
    )
    #expect(piped.status == 0, "\(piped)")
    #expect(piped.stdout.contains("item          1          0             1        4"))
    let path = try items.folder.write("odd:name.npy", Item.line("1"))
    let odd = try await items.database.dbtool(
      "embed",
      "--encoder",
      "tiny",
      "--from",
      "./odd:name.npy",
      directory: items.folder.path
    )
    #expect(odd.status == 0, "\(odd) \(path)")
    #expect(try items.vectorsByKey().count == 2)
  }

  // MARK: Indexes

  private static let index = "item_embedding_hnsw_cosine"

  @Test(.temporaryVectorDatabase)
  func `indexes go for many vectors and are there at the end, also where it fails`() async throws {
    let items = try await ItemTable(keys: (1...40).map(String.init))
    try await items.database.succeed(
      "index",
      "use",
      "hnsw",
      "--table",
      "item",
      "--encoder",
      "tiny"
    )
    let few = try EmbedCounts.read(try await items.load((1...4).map { Item.line("\($0)") }))
    #expect(few.indexes == [])
    let many = try EmbedCounts.read(try await items.load((1...5).map { Item.line("\($0)") }))
    #expect(many.indexes.map(\.index) == [Self.index])

    var db = try items.database.connect()
    try db.executeScript(
      """
      CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql
      AS $$ BEGIN IF NEW.item_id = 7 THEN RAISE 'not this one' USING ERRCODE = '23514'; END IF;
      RETURN NEW; END $$;
      CREATE TRIGGER refuse BEFORE UPDATE ON item FOR EACH ROW EXECUTE FUNCTION refuse()
      """
    )
    let before = try items.fingerprint()
    #expect(before.contains(Self.index + " true"))
    let refused = try await items.load((1...20).map { Item.line("\($0)", [5, 1, 1]) })
    expectRefusal(refused, 65, says: "not this one")
    #expect(try items.fingerprint() == before)

    // What somebody deletes while it runs leaves as little behind.
    try db.executeScript(
      """
      CREATE OR REPLACE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql
      AS $$ BEGIN IF NEW.item_id = 7 THEN RETURN NULL; END IF; RETURN NEW; END $$
      """
    )
    let lost = try await items.load((1...20).map { Item.line("\($0)", [5, 1, 1]) })
    expectRefusal(lost, 75, says: "1 of the rows of item", "run the command again")
    #expect(try items.fingerprint() == before)
  }

  // MARK: Several at once, and none

  @Test(.temporaryVectorDatabase) func `two files at once are written one after the other`()
    async throws
  {
    let items = try await ItemTable(keys: (1...500).map(String.init))
    let files = try (1...4).map { number in
      let lines = (1...500).shuffled().map { Item.line("\($0)", [Double(number), 1, 0]) }
      return try items.folder.write("\(number).jsonl", lines.joined(separator: "\n"))
    }
    try await withThrowingTaskGroup { group in
      for file in files {
        group.addTask {
          let counts = try EmbedCounts.read(try await items.load(from: file))
          #expect(counts.embedded == 500)
        }
      }
      try await group.waitForAll()
    }
    #expect(Set(try items.vectorsByKey().values).count == 1)
  }

  @Test(.temporaryVectorDatabase, .timeLimit(.minutes(30)), arguments: [SIGINT, SIGTERM])
  func `an interruption leaves nothing`(signal: Int32) async throws {
    let items = try await ItemTable()
    #expect(try await items.load([Item.line("1")]).status == 0)
    let before = try items.fingerprint()
    var blocker = try items.database.connect()
    try blocker.executeScript("BEGIN; SELECT FROM item WHERE item_id = 4 FOR UPDATE")
    let file = try items.folder.write(
      "all.jsonl",
      (1...6).map { Item.line("\($0)", [9, 9, 9]) }.joined(separator: "\n")
    )
    let stopped = try await items.database.dbtool("embed", "--encoder", "tiny", "--from", file) {
      process in
      try await wait(
        for: items.database,
        until: """
          EXISTS (SELECT FROM pg_stat_activity WHERE datname = current_database()
                  AND application_name = 'dbtool/embed' AND wait_event_type = 'Lock')
          """
      )
      try process.send(signal)
    }
    expectRefusal(stopped, 128 + signal, says: "interrupted; run the same command again")
    // The lock is still held: the session has gone because it was cancelled.
    try await wait(
      for: items.database,
      until: """
        NOT EXISTS (SELECT FROM pg_stat_activity WHERE datname = current_database()
                    AND application_name = 'dbtool/embed')
        """
    )
    try blocker.executeScript("ROLLBACK")
    #expect(try items.fingerprint() == before)
    #expect(try EmbedCounts.read(try await items.load(from: file)).embedded == 6)
  }
}

extension ItemTable {
  fileprivate init(type: CommandLineEmbedFileTests.Keys, hasSideTable: Bool) async throws {
    try await self.init(key: type.type, keys: type.keys, hasSideTable: hasSideTable)
  }
}
