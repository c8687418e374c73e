import EmbeddedPostgres
import Foundation
import PQClient
import TestSupport
import Testing
import VectorSQL

@Suite("The command line: explain", .timeLimit(.minutes(30)))
struct CommandLineExplainTests {
  /// A table of our own with an index, in a database without anything of dbtool's.
  static func make(_ database: TestDatabase) throws {
    var db = try database.connect()
    try db.executeScript(
      """
      CREATE SEQUENCE counter;
      CREATE TABLE product (id int PRIMARY KEY, name text NOT NULL, price int, e vector(8));
      INSERT INTO product
      SELECT n, 'Product ' || n, n % 10,
             (SELECT array_agg(hashint8extended(n, i) / 1e19) FROM generate_series(1, 8) AS i)::vector
      FROM generate_series(1, 3000) AS n;
      CREATE INDEX product_e ON product USING hnsw (e vector_cosine_ops);
      ANALYZE product;
      """
    )
  }

  static let select =
    "SELECT id FROM product ORDER BY e <=> (SELECT e FROM product WHERE id = 7) LIMIT 5"

  // MARK: What is explained

  @Test(.temporaryVectorDatabase) func `explains a command, and what it does by default`()
    async throws
  {
    let database = try TestDatabase.current
    try Self.make(database)
    let report = try await database.explain(command: "similar", "7", "--table", "product")
    #expect(report.verdict.cause == "served" && report.verdict.index == "product_e")
    #expect(report.settings["hnsw.ef_search"] == "200")
    #expect(report.sql.contains("ORDER BY product.e <=> (SELECT embedding FROM probe)"))
    #expect(report.search?.returned == 5)
    let bare = try await database.dbtool("explain", "--format", "json")
    #expect(bare.status == 0)
    #expect(bare.stderr == "dbtool: explaining: dbtool similar 1 --table product\n")
    // Options behind the command are its own.
    let exact = try await database.explain(
      command: "similar",
      "7",
      "--exact",
      "--limit",
      "3",
      options: ["--recall"]
    )
    #expect(exact.verdict.cause == "switched_off")
    #expect(exact.search?.returned == 3 && exact.recall?.share == 1)
  }

  @Test(.temporaryDatabase) func `takes the customer of the movies with the lowest number`()
    async throws
  {
    let database = try TestDatabase.current
    try await database.makeMovies()
    let outcome = try await database.dbtool("explain")
    #expect(outcome.status == 0)
    #expect(outcome.stderr.hasPrefix("dbtool: explaining: dbtool recommend-netflix --customer 1\n"))
    #expect(outcome.stdout.contains("ORDER BY netflix_shows.embedding_lexical <=>"))
    #expect(outcome.stdout.contains("verdict   no index: no approximate index"))
  }

  @Test(.temporaryVectorDatabase) func `with several tables it gives examples of them`()
    async throws
  {
    let database = try TestDatabase.current
    var db = try database.connect()
    try db.executeScript(
      "CREATE TABLE a (id int PRIMARY KEY, v vector(2)); CREATE TABLE \"B b\" (id int PRIMARY KEY, v vector(2))"
    )
    let several = try await database.dbtool("explain")
    #expect(several.status == 64)
    #expect(several.stderr.contains("dbtool explain similar KEY --table '\"B b\"'"))
    try db.executeScript("DROP TABLE a; DROP TABLE \"B b\"; CREATE TABLE c (id int PRIMARY KEY)")
    let none = try await database.dbtool("explain")
    #expect(none.status == 64)
    #expect(none.stderr.contains("no table has a vector column"))
  }

  @Test(.temporaryVectorDatabase)
  func `takes scripts of --show-sql with their settings and values`() async throws {
    let database = try TestDatabase.current
    try Self.make(database)
    for command in [
      ["similar", "7", "--table", "product", "--where", "price < 5"],
      ["similar", "Product 9", "--table", "product", "--within", "0.5"],
    ] {
      let script = try await database.dbtool(command + ["--show-sql"])
      let direct = try await database.dbtool(["explain", "--format", "json"] + command)
      let parsed = try JSONDecoder().decode(ExplainReport.self, from: Data(direct.stdout.utf8))
      let report = try await database.explain(script.stdout)
      #expect(report.sql == parsed.sql)
      #expect(report.settings == parsed.settings)
      #expect(report.verdict.cause == parsed.verdict.cause)
      #expect(report.search?.returned == parsed.search?.returned)
    }
  }

