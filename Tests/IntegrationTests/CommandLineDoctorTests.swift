import Foundation
import PQClient
import TestSupport
import Testing
import VectorSQL

/// Each finding about columns and indexes, provoked on a server, and ended by the advice that comes with it.
@Suite("The command line: doctor", .timeLimit(.minutes(30)))
struct CommandLineDoctorTests {
  /// Something that is not as it should be.
  struct Ailment: Sendable, CustomTestStringConvertible {
    let name: String
    /// What brings it about, for psql.
    let script: String
    let severity: DoctorReport.Severity
    let subject: String
    /// What the finding says.
    let words: String
    /// Whether pasting the advice into psql ends it.
    var isCured = true
    /// Options of the server's session that the doctor has.
    var options = ""
    var testDescription: String { name }
  }

  /// A table with a hundred vectors of length 1.
  static func product(_ vector: String = "vector(3)", rows: Int = 100) -> String {
    """
    CREATE TABLE product (id integer PRIMARY KEY, e \(vector), kind integer);
    INSERT INTO product SELECT i, ARRAY[cos(i), sin(i), 0]::vector, i % 5 FROM generate_series(1, \(rows)) AS i;

    """
  }

  static let ailments = [
    Ailment(
      name: "zero vectors under a cosine index",
      script: product() + """
        CREATE INDEX product_e ON product USING hnsw (e vector_cosine_ops);
        UPDATE product SET e = '[0,0,0]' WHERE id <= 3;
        """,
      severity: .problem,
      subject: "product.e",
      words: "3 of 100 vectors are zero"
    ),
    Ailment(
      name: "zero vectors under no metric that is known",
      script: product("halfvec(3)") + "UPDATE product SET e = '[0,0,0]' WHERE id = 3;",
      severity: .hint,
      subject: "product.e",
      words: "1 of 100 vectors is zero"
    ),
    Ailment(
      name: "vectors of several dimensions",
      script: product("vector") + "UPDATE product SET e = '[1,2]' WHERE id > 90;",
      severity: .problem,
      subject: "product.e",
      words: "vectors of 2 and 3 elements in one column"
    ),
    Ailment(
      name: "no dimension declared",
      script: product("halfvec"),
      severity: .hint,
      subject: "product.e",
      words:
        "declares no dimension, and no index can be built on it as it is; all vectors have 3 elements"
    ),
    Ailment(
      name: "other lengths than 1 under inner product",
      script: product() + """
        UPDATE product SET e = '[3,4,0]' WHERE id <= 20;
        CREATE INDEX product_e ON product USING hnsw (e vector_ip_ops);
        """,
      severity: .problem,
      subject: "product.e",
      words: "20 of 100 vectors are not of length 1"
    ),
    Ailment(
      name: "an index that an interrupted build left",
      script: product() + """
        CREATE INDEX "Product E" ON product USING hnsw (e vector_cosine_ops) WITH (m = 8);
        UPDATE pg_index SET indisvalid = false WHERE indexrelid = '"Product E"'::regclass;
        """,
      severity: .problem,
      subject: "product.e",
      words: #"index "Product E" is INVALID"#
    ),
    Ailment(
      name: "a copy that an interrupted REINDEX left",
      script: product() + """
        CREATE INDEX product_e ON product USING hnsw (e vector_cosine_ops);
        CREATE INDEX product_e_ccnew ON product USING hnsw (e vector_cosine_ops);
        UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'product_e_ccnew'::regclass;
        """,
      severity: .problem,
      subject: "product.e",
      words: "index product_e_ccnew is INVALID"
    ),
    Ailment(
      name: "an index that a partition lacks",
      script: """
        CREATE TABLE part (id integer, e vector(3)) PARTITION BY RANGE (id);
        CREATE TABLE part_1 PARTITION OF part FOR VALUES FROM (0) TO (50);
        CREATE TABLE part_2 PARTITION OF part FOR VALUES FROM (50) TO (200);
        INSERT INTO part SELECT i, '[1,0,0]' FROM generate_series(1, 100) AS i;
        CREATE INDEX part_e ON ONLY part USING hnsw (e vector_l2_ops);
        """,
      severity: .problem,
      subject: "part.e",
      words: "index part_e is not valid: not every partition has its part of it"
    ),
    Ailment(
      name: "IVFFlat on an empty table",
      script: """
        CREATE TABLE product (id integer PRIMARY KEY, e vector(3)) WITH (autovacuum_enabled = false);
        CREATE INDEX product_e ON product USING ivfflat (e vector_l2_ops) WITH (lists = 10);
        INSERT INTO product SELECT i, ARRAY[cos(i), sin(i), 0]::vector FROM generate_series(1, 10000) AS i;
        """,
      severity: .problem,
      subject: "product.e",
      words: "index product_e held 0 rows when PostgreSQL counted last"
    ),
    Ailment(
      name: "IVFFlat with lists far from the rule",
      script: product(rows: 5000) + """
        CREATE INDEX product_e ON product USING ivfflat (e vector_cosine_ops) WITH (lists = 1000);
        """,
      severity: .hint,
      subject: "product.e",
      words: "index product_e has lists = 1000 for 5,000 vectors; pgvector's rule is about 5"
    ),
    Ailment(
      name: "many rows and no index",
      script: product(rows: 50_001),
      severity: .hint,
      subject: "product.e",
      words: "50,001 vectors and no approximate index"
    ),
    Ailment(
      name: "dead rows",
      script: product(rows: 3000) + """
        ALTER TABLE product SET (autovacuum_enabled = false);
        UPDATE product SET kind = 7 WHERE id > 1000;
        """,
      severity: .hint,
      subject: "product",
      words: "40.0 % of its rows (2,000) are dead"
    ),
    Ailment(
      name: "a materialized view that was never filled",
      script: product() + "CREATE MATERIALIZED VIEW best AS SELECT e FROM product WITH NO DATA;",
      severity: .hint,
      subject: "best",
      words: "has not been populated"
    ),
    Ailment(
      name: "an index larger than a rebuild may take",
      script: product(rows: 5000)
        + "CREATE INDEX product_e ON product USING hnsw (e vector_cosine_ops);",
      severity: .hint,
      subject: "product.e",
      words: "does not fit maintenance_work_mem (1 MB)",
      isCured: false,
      options: "-c maintenance_work_mem=1MB"
    ),
    Ailment(
      name: "an index larger than shared_buffers",
      script: """
        CREATE TABLE product (e vector(2000));
        INSERT INTO product SELECT array_fill(0.02, ARRAY[2000])::vector FROM generate_series(1, 18000);
        SET maintenance_work_mem = '256MB';
        CREATE INDEX product_e ON product USING ivfflat (e vector_cosine_ops) WITH (lists = 18);
        """,
      severity: .hint,
      subject: "product.e",
      words: "more than shared_buffers (128 MB)",
      isCured: false
    ),
    Ailment(
      name: "a foreign table that nobody counted",
      script: """
        CREATE FOREIGN DATA WRAPPER other;
        CREATE SERVER away FOREIGN DATA WRAPPER other;
        CREATE FOREIGN TABLE far (e vector(3)) SERVER away;
        """,
      severity: .hint,
      subject: "far",
      words: "not counted: it stands on another server",
      isCured: false
    ),
  ]

