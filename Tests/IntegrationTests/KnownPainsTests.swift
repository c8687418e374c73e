import EmbeddedPostgres
import Foundation
import PQClient
import TestSupport
import Testing
import VectorSQL

/// What is known to go wrong with pgvector.
///
/// Each test shows it with the usual SQL, where that can be shown, and then that it does not happen here. The
/// tests of the suites within share one catalogue of 50,000 products.
///
/// - `CopiedDefectTests`: the SQL that people copy.
/// - `PainfulSearchTests`: filters, limits, thresholds, probes.
/// - `PainfulTableTests`: more than 2000 dimensions, pgvector in a schema of its own.
/// - `ServedByIndexTests`: every kind of search is served by the index.
///
/// Tested elsewhere:
/// - a title that several rows have, by key, label and condition: `CommandLineSimilarTests`;
/// - a row counts once in a profile, or by count and recency, against means made in Swift: `MainStatementTests`;
/// - no profile, no vector, a mean that cancels out, and the sentence that says so: `CommandLineRecommendTests`;
/// - dimensions of a column and of an encoder that differ: `CommandLineEncoderTests`;
/// - vectors of other dimensions in a file: `CommandLineEmbedFileRefusalTests`;
/// - indexes on too many dimensions and searches without a limit do not compile: `CompileTimeTests`;
/// - an invalid index, and one of another metric, are named in the answer: `CommandLineIndexTests`.
@Suite("Known pains of pgvector", .knownPains)
struct KnownPainsTests {
  enum Tiny: EncoderLabel {
    typealias Size = UpTo2000
    static let name = "tiny"
  }

  static let dimension = 32
  static let table = Table("product")
  static let name = table.column("name")
  static let products = Embedding<Tiny>(
    table: table,
    key: "id",
    column: "embedding",
    dimension: dimension
  )
  /// The vectors of other rows, in a table of their own.
  static let chunks = Embedding<Tiny>(
    table: Table("chunk_vector"),
    key: "chunk",
    column: "v",
    dimension: dimension,
    of: Table("chunk").column("id")
  )
  static let orders = Interactions(
    Table("order_line"),
    subject: "customer_id",
    item: "product_id",
    weight: "quantity"
  )
  static let row = Probe.row(SQLBind(7), of: products.column)

  static func profile(of customer: Int, weight: ProfileWeight = .equal) -> Probe {
    .profile(
      Profile(
        of: SQLBind(customer),
        interactions: orders,
        items: products.column,
        weight: weight
      )
    )
  }

  /// A search as the commands make it.
  static func search(
    _ probe: Probe = row,
    in column: EmbeddingColumn = products.column,
    by metric: DistanceMetric = .cosine,
    limit: Int = 10
  ) throws -> NearestNeighbors {
    let search = try NearestNeighbors(column, to: probe, by: metric, limit: limit)
    // Before PostgreSQL 17 no index serves an order by a distance and a key.
    return TestServer.major < 17 ? search.breakingTiesAfterLimit() : search
  }

  /// The products on 50 clusters of unit vectors; `category` is that of one in a hundred of each, and `price` tells them apart.
  ///
  /// Besides them ten without a vector, ten with a zero vector, and two twins.
  private static let catalogue = """
    CREATE TABLE product (
      id int PRIMARY KEY, name text NOT NULL, category int NOT NULL, price int NOT NULL, embedding vector(32)
    );
    INSERT INTO product
    SELECT n, CASE WHEN n IN (100, 200) THEN 'Twin' ELSE 'Product ' || n END, n / 50 % 100, n % 50,
           l2_normalize((
             SELECT array_agg((hashint8extended(n % 50, i) + 0.5 * hashint8extended(n + 50, i)) / 1e19)
             FROM generate_series(1, 32) AS i
           )::vector)
    FROM generate_series(1, 50000) AS n;
    INSERT INTO product SELECT n, 'No vector ' || n, 0, 0, NULL FROM generate_series(50001, 50010) AS n;
    INSERT INTO product SELECT n, 'Zero ' || n, 0, 0, array_fill(0, ARRAY[32])::vector
    FROM generate_series(50011, 50020) AS n;
    CREATE TABLE order_line (customer_id int, product_id int, quantity int);
    INSERT INTO order_line
    SELECT c, 50 * k + c, 1 FROM generate_series(1, 20) AS c, generate_series(1, 10) AS k;
    CREATE INDEX ON order_line (customer_id, product_id);
    CREATE TABLE chunk (id int PRIMARY KEY, body text);
    CREATE TABLE chunk_vector (chunk int PRIMARY KEY REFERENCES chunk, v vector(32));
    INSERT INTO chunk SELECT id, 'chunk ' || id FROM product WHERE id <= 50000;
    INSERT INTO chunk_vector SELECT id, embedding FROM product WHERE id <= 50000
    """

