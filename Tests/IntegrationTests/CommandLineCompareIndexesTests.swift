import Foundation
import PQClient
import TestSupport
import Testing
import VectorSQL

@Suite("The command line: explain --compare-indexes", .serialized, .timeLimit(.minutes(30)))
struct CommandLineCompareIndexesTests {
  static let table = ["--table", "shop.\"Product Items\""]

  @Test(.temporaryDatabase)
  func `measures each kind of index, and a recall that anybody computes again`() async throws {
    let database = try TestDatabase.current
    try database.makeProducts(6000, dimension: 64)
    _ = try await database.index("use", "hnsw")
    let before = try database.approximateIndexes()
    let comparison = try await database.compareIndexes(
      "similar",
      "7",
      "--limit",
      "8",
      "--table",
      "shop.\"Product Items\""
    )
    #expect(comparison.probes.count == 100 && comparison.vectors == 6000 && comparison.limit == 8)
    let names = comparison.indexes.map(\.variant)
    #expect(names == ["exact", "hnsw", "hnsw_halfvec", "hnsw_binary", "ivfflat"])
    #expect(comparison.indexes.dropFirst().allSatisfy { $0.used && $0.size_bytes > 100_000 })
    #expect(comparison.indexes.dropFirst().allSatisfy { $0.build_seconds > 0 && $0.rows == 8 })

    var db = try database.connect()
    let vectors = try db.query("SELECT id, \"The Vector\" FROM shop.\"Product Items\"").map {
      (id: String(try $0[0] as Int), vector: try $0[1] as PGVector)
    }
    try comparison.checkRecall(among: vectors)

    // The copy is gone, and the table's own index is what it was.
    #expect(try database.approximateIndexes() == before)
    #expect(
      try db.query("SELECT count(*) FROM pg_class WHERE relname LIKE 'dbtool_copy%'").scalar()
        == 0
    )
    let text = try await database.succeed(
      "explain",
      "--compare-indexes",
      "--probes",
      "10",
      "similar",
      "7",
      "--table",
      "shop.\"Product Items\"",
      "--where",
      "kind = 3"
    )
    #expect(text.contains("hnsw_binary") && text.contains("10 rows that no index has seen"))
  }

  @Test(.temporaryDatabase)
  func `says which indexes there cannot be, and refuses what has none`() async throws {
    let database = try TestDatabase.current
    try database.makeProducts(600, dimension: 2100)
    let comparison = try await database.compareIndexes(
      "similar",
      "7",
      "--table",
      "shop.\"Product Items\""
    )
    let refusals = comparison.indexes.filter { $0.refusal != nil }
    #expect(refusals.map(\.variant) == ["hnsw", "ivfflat"])
    #expect(refusals.allSatisfy { $0.refusal?.contains("2100") == true })
    // So few rows are compared one by one, whatever index there is.
    #expect(comparison.indexes.allSatisfy { !$0.used })

    let compare = ["explain", "--compare-indexes"]
    let similar = ["similar", "7"] + Self.table
    for (arguments, word) in [
      (compare + similar + ["--exact"], "--exact"),
      (compare + ["--recall"] + similar, "--recall"),
      (compare + ["--probes", "3"] + similar, "10 to 10000"),
      (compare + ["--sql", "-"], "--compare-indexes"),
      (["explain", "--probes", "20"] + similar, "--probes"),
    ] {
      let outcome = try await database.dbtool(arguments)
      #expect(outcome.status == 64 && outcome.stderr.contains(word), "\(arguments) \(outcome)")
    }
    try await database.withRole { role in
      var db = try database.connect()
      try db.execute("GRANT USAGE ON SCHEMA shop TO \(ident: role)")
      try db.execute("GRANT SELECT ON shop.\"Product Items\" TO \(ident: role)")
      let denied = try await DBToolProcess.run(
        compare + similar,
        environment: ["DATABASE_URL": database.url(user: role)]
      )
      expectRefusal(denied, 77, says: "permission denied for schema shop")
    }
  }

  @Test(.temporaryDatabase)
  func `explain --recall tells what other settings would change, and nothing that chance explains`()
    async throws
  {
    let database = try TestDatabase.current
    try database.makeProducts(6000, dimension: 64)
    var db = try database.connect()
    // A poor graph: more candidates find more.
    try db.executeScript(
      """
      CREATE INDEX poor ON shop."Product Items" USING hnsw ("The Vector" vector_cosine_ops)
      WITH (m = 2, ef_construction = 4);
      """
    )
    let arguments = [
      "explain", "--recall", "--probes", "200", "--format", "json", "similar", "7",
    ]
    let outcome = try await database.dbtool(arguments + Self.table)
    try #require(outcome.status == 0, "\(outcome)")
    let report = try JSONDecoder().decode(Advised.self, from: Data(outcome.stdout.utf8))
    let dearer = try #require(report.advice.last, "\(outcome)")
    #expect(dearer.setting == "hnsw.ef_search 800" && dearer.probes == 200)
    let gain = try #require(dearer.recall_gain)
    let halfWidth = try #require(dearer.recall_half_width)
    #expect(gain > halfWidth && dearer.recall_then > dearer.recall)
    let tree = try await database.succeed(
      "explain",
      "--recall",
      "--probes",
      "200",
      "similar",
      "7",
      "--table",
      "shop.\"Product Items\""
    )
    #expect(
      tree.contains("hnsw.ef_search 800: recall 0.") && tree.contains("200 probes"),
      "\(tree)"
    )

    // Where nothing is missed there is no more to find.
    try db.executeScript("DROP INDEX shop.poor")
    _ = try await database.index("use", "hnsw")
    let full = try await database.dbtool(arguments + Self.table)
    let second = try JSONDecoder().decode(Advised.self, from: Data(full.stdout.utf8))
    #expect(second.advice.allSatisfy { $0.recall_gain == nil && $0.milliseconds < 0 }, "\(full)")
  }

  private struct Advised: Decodable {
    struct Advice: Decodable {
      let setting: String
      let recall: Double
      let recall_then: Double
      let recall_gain: Double?
      let recall_half_width: Double?
      let milliseconds: Double
      let probes: Int
    }

    let advice: [Advice]
  }
}

