import Foundation
import PQClient
import TestSupport
import Testing
import VectorSQL

/// Kills `dbtool` at random moments and runs it again: the end must be as if nothing had happened.
///
/// Ten rounds each at most, or as many as `DBTOOL_TORTURE_ROUNDS` says (`make torture`: 200).
@Suite(.serialized)
struct TortureTests {
  static let rounds =
    ProcessInfo.processInfo.environment["DBTOOL_TORTURE_ROUNDS"].flatMap { Int($0) } ?? 10

  @Test func `migrate killed at any moment converges to the same catalogue`() async throws {
    try await torture(
      prepare: { _ in },
      command: ["migrate"],
      fingerprint: Self.catalogue
    )
  }

  @Test func `an import killed at any moment has loaded everything or nothing`() async throws {
    let file = try Self.shows(count: 6000)
    defer { try? FileManager.default.removeItem(atPath: file) }
    try await torture(
      prepare: { try await run(["migrate"], $0) },
      command: ["import", "netflix", file],
      afterKill: { db in
        let rows: Int = try db.query("SELECT count(*) FROM netflix_shows").scalar()
        #expect(rows == 0 || rows == 6000)
        return rows == 0
      },
      fingerprint: """
        SELECT md5(string_agg(show::text, '' ORDER BY show_id)) FROM netflix_shows AS show
        """
    )
  }

  @Test func `embed killed at any moment neither loses nor doubles a vector`() async throws {
    let file = try Self.shows(count: 3000)
    defer { try? FileManager.default.removeItem(atPath: file) }
    try await torture(
      prepare: { database in
        try await run(["migrate"], database)
        try await run(["import", "netflix", file], database)
      },
      command: ["embed", "--encoder", "lexical", "--batch-size", "500"],
      fingerprint: """
        SELECT md5(string_agg(show_id || embedding_lexical::text, '' ORDER BY show_id))
               || (SELECT count(*) FROM dbtool.embedding_state)
        FROM netflix_shows
        """
    )
  }

  @Test func `a file of vectors killed at any moment is loaded whole or not at all`() async throws {
    let file = try Self.shows(count: 1500)
    defer { try? FileManager.default.removeItem(atPath: file) }
    let folder = try ScratchFolder()
    var random = SeededGenerator(seed: 3)
    let rows = (0..<1500).map { _ in random.unitVector(dimension: 384).map(Double.init) }
    let array = try folder.write("v.npy", NumpyBytes.of(rows, type: "<f4"))
    let ids = try folder.write("ids.txt", (0..<1500).map { "t\($0)\n" }.joined())
    let column = ["--table", "netflix_shows", "--encoder", "minilm"]
    try await torture(
      prepare: { database in
        try await run(["migrate"], database)
        try await run(["import", "netflix", file], database)
        try await run(["index", "use", "hnsw"] + column, database)
      },
      command: ["embed", "--from", array, "--ids", ids] + column,
      afterKill: { db in
        let counts: [Int] = try db.query(
          """
          SELECT ARRAY[count(embedding_minilm), (SELECT count(*) FROM dbtool.embedding_state),
                       count(*) FILTER (WHERE description <> '')]
          FROM netflix_shows
          """
        ).scalar()
        #expect(counts[..<2] == [0, 0] || counts[..<2] == [1500, counts[2]])
        return true
      },
      fingerprint: """
        SELECT md5(string_agg(show_id || embedding_minilm::text, '' ORDER BY show_id))
               || (SELECT count(*) FROM dbtool.embedding_state)
               || (SELECT string_agg(indexrelid::regclass || ' ' || indisvalid, ',' ORDER BY indexrelid)
                   FROM pg_index WHERE indrelid = 'netflix_shows'::regclass)
        FROM netflix_shows
        """
    )
  }

  // MARK: - How

