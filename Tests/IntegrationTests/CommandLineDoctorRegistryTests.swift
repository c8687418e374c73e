import Foundation
import PGCatalog
import PQClient
import TestSupport
import Testing
import VectorSQL

/// What the doctor makes of the registry, and of what is around a database.
@Suite("The command line: doctor, registry and environment", .timeLimit(.minutes(30)))
struct CommandLineDoctorRegistryTests {
  private static let item = "CREATE TABLE item (id integer PRIMARY KEY, body text, e vector(384));"
  private static let embedding = ["table_name": "item", "key_column": "id", "vector_column": "e"]
  private static let axis = "('[1' || repeat(',0', 383) || ']')::vector"

  /// A database with the table `item`, whose column is registered for the encoder `words`.
  private func makeItems(
    _ database: TestDatabase,
    rows: Int,
    vectors: Int,
    tables: String = item,
    embedding: [String: String] = embedding
  ) async throws {
    try await database.register(tables, embedding: embedding)
    _ = try await database.psql(
      """
      INSERT INTO item (id, body) SELECT i, 'text ' || i FROM generate_series(1, \(rows)) AS i;
      UPDATE item SET e = \(Self.axis) WHERE id <= \(vectors);
      """
    )
  }

  // MARK: The registry

  @Test(.temporaryDatabase) func `a registered column that is filled is in order`() async throws {
    let database = try TestDatabase.current
    try await makeItems(database, rows: 100, vectors: 95)
    let report = try await database.doctor()
    #expect(report.columns.flatMap(\.findings) == [] && report.registry == [])
    #expect(try report.column("e").encoder == "words")
    #expect(report.environment.contains { $0.fact == "1 encoder, 1 column" })
  }

  @Test(.temporaryDatabase) func `coverage counts the rows that have a text`() async throws {
    let database = try TestDatabase.current
    try await makeItems(database, rows: 100, vectors: 50)
    let found = try await database.doctor().one(.problem, "item.e", "no search finds the other 50")
    #expect(found.fact.hasPrefix("50.0 % of the rows that have a text have a vector"))
    #expect(found.advice == ["dbtool embed --encoder words"])

    _ = try await database.psql("UPDATE item SET body = NULL WHERE id > 51")
    #expect(try await database.doctor().needs_hand == false)
    // Nobody filled it: nothing is missing.
    _ = try await database.psql("UPDATE item SET e = NULL, body = 'text'")
    #expect(try await database.doctor().columns.flatMap(\.findings) == [])
  }

  @Test(.temporaryDatabase) func `vectors beside their rows`() async throws {
    let database = try TestDatabase.current
    try await database.register(
      """
      CREATE TABLE item (id integer PRIMARY KEY, body text);
      CREATE TABLE item_vector (item_id integer PRIMARY KEY, e vector(384) NOT NULL);
      """,
      embedding: [
        "table_name": "item", "key_column": "id", "vector_schema": "public",
        "vector_table": "item_vector", "vector_key": "item_id", "vector_column": "e",
      ]
    )
    _ = try await database.psql(
      """
      INSERT INTO item SELECT i, 'text' FROM generate_series(1, 10) AS i;
      INSERT INTO item_vector SELECT i, \(Self.axis) FROM generate_series(1, 8) AS i;
      UPDATE item_vector SET e = e - e WHERE item_id = 1;
      """
    )
    for table in ["item", "item_vector"] {
      let report = try await database.doctor("--table", table)
      #expect(report.columns.map(\.table) == ["item_vector"])
      _ = try report.one(.problem, "item_vector.e", "80.0 % of the rows that have a text")
      let zero = try report.one(.problem, "item_vector.e", "1 of 8 vectors is zero")
      #expect(zero.advice[0] == "DELETE FROM item_vector WHERE vector_norm(e) = 0;")
    }
    _ = try await database.psql("DROP TABLE item")
    _ = try await database.doctor().one(.problem, "item_vector.e", "item, which is not there")
  }