// MARK: - The comparison

/// The object of `dbtool explain --compare-indexes --format json`.
struct IndexComparison: Decodable {
  struct Index: Decodable {
    let variant: String
    let refusal: String?
    let used: Bool
    let size_bytes: Int
    let build_seconds: Double
    let recall: Double?
    let rows: Double?
    let answers: [[String]]?
  }

  let vectors: Int
  let limit: Int
  let probes: [String]
  let indexes: [Index]

  /// Computes the recall of each index again, from the vectors and with 64-bit floats, and compares.
  func checkRecall(among rows: [(id: String, vector: PGVector)]) throws {
    let units = rows.map { Unit(id: $0.id, vector: $0.vector) }
    let heldOut = Set(probes)
    let wanted = try probes.map { probe -> Set<String> in
      let own = try #require(units.first { $0.id == probe })
      var near: [(id: String, cosine: Double)] = []
      for other in units where !heldOut.contains(other.id) {
        near.append((other.id, other.cosine(own)))
      }
      near.sort { $0.cosine > $1.cosine }
      return Set(near.prefix(limit).map { $0.id })
    }
    for index in indexes where index.refusal == nil {
      let answers = try #require(index.answers)
      #expect(answers.count == probes.count)
      let shares = zip(answers, wanted).map {
        Double(Set($0).intersection($1).count) / Double($1.count)
      }
      let recall = shares.reduce(0, +) / Double(shares.count)
      let reported = try #require(index.recall)
      // Of rows at one distance in 32 bits, either is right.
      #expect(abs(recall - reported) < 0.002, "\(index.variant): \(recall), \(reported)")
    }
  }
}

/// A vector of length one, in 64-bit floats.
private struct Unit {
  let id: String
  let numbers: [Double]

  init(id: String, vector: PGVector) {
    self.id = id
    let numbers = vector.elements.map { Double($0) }
    let norm = numbers.reduce(0) { $0 + $1 * $1 }.squareRoot()
    self.numbers = numbers.map { $0 / norm }
  }

  func cosine(_ other: Unit) -> Double {
    var sum = 0.0
    for (place, number) in numbers.enumerated() { sum += number * other.numbers[place] }
    return sum
  }
}

extension TestDatabase {
  func compareIndexes(_ command: String...) async throws -> IndexComparison {
    let outcome = try await DBToolProcess.run(
      ["explain", "--compare-indexes", "--format", "json"] + command,
      environment: ["DATABASE_URL": url]
    )
    try #require(outcome.status == 0, "\(outcome)")
    return try JSONDecoder().decode(IndexComparison.self, from: Data(outcome.stdout.utf8))
  }
}