  /// Runs a command once to its end, then in every round kills it and runs it again.
  ///
  /// - Parameters:
  ///   - prepare: Brings a new database to where the command starts.
  ///   - command: What is killed.
  ///   - afterKill: Looks at what the kill left; false where the command has nothing left to do.
  ///   - fingerprint: A query for one text that must not depend on the kill.
  /// - Throws: What a run that was not killed must not throw.
  private func torture(
    prepare: (TestDatabase) async throws -> Void,
    command: [String],
    afterKill: (inout PQConnection) throws -> Bool = { _ in true },
    fingerprint: SQLFragment
  ) async throws {
    var expected = ""
    var length = Duration.zero
    try await TestDatabase.with(vector: false) {
      let database = try TestDatabase.current
      try await prepare(database)
      let start = ContinuousClock.now
      try await run(command, database)
      length = start.duration(to: .now)
      var db = try database.connect()
      expected = try db.query(fingerprint).scalar()
    }
    for _ in 0..<Self.rounds {
      let delay = length * Double.random(in: 0...1)
      try await TestDatabase.with(vector: false) {
        let database = try TestDatabase.current
        try await prepare(database)
        _ = try await DBToolProcess.run(command, environment: ["DATABASE_URL": database.url]) {
          try await Task.sleep(for: delay)
          try? $0.send(SIGKILL)  // it may have come to its end
        }
        var db = try database.connect()
        if try afterKill(&db) { try await run(command, database) }
        // The server may still build an index for the run that was killed.
        try await wait(
          for: database,
          until: """
            NOT EXISTS (SELECT FROM pg_stat_activity WHERE datname = current_database()
                        AND application_name LIKE 'dbtool/%')
            """
        )
        let found: String = try db.query(fingerprint).scalar()
        #expect(found == expected, "killed after \(delay)")
      }
    }
  }

  private func run(_ command: [String], _ database: TestDatabase) async throws {
    let outcome = try await DBToolProcess.run(
      command,
      environment: ["DATABASE_URL": database.url]
    )
    try #require(outcome.status == 0, "\(command): \(outcome)")
  }

  /// Relations with their columns, constraints, functions, triggers, indexes, and what was recorded.
  private static let catalogue: SQLFragment = """
    SELECT md5(string_agg(line, E'\\n' ORDER BY line))
    FROM (
      SELECT format('%s %s %s %s', c.oid::regclass, c.relkind, a.attname,
                    format_type(a.atttypid, a.atttypmod)) AS line
      FROM pg_class AS c
      JOIN pg_namespace AS n ON n.oid = c.relnamespace AND n.nspname IN ('public', 'dbtool')
      LEFT JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum > 0
      UNION ALL
      SELECT conrelid::regclass || conname || pg_get_constraintdef(oid) FROM pg_constraint
      UNION ALL
      SELECT p.oid::regprocedure || md5(p.prosrc)
      FROM pg_proc AS p
      WHERE p.pronamespace IN ('public'::regnamespace, 'dbtool'::regnamespace)
      UNION ALL
      SELECT pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal
      UNION ALL
      SELECT concat_ws(' ', version, name, checksum, state) FROM dbtool.schema_history
      UNION ALL
      SELECT concat_ws(' ', table_name, vector_column, encoder, template) FROM dbtool.embedding
    ) AS facts
    """

  /// A CSV of the seed catalogue's shows, again and again under new numbers.
  private static func shows(count: Int) throws -> String {
    let seed = try String(
      contentsOfFile: PackageDirectory.path("seeds/netflix_shows.csv"),
      encoding: .utf8
    )
    let lines = seed.split(separator: "\n", omittingEmptySubsequences: true)
    let header = try #require(lines.first)
    try #require(header.hasPrefix("show_id,"))
    let rows = lines.dropFirst().filter { $0.contains(",") }
    var text = header + "\n"
    for number in 0..<count {
      let row = rows[rows.startIndex + number % rows.count]
      text += "t\(number)" + row.drop { $0 != "," } + "\n"
    }
    let path = FileManager.default.temporaryDirectory
      .appending(path: "dbtool-torture-\(getpid())-\(count).csv").path(percentEncoded: false)
    try text.write(toFile: path, atomically: true, encoding: .utf8)
    return path
  }
}