  @Test(.temporaryVectorDatabase) func `values are bound in order, long vectors are shown short`()
    async throws
  {
    let database = try TestDatabase.current
    try Self.make(database)
    let vector = "[" + (1...12).map { "\($0)" }.joined(separator: ",") + "]"
    var db = try database.connect()
    try db.execute("CREATE TABLE long (id int, v vector(12))")
    let outcome = try await DBToolProcess.run(
      [
        "explain", "--sql", "-", "--bind", "3", "--bind", vector, "--no-analyze",
      ],
      environment: ["DATABASE_URL": database.url],
      input: "SELECT id FROM long WHERE id > $1 ORDER BY v <=> $2 LIMIT 2;"
    )
    #expect(outcome.status == 0, "\(outcome)")
    #expect(outcome.stdout.contains("$1 unknown = 3"))
    #expect(outcome.stdout.contains(/\$2 unknown = \[12 × f32 #[0-9a-f]{6}\]/))
    #expect(!outcome.stdout.contains("4,5,6,7"))
    #expect(!outcome.stdout.contains("execution"))
  }

  @Test(.temporaryVectorDatabase) func `pgjson is the server's plan alone, tree fits its columns`()
    async throws
  {
    let database = try TestDatabase.current
    try Self.make(database)
    let plan = try await database.succeed("explain", "--format", "pgjson", "similar", "7")
    let parsed = try JSONSerialization.jsonObject(with: Data(plan.utf8)) as? [[String: Any]]
    #expect(parsed?.first?["Plan"] != nil && parsed?.first?["Execution Time"] != nil)
    let tree = try await database.succeed("explain", "recommend", "--like", "3,8")
    let lines = tree.split(separator: "\n")
    let start = try #require(lines.firstIndex { $0.hasPrefix("node") })
    #expect(lines[start...].allSatisfy { $0.count <= 100 }, "\(tree)")
    #expect(tree.contains("index: hnsw, cosine"))
  }

  // MARK: Bad input

  struct Refusal: Sendable, CustomTestStringConvertible {
    let sql: String
    let status: Int32
    let words: [String]
    var options: [String] = []
    var testDescription: String { sql }
  }

