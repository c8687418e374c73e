import EmbeddedPostgres
import Foundation
import Movies
import PQClient
import TestSupport
import Testing
import VectorSQL

@Suite(.temporaryVectorDatabase) struct ImportDVDRentalTests {
  private let folder: ScratchFolder

  init() throws { folder = try ScratchFolder() }

  private func load(
    _ path: String,
    _ db: inout PQConnection,
    _ existing: ExistingRows = .replace
  ) async throws -> ImportReport {
    let program = try await TestServer.shared().program("pg_restore")
    return try await DVDRentalImport(path: path, existing: existing, pgRestore: [program])
      .run(on: &db)
  }

  // MARK: What is loaded

  @Test(.realData) func `loads the sample's archive as its README counts it`() async throws {
    var db = try ImportSupport.movieDatabase()
    let report = try await load(RealData.path("dvdrental.tar"), &db, .refuse)
    #expect(report.tables.count == 15 && report.warnings.isEmpty)
    let counts = ["film", "customer", "rental", "inventory", "payment"].map(report.rows)
    #expect(counts == [1_000, 599, 16_044, 4_581, 14_596])
    let facts = try db.query(
      """
      SELECT (SELECT count(*) FROM film WHERE fulltext @@ 'drama') AS dramas,
             (SELECT count(DISTINCT film_id) FROM customer_film WHERE customer_id = 5) AS films,
             nextval('rental_rental_id_seq') AS next
      """
    )[0]
    #expect(try facts["dramas"] as Int > 0)
    #expect(try facts["films"] == 38)
    #expect(try facts["next"] == 16_050)
    let again = try await #require(throws: ImportError.self) {
      _ = try await load(RealData.path("dvdrental.tar"), &db, .refuse)
    }
    #expect(again.category == .usage)
  }

  @Test(arguments: ["custom", "directory", "tar", "plain"])
  func `a dump of our own tables comes back the same`(format: String) async throws {
    var db = try ImportSupport.movieDatabase()
    try ImportSupport.seed(&db)
    let before = try ImportSupport.fingerprint(&db)
    try await ImportSupport.run("pg_dump", ["-F", format, "-f", folder.path("dump")])
    let report = try await load(folder.path("dump"), &db)
    #expect(report.tables.count == 15)
    #expect(report.warnings.contains { $0.contains("netflix_shows") })
    #expect(try ImportSupport.fingerprint(&db) == before)
  }

  @Test(arguments: ["custom", "directory"])
  func `a dump is found in a zip file`(format: String) async throws {
    var db = try ImportSupport.movieDatabase()
    try ImportSupport.seed(&db)
    let before = try ImportSupport.fingerprint(&db)
    try FileManager.default.createDirectory(
      atPath: folder.path("in"),
      withIntermediateDirectories: false
    )
    try folder.write("in/README.txt", "read me")
    try await ImportSupport.run("pg_dump", ["-F", format, "-f", folder.path("in/a [1].dump")])
    let script = "import shutil,sys; shutil.make_archive(sys.argv[1], 'zip', sys.argv[2])"
    try await ImportSupport.run(
      path: "/usr/bin/env",
      ["python3", "-c", script, folder.path("dump"), folder.path("in")]
    )
    _ = try await load(folder.path("dump.zip"), &db)
    #expect(try ImportSupport.fingerprint(&db) == before)
  }

  @Test func `a dump in another encoding is read in it`() async throws {
    var db = try ImportSupport.movieDatabase()
    try ImportSupport.seed(&db)
    try db.execute("UPDATE actor SET first_name = 'Zoë' WHERE actor_id = 1")
    let before = try ImportSupport.fingerprint(&db)
    try await ImportSupport.run(
      "pg_dump",
      ["-E", "WIN1252", "-t", "actor", "-f", folder.path("a.sql")]
    )
    try db.execute("SET session_replication_role = replica")
    try db.execute("DELETE FROM actor")
    let report = try await load(folder.path("a.sql"), &db, .append)
    #expect(report.tables.map(\.table) == ["actor"])
    #expect(try ImportSupport.fingerprint(&db) == before)
  }

  @Test func `an ordinary role may load, triggers run and sequences go on`() async throws {
    var admin = try TestDatabase.current.connect()
    let role = try TestDatabase.current.name + "_role"
    try admin.execute("CREATE ROLE \(ident: role) LOGIN")
    try admin.execute("GRANT CREATE ON SCHEMA public TO \(ident: role)")
    try admin.execute(
      "GRANT CREATE ON DATABASE \(ident: TestDatabase.current.name) TO \(ident: role)"
    )
    do {
      var db = try ImportSupport.movieDatabase(as: role)
      try ImportSupport.seed(&db)
      try await ImportSupport.run("pg_dump", ["-F", "custom", "-f", folder.path("dump")])
      _ = try await load(folder.path("dump"), &db)
      let missing: Int = try db.query("SELECT count(*) FROM film WHERE fulltext IS NULL").scalar()
      #expect(missing == 0)
      let next: Int = try db.query("SELECT nextval('film_film_id_seq')").scalar()
      let last: Int = try db.query("SELECT max(film_id)::bigint FROM film").scalar()
      #expect(next == last + 1)
    }
    try admin.execute("DROP OWNED BY \(ident: role) CASCADE")
    try admin.execute("DROP ROLE \(ident: role)")
  }

  @Test func `an older pg_restore is tried where a newer one refuses`() async throws {
    var db = try ImportSupport.movieDatabase()
    try ImportSupport.seed(&db)
    try await ImportSupport.run("pg_dump", ["-F", "custom", "-f", folder.path("dump")])
    let refusing = try folder.write(
      "pg_restore",
      """
      #!/bin/sh
      [ "$1" = --version ] && { echo "pg_restore (PostgreSQL) 99.1"; exit; }
      echo "pg_restore: error: unsupported version (1.99) in file header" >&2
      exit 1

      """
    )
    try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: refusing)
    let real = try await TestServer.shared().program("pg_restore")
    let report = try await DVDRentalImport(
      path: folder.path("dump"),
      existing: .replace,
      pgRestore: ["/nowhere/pg_restore", refusing, real]
    ).run(on: &db)
    #expect(report.tables.count == 15)
    for (programs, said) in [
      ([], "needs pg_restore"), ([refusing], "no pg_restore of this machine"),
    ]
      as [([String], String)]
    {
      let error = try await #require(throws: ImportError.self) {
        _ = try await DVDRentalImport(
          path: folder.path("dump"),
          existing: .replace,
          pgRestore: programs
        ).run(on: &db)
      }
      #expect(error.category == .configuration && error.sentence.contains(said))
    }
  }

  // MARK: What is refused

  /// Runs an import that must fail, and checks that the tables are as they were.
  private func failure(
    _ path: String,
    _ db: inout PQConnection
  ) async throws -> ImportError {
    let before = try ImportSupport.fingerprint(&db)
    let error = try await #require(throws: ImportError.self) {
      _ = try await load(path, &db)
    }
    #expect(try ImportSupport.fingerprint(&db) == before)
    #expect(error.description.split(separator: "\n").count <= 3)
    return error
  }

  @Test(arguments: ["custom", "tar", "plain", "directory"])
  func `a dump that is cut short changes nothing`(format: String) async throws {
    var db = try ImportSupport.movieDatabase()
    try ImportSupport.seed(&db)
    try await ImportSupport.run("pg_dump", ["-F", format, "-Z", "0", "-f", folder.path("dump")])
    if format == "directory" {
      let rentals = try #require(
        try FileManager.default.contentsOfDirectory(atPath: folder.path("dump"))
          .filter { $0.hasSuffix(".dat") && $0 != "toc.dat" }
          .max { try size("dump/" + $0) < size("dump/" + $1) }
      )
      try cut("dump/" + rentals, by: 2)
    } else {
      for share in [50, 4, 1.01] { try await checkCut(share, &db) }
      try await ImportSupport.run("pg_dump", ["-F", format, "-Z", "0", "-f", folder.path("dump")])
      try cut("dump", by: 1.7)
    }
    let error = try await failure(folder.path("dump"), &db)
    #expect(error.category == .badData)
  }

  private func checkCut(_ share: Double, _ db: inout PQConnection) async throws {
    let whole = try Data(contentsOf: URL(filePath: folder.path("dump")))
    let path = try folder.write("cut", whole.prefix(Int(Double(whole.count) / share)))
    #expect(try await failure(path, &db).category == .badData)
  }

  private func size(_ name: String) throws -> Int {
    try FileManager.default.attributesOfItem(atPath: folder.path(name))[.size] as? Int ?? 0
  }

  private func cut(_ name: String, by share: Double) throws {
    let whole = try Data(contentsOf: URL(filePath: folder.path(name)))
    try folder.write(name, whole.prefix(Int(Double(whole.count) / share)))
  }

  @Test func `definitions alone, INSERT statements, other databases are told apart`() async throws {
    var db = try ImportSupport.movieDatabase()
    try ImportSupport.seed(&db)
    try await ImportSupport.run("pg_dump", ["--schema-only", "-f", folder.path("ddl.sql")])
    let ddl = try await failure(folder.path("ddl.sql"), &db)
    #expect(ddl.sentence == "this dump holds no rows, only definitions")
    try await ImportSupport.run("pg_dump", ["--inserts", "-f", folder.path("inserts.sql")])
    let inserts = try await failure(folder.path("inserts.sql"), &db)
    #expect(inserts.line != nil && inserts.sentence.contains("INSERT"))
    try db.execute("CREATE SCHEMA other")
    try db.execute("CREATE TABLE other.film AS SELECT * FROM film")
    try await ImportSupport.run(
      "pg_dump",
      ["-n", "other", "-F", "custom", "-f", folder.path("other")]
    )
    let other = try await failure(folder.path("other"), &db)
    #expect(other.sentence == "this is the dump of another database: it has rows for other.film")
  }

  @Test(arguments: [
    (
      "COPY public.film (film_id, original_language_id) FROM stdin;\n\\.\n", 1,
      "film has the column original_language_id there"
    ),
    ("COPY public.actor FROM stdin;\n\\.\n", 1, "not in the form that pg_dump writes"),
    ("COPY actor (actor_id) FROM stdin WITH (FORMAT csv);\n\\.\n", 1, "not in the form"),
    ("\nCOPY language (language_id, name) FROM stdin;\n1\tA\nx\tB\n\\.\n", 4, "row 2 of language"),
    ("COPY language (language_id, name) FROM stdin;\n1\n\\.\n", 2, "row 1 of language"),
    (
      "COPY language (language_id, name) FROM stdin;\n\\.\nCOPY language (name) FROM stdin;\n\\.\n",
      3,
      "twice"
    ),
    ("SET client_encoding = 'KLINGON';", 1, "encoding \"KLINGON\""),
  ])
  func `odd blocks are refused by line`(text: String, line: Int, said: String) async throws {
    var db = try ImportSupport.movieDatabase()
    let error = try await failure(folder.write("dump.sql", text), &db)
    #expect(error.line == line)
    #expect(error.sentence.contains(said), "\(error)")
  }

  @Test func `rows that refer to nothing are refused at the end`() async throws {
    var db = try ImportSupport.movieDatabase()
    let text = "COPY city (city_id, city, country_id) FROM stdin;\n1\tX\t7\n\\.\n"
    let error = try await failure(folder.write("dump.sql", text), &db)
    #expect(error.sentence.contains("the rows do not fit together"))
    #expect(error.detail?.contains("country") == true)
  }

  @Test func `nothing else in a dump is executed`() async throws {
    var db = try ImportSupport.movieDatabase()
    let text = """
      DROP TABLE payment;
      \\! touch /tmp/dbtool-must-not-exist
      COPY language (language_id, name) FROM stdin;
      1\tEnglish
      \\.
      DELETE FROM language;
      SELECT pg_catalog.setval('public.nobodys_seq', 5, true);
      COMMIT;
      """
    let report = try await load(folder.write("dump.sql", text), &db)
    #expect(report.rows == 1)
    #expect(try ImportSupport.count("language", &db) == 1)
    #expect(try ImportSupport.count("payment", &db) == 0)
  }

  @Test func `no archive, no dump, an empty zip, a folder`() async throws {
    var db = try ImportSupport.movieDatabase()
    let broken = try folder.write("broken.dump", "PGDMP and nothing else")
    #expect(try await failure(broken, &db).sentence.contains("archive"))
    let text = try folder.write("notes.txt", "nothing; of: the 'sort'; really\n")
    #expect(try await failure(text, &db).sentence == "this is no dump of a PostgreSQL database")
    let empty: [UInt8] = [0x50, 0x4B, 3, 4] + Array(repeating: 0, count: 40)
    #expect(try await failure(folder.write("x.zip", empty), &db).category == .badData)
    #expect(try await failure(folder.path, &db).category == .usage)
    #expect(try await failure("/nowhere/x.tar", &db).category == .absent)
  }
}
