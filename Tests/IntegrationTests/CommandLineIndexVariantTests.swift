import Foundation
import PQClient
import TestSupport
import Testing
import VectorSQL

@Suite("The command line: index variants")
struct CommandLineIndexVariantTests {
  /// The variants with the ends of their indexes' names and their operator classes.
  static let variants = [
    ("hnsw", "hnsw_cosine", "vector_cosine_ops"),
    ("hnsw_halfvec", "hnsw_halfvec_cosine", "halfvec_cosine_ops"),
    ("hnsw_binary", "hnsw_binary", "bit_hamming_ops"),
    ("ivfflat", "ivfflat_cosine", "vector_cosine_ops"),
  ]

  private struct Found: Decodable {
    struct Row: Decodable { var id: Int, distance: Double }
    var rows: [Row]
    var index: String?
    var complete: Bool
    var settings: [String: String]
    var sql: String
  }

  private func similar(
    _ id: Int,
    _ database: TestDatabase,
    _ arguments: [String]
  ) async throws -> Found {
    let text = try await database.dbtool(
      [
        "similar", "\(id)", "--table", "shop.\"Product Items\"", "--limit", "10", "--format",
        "json",
      ]
        + arguments
    )
    try #require(text.status == 0, "\(text)")
    return try JSONDecoder().decode(Found.self, from: Data(text.stdout.utf8))
  }

  /// The share of the true neighbours that are found by this index, over some rows.
  private func recall(
    _ index: String,
    _ database: TestDatabase,
    where conditions: [String] = []
  ) async throws -> Double {
    var (found, all) = (0, 0)
    for id in [1, 1000, 2222, 3333, 4711, 5900] {
      let exact = try await similar(id, database, conditions + ["--exact"])
      let usual = try await similar(id, database, conditions)
      #expect(usual.index == index && exact.index == nil)
      #expect(usual.complete && usual.rows.count == 10)
      #expect(usual.rows.map(\.distance) == usual.rows.map(\.distance).sorted())
      found += Set(exact.rows.map(\.id)).intersection(usual.rows.map(\.id)).count
      all += exact.rows.count
    }
    return Double(found) / Double(all)
  }

  @Test(.temporaryDatabase, arguments: variants)
  func `serves searches, and its figures were foretold`(
    variant: String,
    ending: String,
    operators: String
  ) async throws {
    let database = try TestDatabase.current
    try database.makeProducts()
    let name = "Product Items_The Vector_\(ending)"
    let plan = try await database.indexPlan(variant)
    #expect(plan.buildable && plan.rows == 6000 && plan.operator_class == operators)
    #expect(plan.lists == (variant == "ivfflat" ? 6 : nil))
    #expect((plan.build_seconds ?? 0) > 0 && (plan.update_milliseconds ?? 0) > 0)
    #expect(try database.approximateIndexes() == [])

    let built = try await database.index("use", variant)
    #expect(built.status == 0 && built.stderr == "", "\(built)")
    #expect(built.stdout == "built index \(name) on shop.\"Product Items\"\n")
    let listed = try #require(try await database.indexList().first)
    #expect(listed.name == name && listed.valid == true && listed.made_by_dbtool)
    #expect(listed.operator_class == operators && listed.encoder == nil && !listed.missing)
    #expect(listed.rows_at_build == 6000 && listed.rows == 6000 && !listed.stale)
    let bytes = Double(try #require(listed.bytes))
    #expect(abs(Double(plan.bytes) - bytes) < 0.2 * bytes, "\(plan.bytes) for \(bytes)")

    #expect(try await recall(name, database) >= 0.9)
    #expect(try await recall(name, database, where: ["--where", "kind = 3"]) >= 0.9)
    let again = try await database.index("use", variant)
    #expect(again.stdout == "index \(name) on shop.\"Product Items\" is there already\n")
    let dropped = try await database.index("drop")
    #expect(dropped.status == 0 && dropped.stdout.hasPrefix("dropped index \(name)\n"))
    #expect(try database.approximateIndexes() == [])
    #expect(try await similar(1, database, []).index == nil)
  }

  private func number(after word: String, in text: String) -> Double? {
    let words = text.split(separator: " ")
    return words.firstIndex { $0 == word }.flatMap { Double(words[$0 + 1]) }
  }

  /// pgvector says after how many rows the memory was full.
  @Test(.temporaryDatabase, arguments: ["hnsw", "hnsw_halfvec", "hnsw_binary"])
  func `the memory of a graph`(variant: String) async throws {
    let database = try TestDatabase.current
    try database.makeProducts(3000, dimension: 384)
    let plan = try await database.indexPlan(variant)
    let definition = try #require(plan.definition)
    var db = try database.connect()
    try db.executeScript(
      "SET maintenance_work_mem = '1MB'; SET max_parallel_maintenance_workers = 0"
    )
    try db.executeScript(definition)
    let notice = try #require(
      db.takeNotices().map(\.message).first { $0.contains("no longer fits") }
    )
    let rows = try #require(number(after: "after", in: notice))
    let measured = 1_048_576 / rows
    let foretold = Double(plan.memory) / Double(plan.rows)
    #expect(abs(measured - foretold) < 0.2 * measured, "\(foretold) for \(measured)")
  }