  private static let indexes = [
    (products.hnsw(by: .cosine, m: 8, efConstruction: 32), "product_cosine"),
    (products.hnswOnBits(m: 8, efConstruction: 32), "product_bits"),
    (products.hnswOnHalfvec(by: .cosine, m: 8, efConstruction: 32), "product_halfvec"),
    (chunks.hnsw(by: .cosine, m: 8, efConstruction: 32), "chunk_vector_cosine"),
  ]

  fileprivate static func make(_ database: TestDatabase) throws {
    var db = try database.connect()
    try db.executeScript(catalogue)
    try db.execute("SET maintenance_work_mem = '128MB'")
    for (index, name) in indexes { try db.query(index.create(name, concurrently: false)) }
    try db.executeScript("VACUUM ANALYZE")
  }
}

// MARK: - One catalogue for the suites

/// One database for all tests within a suite, unless they ask for one of their own.
struct KnownPainsTrait: SuiteTrait, TestScoping {
  func provideScope(
    for test: Test,
    testCase: Test.Case?,
    performing function: @concurrent @Sendable () async throws -> Void
  ) async throws {
    try await TestDatabase.with(vector: true) {
      try KnownPainsTests.make(TestDatabase.current)
      try await function()
    }
  }
}

extension Trait where Self == KnownPainsTrait {
  static var knownPains: Self { Self() }
}

// MARK: - Plans

/// A plan as EXPLAIN (FORMAT JSON) gives it.
struct Plan {
  private let root: [String: Any]

  /// The plan of a statement under its own settings.
  ///
  /// - Parameters:
  ///   - statement: The statement.
  ///   - options: More of EXPLAIN's options; with ANALYZE it runs.
  ///   - db: The connection.
  /// - Throws: `PostgresError` from the server.
  init(
    of statement: SQLStatement,
    _ options: String = "",
    on db: inout PQConnection
  ) throws {
    let json: String = try db.run(statement.explained("FORMAT JSON" + options)).scalar()
    let plans = try JSONSerialization.jsonObject(with: Data(json.utf8)) as? [[String: Any]]
    root = try #require(plans?.first?["Plan"] as? [String: Any])
  }

  /// Every node, the root first.
  var nodes: [[String: Any]] { Self.nodes(of: root) }

  private static func nodes(of node: [String: Any]) -> [[String: Any]] {
    [node] + (node["Plans"] as? [[String: Any]] ?? []).flatMap(nodes)
  }

  /// The index scans in the order of a distance.
  var orderedScans: [[String: Any]] { nodes.filter { $0["Order By"] != nil } }

  /// The indexes that are read in the order of a distance.
  var orderedIndexes: [String] { orderedScans.compactMap { $0["Index Name"] as? String } }

  /// Whether a table is read from its beginning to its end.
  func readsAll(_ table: String) -> Bool {
    nodes.contains {
      $0["Node Type"] as? String == "Seq Scan" && $0["Relation Name"] as? String == table
    }
  }

  /// A number of a node: PostgreSQL 18 counts rows in fractions.
  static func number(_ key: String, of node: [String: Any]?) -> Double? {
    (node?[key] as? NSNumber)?.doubleValue
  }
}