  static let refusals = [
    Refusal(sql: "DELETE FROM product", status: 65, words: ["-:1:1: DELETE is no SELECT"]),
    Refusal(
      sql: "SET transaction_read_only = off; SELECT nextval('counter')",
      status: 65,
      words: ["would write, and explain changes nothing", "nextval()"]
    ),
    Refusal(
      sql: "SELECT set_config('transaction_read_only', 'off', true), nextval('counter')",
      status: 65,
      words: ["transaction read-write mode"]
    ),
    Refusal(
      sql: "SELECT count(*) FROM product",
      status: 64,
      words: ["returns sums"],
      options: ["--recall"]
    ),
    Refusal(sql: "SELECT 1; SELECT 2", status: 65, words: ["-:1:11: a second statement"]),
    Refusal(
      sql: "WITH gone AS (DELETE FROM product RETURNING id) SELECT * FROM gone",
      status: 65,
      words: ["would write, and explain changes nothing"]
    ),
    Refusal(sql: "SELECT 1 AS n INTO other", status: 65, words: ["explain changes nothing"]),
    Refusal(sql: "", status: 65, words: ["no SELECT in it"]),
    Refusal(sql: "-- only a comment", status: 65, words: ["no SELECT in it"]),
    Refusal(
      sql: "SELECT id\nFROM product ORDER BY e <=> LIMIT 5",
      status: 65,
      words: [
        "-:2:29: syntax error", "FROM product ORDER BY e <=> LIMIT 5",
        "                            ^",
      ]
    ),
    Refusal(sql: "SELECT nothing FROM product", status: 65, words: ["-:1:8: column \"nothing\""]),
    Refusal(sql: "SELECT 'open", status: 65, words: ["-:1:8"]),
    Refusal(
      sql: "SELECT id FROM product WHERE id = :key",
      status: 65,
      words: ["-:1:35: psql puts a variable in here", "write $1", "--bind VALUE"]
    ),
    Refusal(
      sql: "SELECT id FROM product WHERE name = :'name'",
      status: 65,
      words: ["-:1:37: psql puts a variable in here", "--bind VALUE"]
    ),
    Refusal(
      sql: "\\set key 7\nSELECT id FROM product WHERE id = :key",
      status: 65,
      words: ["-:1:1: \\set is psql's own", "--bind VALUE"]
    ),
    Refusal(
      sql: "SELECT id FROM product WHERE id = $1",
      status: 64,
      words: ["1 parameter ($1 integer), and 0 values", "--bind VALUE"]
    ),
    Refusal(
      sql: "SELECT id FROM product WHERE id = 1",
      status: 64,
      words: ["has no parameters, and 1 value"],
      options: ["--bind", "1"]
    ),
    Refusal(
      sql: "SELECT id FROM product WHERE id = $1",
      status: 65,
      words: ["invalid input syntax for type integer: \"x\""],
      options: ["--bind", "x"]
    ),
    Refusal(
      sql: "SELECT pg_sleep(30)",
      status: 75,
      words: ["statement timeout", "--no-analyze"],
      options: ["--timeout", "1"]
    ),
  ]

  @Test(.temporaryVectorDatabase, arguments: refusals)
  func `refuses what it cannot explain, and changes nothing`(refusal: Refusal) async throws {
    let database = try TestDatabase.current
    try Self.make(database)
    let outcome = try await DBToolProcess.run(
      ["explain", "--sql", "-"] + refusal.options,
      environment: ["DATABASE_URL": database.url],
      input: refusal.sql
    )
    #expect(outcome.status == refusal.status, "\(outcome)")
    for words in refusal.words { #expect(outcome.stderr.contains(words), "\(outcome.stderr)") }
    #expect(outcome.errorLines.count <= 4 && outcome.stdout.isEmpty)
    var db = try database.connect()
    #expect(try db.query("SELECT count(*) FROM product").scalar(Int.self) == 3000)
    #expect(try !db.query("SELECT is_called FROM counter").scalar(Bool.self))
    #expect(try db.query("SELECT to_regclass('other') IS NULL").scalar(Bool.self))
  }

  static let usages: [[String]] = [
    ["migrate"], ["--sql", "q.sql", "similar", "1"], ["--bind", "1", "similar", "1"],
    ["--nonsense", "similar", "1"],
    ["simlar", "1"], ["--recall", "--no-analyze", "similar", "1"], ["similar", "1", "--show-sql"],
    ["--record", "similar", "1"], ["--check", "a.sql", "--sql", "b.sql"],
    ["--timeout", "-1", "similar", "1"],
    ["--format", "xml", "similar", "1"], ["--bind-null", "1", "similar", "1"],
    ["--sql", "q.sql", "--bind-null", "3", "--bind", "1"],
    ["--sql", "q.sql", "--bind-null", "1", "--bind-null", "1"],
  ]

  @Test(.temporaryVectorDatabase, arguments: usages)
  func `refuses what does not go together`(arguments: [String]) async throws {
    let database = try TestDatabase.current
    let outcome = try await database.dbtool(["explain"] + arguments)
    #expect(outcome.status == 64, "\(outcome)")
    #expect(outcome.stderr.hasPrefix("dbtool: ") && outcome.stdout.isEmpty)
  }

  @Test(.temporaryVectorDatabase) func `names absent files and rights`() async throws {
    let database = try TestDatabase.current
    try Self.make(database)
    #expect(try await database.dbtool("explain", "--sql", "/nowhere.sql").status == 66)
    try await database.withRole { role in
      let outcome = try await DBToolProcess.run(
        ["explain", "--sql", "-"],
        environment: ["DATABASE_URL": database.url(user: role)],
        input: Self.select
      )
      #expect(outcome.status == 77, "\(outcome)")
    }
  }

  @Test(.temporaryVectorDatabase)
  func `a role's own limit of time stays, a script finds its schema`() async throws {
    let database = try TestDatabase.current
    var db = try database.connect()
    try db.executeScript("CREATE SCHEMA far; CREATE TABLE far.away (id int)")
    let found = try await database.explain("SET search_path = public, far; SELECT id FROM away")
    #expect(found.verdict.cause == "no_search")
    let url = try database.url(options: "-c statement_timeout=200ms")
    let outcome = try await DBToolProcess.run(
      ["explain", "--sql", "-", "--timeout", "60"],
      environment: ["DATABASE_URL": url],
      input: "SELECT pg_sleep(20)"
    )
    #expect(outcome.status == 75 && outcome.stderr.contains("statement timeout"), "\(outcome)")
  }

  @Test(.temporaryVectorDatabase)
  func `takes EXPLAIN and brackets as they are pasted, and tells its options`() async throws {
    let database = try TestDatabase.current
    try Self.make(database)
    let pasted = try await database.explain("EXPLAIN (ANALYZE, BUFFERS)\n" + Self.select + ";")
    #expect(pasted.verdict.cause == "served" && pasted.sql == Self.select)
    let both = try await database.explain(
      "(SELECT 1 AS id) UNION ALL (SELECT 2) ORDER BY id LIMIT 1"
    )
    #expect(both.verdict.cause == "no_search")
    for arguments in [["explain", "--help"], ["explain", "similar", "--help"]] {
      let help = try await database.dbtool(arguments)
      #expect(
        help.status == 0
          && help.stdout.contains("USAGE: dbtool \(arguments.count == 2 ? "explain" : "similar")")
      )
    }
  }