  /// What pgvector's k-means asks for it says when it does not get it.
  @Test(.temporaryDatabase) func `the memory of lists`() async throws {
    let database = try TestDatabase.current
    try database.makeProducts(4000, dimension: 384)
    let plan = try await database.indexPlan("ivfflat")
    var db = try database.connect()
    try db.executeScript("SET maintenance_work_mem = '1MB'")
    let definition = try #require(plan.definition)
    let error = #expect(throws: PostgresError.self) { try db.executeScript(definition) }
    let message = try #require(error?.message)
    let measured = try #require(number(after: "is", in: message))
    let foretold = Double(plan.memory) / 1_048_576
    #expect(abs(foretold - measured) < 0.2 * measured + 1, "\(foretold) for \(message)")
  }

  @Test(.temporaryDatabase) func `the statements are what they look like`() async throws {
    let database = try TestDatabase.current
    try database.makeProducts(2500)
    _ = try await database.index("use", "hnsw_halfvec")
    let halfvec = try await similar(7, database, [])
    #expect(
      halfvec.sql.contains("\"The Vector\"::halfvec(128) <=>") && halfvec.sql.contains("LIMIT 200")
    )
    #expect(halfvec.settings["hnsw.ef_search"] == "400")
    // The index serves another metric than this.
    #expect(try await similar(7, database, ["--metric", "l2"]).index == nil)

    _ = try await database.index("use", "hnsw_binary")
    let binary = try await similar(7, database, [])
    #expect(binary.sql.contains("binary_quantize") && binary.sql.contains("<~>"))
    _ = try await database.index("use", "ivfflat")
    let lists = try await similar(7, database, [])
    #expect(lists.settings["ivfflat.probes"] == "1" && lists.settings["hnsw.ef_search"] == nil)
    #expect(!lists.sql.contains("+ 0"))
    let filtered = try await similar(7, database, ["--where", "kind != 3"])
    #expect(filtered.settings["ivfflat.iterative_scan"] == "relaxed_order")
    #expect(filtered.sql.contains("+ 0"))
    #expect(filtered.index == lists.index && filtered.index != nil)
  }

  @Test(.temporaryDatabase) func `the registry keeps variant and metric`() async throws {
    let database = try TestDatabase.current
    try await database.makeMovies()
    let column = ["--table", "film", "--encoder", "lexical"]
    let built = try await database.dbtool(["index", "use", "hnsw", "--metric", "l2"] + column)
    #expect(built.stdout == "built index film_embedding_lexical_hnsw_l2 on film\n", "\(built)")
    #expect(
      try await database.indexList("--table", "film").contains {
        $0.wanted == "hnsw_l2" && $0.valid == true
      }
    )

    // Embedding everything anew drops it and builds it again.
    try await database.succeed("embed", "--encoder", "lexical", "--refit")
    #expect(try database.approximateIndexes() == ["film_embedding_lexical_hnsw_l2"])
    var db = try database.connect()
    try db.execute("DROP INDEX film_embedding_lexical_hnsw_l2")
    let missing = try await database.indexList("--table", "film").filter(\.missing)
    #expect(missing.map(\.name) == ["film_embedding_lexical_hnsw_l2"])
    let doctor = try await database.dbtool("doctor", "--table", "film")
    #expect(
      doctor.stdout.contains("dbtool index use hnsw --table film --encoder lexical --metric l2"),
      "\(doctor)"
    )
    _ = try await database.dbtool(["index", "use", "hnsw_halfvec"] + column)
    #expect(try database.approximateIndexes() == ["film_embedding_lexical_hnsw_halfvec_cosine"])
    #expect(
      try await database.indexList("--table", "film").compactMap(\.wanted).contains("hnsw_halfvec")
    )

    // Lists of so few rows would be no use: they are left out, and the vectors are there.
    try db.execute(
      "UPDATE dbtool.embedding SET index_variant = 'ivfflat' WHERE table_name = 'film'"
    )
    try await database.succeed("embed", "--encoder", "lexical", "--refit")
    #expect(try await database.indexList("--table", "film").contains(where: \.missing))
  }
}