  @Test(.temporaryVectorDatabase, arguments: ailments)
  func `finds it, and its advice ends it`(ailment: Ailment) async throws {
    let database = try TestDatabase.current
    _ = try await database.psql(ailment.script)
    let url = try database.url(options: ailment.options)
    let found = try await database.doctor(url: url)
      .one(ailment.severity, ailment.subject, ailment.words)
    #expect(!found.advice.isEmpty)
    guard ailment.isCured else { return }
    _ = try await database.psql(found.advice.joined(separator: "\n"))
    let after = try await database.doctor(url: url)
    #expect(after.all(ailment.severity, ailment.subject, ailment.words) == [])
    #expect(!after.needs_hand, "\(after.findings)")
  }

  @Test(.temporaryVectorDatabase) func `a table in order has nothing but the registry to say`()
    async throws
  {
    let database = try TestDatabase.current
    _ = try await database.psql(
      Self.product() + "CREATE INDEX product_e ON product USING hnsw (e vector_cosine_ops);"
    )
    let report = try await database.doctor()
    let column = try report.column("e")
    #expect(column.rows == 100 && column.nulls == 0 && column.zero == 0 && column.non_unit == 0)
    #expect(column.dimension == 3 && column.sample == false && column.encoder == nil)
    #expect(column.findings.count == 1)
    let hint = try report.one(.hint, "product.e", "is in no registry")
    #expect(hint.advice[0].hasPrefix("dbtool encoder adopt product.e --as "))

    let shown = try await database.dbtool("doctor")
    #expect(shown.status == 0 && shown.stderr == "")
    #expect(shown.stdout.contains("product_e: hnsw vector_cosine_ops"))
    #expect(shown.stdout.contains("\nnothing needs a hand, 1 hint\n"))
  }

  @Test(.temporaryVectorDatabase) func `a column that takes no NULL is not told to take one`()
    async throws
  {
    let database = try TestDatabase.current
    _ = try await database.psql(
      Self.product("vector NOT NULL") + "UPDATE product SET e = '[0,0]' WHERE id <= 2;"
    )
    let report = try await database.doctor()
    let zero = try report.one(.hint, "product.e", "2 of 100 vectors are zero")
    let mixed = try report.one(.problem, "product.e", "vectors of 2 and 3 elements")
    #expect(try await database.psql(zero.advice[0]).split(separator: "\n").count == 2)
    #expect(mixed.advice[1].hasPrefix("SELECT * FROM product WHERE vector_dims(e) <> "))
  }