  @Test(.temporaryVectorDatabase) func `a long list of keys takes no long time`() async throws {
    let database = try TestDatabase.current
    try Self.make(database)
    let keys = (1...100_000).map(String.init).joined(separator: ",")
    let outcome = try await DBToolProcess.run(
      ["explain", "--sql", "-"],
      environment: ["DATABASE_URL": database.url],
      input:
        "SELECT id FROM product WHERE id IN (\(keys)) ORDER BY e <=> (SELECT e FROM product WHERE id = 7) LIMIT 5"
    )
    #expect(outcome.status == 0)
    let tree = outcome.stdout.components(separatedBy: "\nnode ").last ?? ""
    #expect(tree.count < 20_000)
  }

  // MARK: Kept plans

  @Test(.temporaryVectorDatabase) func `finds a plan that flipped`() async throws {
    let database = try TestDatabase.current
    try Self.make(database)
    let folder = try ScratchFolder()
    let query = try folder.write("q.sql", Self.select)
    let open = try folder.write("open.sql", "SELECT name FROM product WHERE id = $1")
    let unknown = try await database.dbtool("explain", "--check", query, open)
    #expect(unknown.status == 1 && unknown.stdout.contains("not kept"))
    #expect(try await database.dbtool("explain", "--check", query, open, "--record").status == 0)
    let kept = try String(contentsOfFile: folder.path("plans.txt"), encoding: .utf8)
    #expect(kept.contains("-- q.sql, PostgreSQL \(TestServer.major)\nLimit\n"))
    #expect(kept.contains("Index Scan product_e on product, by distance"))
    #expect(try await database.dbtool("explain", "--check", query, open).status == 0)
    var db = try database.connect()
    try db.execute("DROP INDEX product_e")
    let flipped = try await database.dbtool("explain", "--check", query, open)
    #expect(flipped.status == 1)
    #expect(flipped.stdout.contains("flipped   \(query)\n"))
    #expect(flipped.stdout.contains("-   Index Scan product_e on product, by distance"))
    #expect(flipped.stdout.contains("same      \(open)\n"))
    #expect(try String(contentsOfFile: folder.path("plans.txt"), encoding: .utf8) == kept)
  }