  @Test(.temporaryDatabase) func `a column that is not there, or of another dimension`()
    async throws
  {
    let database = try TestDatabase.current
    try await makeItems(database, rows: 3, vectors: 0)
    _ = try await database.psql("ALTER TABLE item ALTER COLUMN e TYPE vector(7)")
    let other = try await database.doctor()
      .one(.problem, "item.e", "has vectors of 7 elements, and encoder words makes 384")
    #expect(other.advice.contains("dbtool encoder remove words --table item"))
    _ = try await database.psql(
      "ALTER TABLE item ALTER COLUMN e TYPE vector; UPDATE item SET e = '[1,0]'"
    )
    _ = try await database.doctor().one(.problem, "item.e", "has vectors of 2 elements")

    _ = try await database.psql("ALTER TABLE item DROP COLUMN e")
    let missing = try await database.doctor().one(.problem, "item.e", "no such vector column")
    #expect(missing.advice.last == "dbtool encoder remove words --table item")
    try await database.succeed("encoder", "remove", "words", "--table", "item")
    #expect(try await database.doctor().needs_hand == false)
  }

  @Test(.temporaryDatabase) func `an index that the registry wants`() async throws {
    let database = try TestDatabase.current
    try await makeItems(database, rows: 10, vectors: 0)
    _ = try await database.psql("UPDATE dbtool.embedding SET index_variant = 'hnsw'")
    #expect(try await database.doctor().needs_hand == false, "an empty column needs none")
    _ = try await database.psql("UPDATE item SET e = \(Self.axis)")
    let missing = try await database.doctor()
      .one(.problem, "item.e", "the registry wants index item_e_hnsw_cosine")
    #expect(missing.advice == ["dbtool index use hnsw --table item --encoder words"])
    try await database.succeed("index", "use", "hnsw", "--table", "item", "--encoder", "words")
    #expect(try await database.doctor().needs_hand == false)

    _ = try await database.psql(
      "UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'item_e_hnsw_cosine'::regclass"
    )
    let invalid = try await database.doctor()
    #expect(invalid.columns.flatMap(\.findings).count == 1)
    #expect(try invalid.one(.problem, "item.e", "is INVALID").advice == missing.advice)
    // Another one that serves the same is as good.
    _ = try await database.psql(
      "DROP INDEX item_e_hnsw_cosine; CREATE INDEX other ON item USING hnsw (e vector_cosine_ops)"
    )
    #expect(try await database.doctor().needs_hand == false)
  }

  @Test(.temporaryDatabase) func `an index that the registry wants on a partitioned table`()
    async throws
  {
    let database = try TestDatabase.current
    try await makeItems(
      database,
      rows: 10,
      vectors: 10,
      tables: """
        CREATE TABLE item (id integer PRIMARY KEY, body text, e vector(384)) PARTITION BY RANGE (id);
        CREATE TABLE item_1 PARTITION OF item FOR VALUES FROM (0) TO (5);
        CREATE TABLE item_2 PARTITION OF item DEFAULT;
        """
    )
    _ = try await database.psql("UPDATE dbtool.embedding SET index_variant = 'hnsw'")
    let missing = try await database.doctor().one(.problem, "item.e", "the registry wants index")
    #expect(missing.advice == ["CREATE INDEX ON item USING hnsw (e vector_cosine_ops);"])
    _ = try await database.psql(missing.advice[0])
    #expect(try await database.doctor().needs_hand == false)
  }

  @Test(.temporaryDatabase) func `an index for another metric than the encoder's`() async throws {
    let database = try TestDatabase.current
    try await makeItems(database, rows: 10, vectors: 10)
    _ = try await database.psql("CREATE INDEX item_e ON item USING hnsw (e vector_l2_ops)")
    let found = try await database.doctor()
      .one(.hint, "item.e", "index item_e serves l2 and encoder words compares by cosine")
    #expect(found.advice == ["DROP INDEX CONCURRENTLY item_e;"])
    // A zero vector means nothing to cosine, which is the registry's word and no index's.
    _ = try await database.psql("UPDATE item SET e = e - e WHERE id = 1")
    _ = try await database.doctor().one(.problem, "item.e", "1 of 10 vectors is zero")
    _ = try await database.psql(
      "UPDATE dbtool.encoder SET metric = 'ip'; UPDATE item SET e = e + e"
    )
    let report = try await database.doctor()
    #expect(report.all(.problem, "item.e", "zero") == [])
    _ = try report.one(.problem, "item.e", "9 of 10 vectors are not of length 1")
  }

  // MARK: pgvector