  @Test(.temporaryVectorDatabase) func `an index says what it serves`() async throws {
    let database = try TestDatabase.current
    _ = try await database.psql(
      Self.product() + """
        CREATE INDEX a ON product USING hnsw (e vector_cosine_ops) WITH (m = 8) WHERE kind > 1;
        CREATE INDEX b ON product USING hnsw ((e::halfvec(3)) halfvec_l2_ops);
        CREATE INDEX c ON product USING hnsw ((binary_quantize(e)::bit(3)) bit_hamming_ops);
        CREATE INDEX d ON product USING ivfflat (e vector_ip_ops) WITH (lists = 2);
        CREATE INDEX x ON product (kind) WHERE e IS NOT NULL;
        ALTER TABLE product ADD COLUMN f vector(3);
        CREATE INDEX y ON product USING hnsw (f vector_l1_ops) WHERE e IS NOT NULL;
        """
    )
    let report = try await database.doctor()
    let indexes = try report.column("e").indexes
    #expect(indexes.map(\.name) == ["a", "b", "c", "d"])
    #expect(indexes.map(\.serves) == ["cosine", "l2", "hamming", "ip"])
    #expect(indexes.map(\.method) == ["hnsw", "hnsw", "hnsw", "ivfflat"])
    #expect(indexes[0].predicate == "kind > 1" && indexes[0].options == ["m": "8"])
    #expect(indexes[1].expression == "(e::halfvec(3))")
    #expect(indexes[2].expression == "(binary_quantize(e)::bit(3))")
    #expect(try report.column("f").indexes.map(\.serves) == ["l1"])
  }

  @Test(.temporaryVectorDatabase) func `of many rows a sample is read, and it says so`()
    async throws
  {
    let database = try TestDatabase.current
    _ = try await database.psql(
      Self.product(rows: 120_000) + "UPDATE product SET e = NULL WHERE id % 4 = 0;"
    )
    let column = try await database.doctor().column("e")
    #expect(column.sample == true)
    let (rows, read, nulls) = (column.rows ?? 0, column.rows_read ?? 0, column.nulls ?? 0)
    #expect((100_001...150_000).contains(rows))
    #expect((25_000...75_000).contains(read))
    #expect(abs(Double(nulls) / Double(read) - 0.25) < 0.05)
    let shown = try await database.dbtool("doctor", "-e").stdout
    #expect(shown.contains("; ~ from a sample of the table"))
    let same = try await database.doctor().column("e")
    #expect(same.rows_read == read && same.nulls == nulls, "the same sample every time")
  }

  @Test(.temporaryVectorDatabase) func `a table smaller than the catalogue believes is read whole`()
    async throws
  {
    let database = try TestDatabase.current
    _ = try await database.psql(
      Self.product() + """
        ALTER TABLE product SET (autovacuum_enabled = false);
        ANALYZE product;
        UPDATE pg_class SET reltuples = 900000 WHERE oid = 'product'::regclass;
        """
    )
    let column = try await database.doctor().column("e")
    #expect(column.rows == 100 && column.rows_read == 100 && column.sample == false)
  }

  @Test(
    .temporaryVectorDatabase,
    arguments: [
      ("vector(2500)", "hnsw ((e::halfvec(2500)) halfvec_cosine_ops)"),
      ("vector(5000)", "hnsw ((binary_quantize(e)::bit(5000)) bit_hamming_ops)"),
      ("halfvec(2500)", "hnsw (e halfvec_cosine_ops)"),
    ]
  )
  func `vectors too long for an index get one on an expression`(type: String, index: String)
    async throws
  {
    let database = try TestDatabase.current
    let dimension = type.filter(\.isNumber)
    _ = try await database.psql(
      """
      CREATE TABLE product (e \(type));
      ALTER TABLE product ALTER COLUMN e SET STORAGE EXTENDED;
      INSERT INTO product
      SELECT (SELECT array_fill(0.02, ARRAY[\(dimension)])::vector) FROM generate_series(1, 50001);
      """
    )
    let found = try await database.doctor()
      .one(.hint, "product.e", "50,001 vectors and no approximate index")
    #expect(found.advice == ["CREATE INDEX CONCURRENTLY ON product USING \(index);"])
    _ = try await database.psql("TRUNCATE product;\n" + found.advice[0])
    let after = try await database.doctor().column("e")
    #expect(after.indexes.map(\.valid) == [true])
  }
}