  /// With `DBTOOL_RECORD` set the plans are kept instead of compared.
  @Test(.temporaryDatabase) func `the plans of sql/queries are those that are kept`() async throws {
    let database = try TestDatabase.current
    try await database.makeMovies()
    var db = try database.connect()
    // An index built over updated rows serves no transaction while an older one runs, in whichever database.
    try db.executeScript("VACUUM")
    try db.executeScript(Self.manyMovies)
    try db.executeScript("VACUUM ANALYZE")
    // As for an SSD; a graph differs with each build, and with it its cost, which should be far from that of a scan.
    try db.execute("ALTER DATABASE \(ident: database.name) SET random_page_cost = 1.1")
    let folder = PackageDirectory.path("sql/queries")
    let files = try GoldenQueries.all().map { "\(folder)/\($0.name).sql" }
    let isRecording = ProcessInfo.processInfo.environment["DBTOOL_RECORD"] != nil
    let outcome = try await database.dbtool(
      ["explain", "--check"] + files + (isRecording ? ["--record"] : [])
    )
    #expect(outcome.status == 0, "\(outcome)")
    #expect(outcome.stdout.split(separator: "\n").count >= files.count)
    let plans = try String(contentsOfFile: folder + "/plans.txt", encoding: .utf8)
    // An index serves each search that is not exact by intent, but before PostgreSQL 17 none that is ordered
    // by a key as well: there the commands break ties after the LIMIT.
    let served = plans.components(separatedBy: "-- ").filter {
      $0.contains(", PostgreSQL \(TestServer.major)\n") && $0.contains(", by distance")
    }
    #expect(TestServer.major < 17 ? served.isEmpty : served.count >= 14)
  }

  /// The movie database with rows enough for indexes to pay.
  private static let manyMovies = """
    SET session_replication_role = replica;
    SET maintenance_work_mem = '256MB';
    CREATE TABLE movie_embeddings (movie_id int PRIMARY KEY, embedding vector(384));
    INSERT INTO film (film_id, title, description, language_id, rental_rate, fulltext, embedding_minilm)
    SELECT 1000 + n, 'Film ' || n, 'About ' || n, 1, n % 5 + 0.99, to_tsvector('film ' || n),
           (SELECT array_agg(hashint8extended(n, i) / 1e19) FROM generate_series(1, 384) AS i)::vector
    FROM generate_series(1, 4000) AS n;
    INSERT INTO netflix_shows (show_id, type, title, description, embedding_minilm)
    SELECT 'n' || film_id, 'Movie', title, description, embedding_minilm FROM film WHERE film_id > 1000;
    INSERT INTO movie (movie_id, title, year)
    SELECT film_id, title, 1950 + film_id % 70 FROM film WHERE film_id > 1000;
    INSERT INTO movie_embeddings SELECT film_id, embedding_minilm FROM film WHERE film_id > 1000;
    INSERT INTO inventory (inventory_id, film_id, store_id)
    SELECT 10000 + film_id, film_id, 1 FROM film WHERE film_id > 1000;
    INSERT INTO rental (rental_id, rental_date, inventory_id, customer_id, staff_id)
    SELECT 100000 + n, '2005-06-01'::timestamp + n * interval '1 minute', 11001 + n % 4000, 1 + n % 500, 1
    FROM generate_series(1, 12000) AS n;
    INSERT INTO rating (user_id, movie_id, rating, rated_at)
    SELECT n / 20, 1001 + (n * 37) % 4000, 1 + n % 5, now() FROM generate_series(1, 12000) AS n
    ON CONFLICT DO NOTHING;
    CREATE INDEX ON film USING hnsw (embedding_minilm vector_cosine_ops) WITH (m = 8, ef_construction = 32);
    CREATE INDEX ON film USING hnsw ((binary_quantize(embedding_minilm)::bit(384)) bit_hamming_ops)
      WITH (m = 8, ef_construction = 32);
    CREATE INDEX ON film USING hnsw ((embedding_minilm::halfvec(384)) halfvec_cosine_ops)
      WITH (m = 8, ef_construction = 32);
    CREATE INDEX ON netflix_shows USING hnsw (embedding_minilm vector_cosine_ops)
      WITH (m = 8, ef_construction = 32);
    CREATE INDEX ON movie_embeddings USING hnsw (embedding vector_cosine_ops)
      WITH (m = 8, ef_construction = 32);
    """