  @Test(
    .temporaryVectorDatabase,
    arguments: [
      ("0.7.4", DoctorReport.Severity.problem, ["before 0.8.2", "before 0.8.3", "before 0.8.4"]),
      (
        "0.8.2", .problem,
        ["0.8.2 is too old: before 0.8.3 VACUUM can corrupt HNSW indexes; before 0.8.4"]
      ),
      ("0.8.3", .problem, ["0.8.3 is too old: before 0.8.4 VACUUM can fail"]),
      ("0.8.4", .hint, ["and the server has 0.8.5"]),
      ("0.8.6", .hint, ["avg() fails where a parallel worker finds no row"]),
      ("0.8.10", .ok, ["0.8.10"]),
    ]
  )
  func `versions of pgvector that are known to be bad`(
    version: String,
    severity: DoctorReport.Severity,
    words: [String]
  ) async throws {
    let database = try TestDatabase.current
    _ = try await database.psql(
      "UPDATE pg_extension SET extversion = '\(version)' WHERE extname = 'vector'"
    )
    let report = try await database.doctor()
    for word in words { _ = try report.one(severity, "pgvector", word) }
    #expect(report.needs_hand == (severity == .problem))
  }

  @Test(.temporaryDatabase) func `a database without pgvector`() async throws {
    let database = try TestDatabase.current
    _ = try await database.psql("CREATE TABLE product (id integer)")
    let report = try await database.doctor()
    let found = try report.one(.hint, "pgvector", "is not in this database")
    #expect(found.advice == ["CREATE EXTENSION vector;   -- as a superuser"])
    #expect(report.columns.isEmpty && !report.needs_hand)
    _ = try await database.psql(found.advice[0])
    _ = try await database.doctor().one(.ok, "pgvector", "0.8.")
  }

  @Test(.temporaryDatabase) func `pgvector is gone from under a registry`() async throws {
    let database = try TestDatabase.current
    try await makeItems(database, rows: 1, vectors: 1)
    _ = try await database.psql("DROP EXTENSION vector CASCADE")
    let report = try await database.doctor()
    _ = try report.one(.problem, "pgvector", "the registry names some")
    _ = try report.one(.problem, "item.e", "no such vector column")
  }

  // MARK: Server and models

  @Test func `a server too old is one before 16`() {
    let versions = ["9.6.24", "15.13", "16.0", "18.4", "19beta1"]
    let tooOld = versions.map { version in
      ServerState(
        version: version,
        isStandby: false,
        sharedBuffers: 1,
        maintenanceMemory: 1,
        statementTimeout: nil,
        role: ""
      )
      .isTooOld
    }
    #expect(tooOld == [true, true, false, false, false])
  }

  @Test(.temporaryDatabase) func `a model that cannot be had is a hint`() async throws {
    let database = try TestDatabase.current
    try await makeItems(database, rows: 1, vectors: 0)
    let folder = try ScratchFolder()
    let environment = ["DBTOOL_MODELS": folder.path]
    let unused = try await database.doctor(environment: environment)
    let hint = try unused.one(.hint, "model words", "no column has its vectors yet")
    #expect(hint.advice[0].hasPrefix("hf download "))
    _ = try await database.psql("UPDATE item SET e = \(Self.axis)")
    let used = try await database.doctor(environment: environment)
    _ = try used.one(.hint, "model words", "its vectors stay, new rows get none")
    #expect(!unused.needs_hand && !used.needs_hand)

    _ = try await database.psql("CREATE TABLE other (id integer PRIMARY KEY, e vector(3))")
    let other = try await database.doctor("--table", "other", environment: environment)
    #expect(!other.environment.contains { $0.subject.hasPrefix("model ") })
  }

  @Test(.temporaryDatabase) func `the environment is named, fact by fact`() async throws {
    let database = try TestDatabase.current
    let report = try await database.doctor()
    #expect(
      report.environment.map(\.subject) == [
        "server", "memory", "pgvector", "registry", "vector columns", "libpq", "embedded server",
      ]
    )
    _ = try report.one(.ok, "server", "PostgreSQL \(TestServer.major).")
    _ = try report.one(.ok, "memory", "shared_buffers 128 MB, maintenance_work_mem 64 MB")
    _ = try report.one(.ok, "registry", "none in this database")
    _ = try report.one(.ok, "libpq", PQConnection.libraryVersion)
    _ = try report.one(.ok, "embedded server", "not used, since a connection is configured")
  }
}