  // MARK: What costs most

  /// The embedded server has no contrib modules; a table of the same shape stands in for pg_stat_statements.
  @Test(.temporaryVectorDatabase) func `judges the statements that cost the server most`()
    async throws
  {
    let database = try TestDatabase.current
    let without = try await database.dbtool("explain", "--top", "3")
    #expect(without.status == 78 && without.stderr.contains("CREATE EXTENSION pg_stat_statements"))
    try Self.make(database)
    var db = try database.connect()
    try db.executeScript(
      """
      CREATE TABLE pg_stat_statements AS
      SELECT 10::oid AS userid, d.oid AS dbid, s.query, s.calls::bigint, s.total_exec_time::float8
      FROM pg_database AS d, (VALUES
        ('SELECT id FROM product ORDER BY e <=> $1 LIMIT $2', 90, 900),
        ('SELECT id FROM product ORDER BY $1 - (e <=> $2) DESC LIMIT $3', 10, 5000),
        ('SELECT id FROM product WHERE price > $1', 1000, 9000),
        ('UPDATE product SET price = 1 WHERE e <=> $1 < $2', 1, 1),
        ('SELECT id FROM vanished ORDER BY e <-> $1 LIMIT $2', 1, 50)
      ) AS s (query, calls, total_exec_time)
      WHERE d.datname = current_database();
      INSERT INTO pg_stat_statements
      VALUES (10, 1, 'SELECT id FROM elsewhere ORDER BY e <=> $1 LIMIT $2', 1, 99999);
      """
    )
    let text = try await database.succeed("explain", "--top", "10", "--format", "json")
    let root = try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any]
    let statements = try #require(root?["statements"] as? [[String: Any]])
    let causes = statements.map { ($0["verdict"] as? [String: Any])?["cause"] as? String }
    #expect(causes == ["expression", "served", nil, nil])
    #expect(statements[0]["calls"] as? Int == 10)
    let corrected = (statements[0]["verdict"] as? [String: Any])?["corrected"] as? String
    #expect(corrected == "SELECT id FROM product ORDER BY e <=> $2 LIMIT 10")
    #expect((statements[2]["failure"] as? String)?.contains("vanished") == true)
    #expect((statements[3]["failure"] as? String)?.contains("UPDATE") == true)
    let first = try await database.succeed("explain", "--top", "1")
    #expect(first.contains("% of the time, 10 calls, 500.0 ms each"))
  }

  // MARK: pgbench

  @Test(.temporaryVectorDatabase) func `writes scripts that pgbench runs`() async throws {
    let database = try TestDatabase.current
    try Self.make(database)
    let folder = try ScratchFolder()
    let server = try await TestServer.shared()
    for command in [
      [
        "similar", "7", "--table", "product", "--where", "name != it's a:b \\ c", "--where",
        "price < 5",
      ],
      ["recommend", "--like", "3,8", "--table", "product"],
    ] {
      let script = try await database.dbtool(command + ["--show-sql", "--format", "pgbench"])
      #expect(script.status == 0, "\(script)")
      let file = try folder.write("bench.sql", script.stdout)
      for mode in ["simple", "prepared"] {
        let outcome = try await Program.run(
          server.program("pgbench"),
          ["-n", "-M", mode, "-t", "3", "-f", file, database.url]
        )
        #expect(outcome.succeeded, "\(outcome.errors)\n\(script.stdout)")
        #expect(outcome.output.contains("number of failed transactions: 0"))
      }
    }
    let alone = try await database.dbtool("similar", "7", "--format", "pgbench")
    #expect(alone.status == 64 && alone.stderr.contains("--show-sql"))
  }
}
