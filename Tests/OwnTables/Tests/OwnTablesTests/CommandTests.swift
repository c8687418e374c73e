import Foundation
import PQClient
import SQL
import Testing
import VectorSQL

/// Every command that works on any table, on ours.
@Suite("The commands on our own tables", .serialized)
struct CommandTests {
  private let items = "shop.\"Product Items\""

  // MARK: Running dbtool

  private struct Outcome {
    let status: Int32
    let stdout: String
    let stderr: String
  }

  private func run(_ arguments: String...) async throws -> Outcome { try await run(arguments) }

  private func run(
    _ arguments: [String],
    on database: String = "OWN_TABLES_URL"
  ) async throws -> Outcome {
    let environment = ProcessInfo.processInfo.environment
    let process = Process()
    process.executableURL = URL(filePath: try #require(environment["OWN_TABLES_DBTOOL"]))
    process.arguments = arguments
    process.environment = environment.merging(
      ["DATABASE_URL": try #require(environment[database])]
    ) { $1 }
    let (out, err) = (Pipe(), Pipe())
    process.standardOutput = out
    process.standardError = err
    try process.run()
    let errors = Task.detached { err.fileHandleForReading.readDataToEndOfFile() }
    let output = out.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    return Outcome(
      status: process.terminationStatus,
      stdout: String(decoding: output, as: UTF8.self),
      stderr: String(decoding: await errors.value, as: UTF8.self)
    )
  }

  private struct Answer: Decodable {
    struct Row: Decodable { var id: Key, title: String }
    /// A uuid or a number.
    struct Key: Decodable {
      init(from decoder: any Decoder) throws { _ = try decoder.singleValueContainer() }
    }
    var rows: [Row]
    var titles: [String] { rows.map(\.title) }
  }

  private func titles(_ arguments: String...) async throws -> [String] {
    let outcome = try await run(arguments + ["--format", "json"])
    try #require(outcome.status == 0, "\(outcome)")
    return try JSONDecoder().decode(Answer.self, from: Data(outcome.stdout.utf8)).titles
  }

  private func byHand(_ text: String) throws -> [String] {
    var db = try Database.connect()
    return try db.query(SQLStatement(text: text, binds: [])).map { try $0["Name"] }
  }

  // MARK: Neighbours

  @Test func `similar`() async throws {
    let found = try await titles(
      "similar",
      "copper kettle",
      "--table",
      items,
      "--where",
      "price < 40",
      "--limit",
      "4"
    )
    #expect(try found == byHand(SQL.cheapAlternatives))
    let chunks = try await titles("similar", "1", "--table", "chunk", "--limit", "3")
    #expect(chunks.count == 3)
    let looks = try await titles(
      "similar",
      "Copper Kettle",
      "--table",
      items,
      "--encoder",
      "looks",
      "--metric",
      "l2"
    )
    #expect(looks.count == 5 && looks != found)
  }

  @Test func `recommend`() async throws {
    let found = try await titles("recommend", "--for", "1", "--table", items, "--limit", "4")
    #expect(try found == byHand(SQL.recommendations))
    let alike = try await titles("recommend", "--like", "Chess Set,Chess Clock", "--table", items)
    #expect(!alike.contains("Chess Set") && alike.count == 5)
  }

  @Test func `search`() async throws {
    let found = try await titles("search", "equipment for climbers", "--table", items)
    #expect(found.prefix(3).contains("Climbing Rope") || found.prefix(3).contains("Summit Tent"))
    let hybrid = try await titles("search", "blitz", "--hybrid", "--table", items)
    #expect(hybrid.first == "Chess Clock")
    let labels = try await titles("search", "chess", "--label-only", "--table", items)
    #expect(labels == ["Chess Set", "Chess Clock"])
  }

  @Test func `why`() async throws {
    let found = try await titles("why", "Porcelain Cups", "--for", "1", "--table", items)
    #expect(Set(found) == ["Copper Kettle", "Stoneware Teapot", "Green Tea, loose"])
  }

  @Test func `top`() async throws {
    let used = try await titles("top", "--table", items, "--limit", "1")
    #expect(used == ["Copper Kettle"])
    let rated = try await titles(
      "top",
      "--table",
      items,
      "--interactions",
      "shop.review(customer_id, item_id, stars, written_at)"
    )
    #expect(rated.count == 10)
  }

  // MARK: Vectors

  @Test func `embed has nothing left to do`() async throws {
    let outcome = try await run("embed", "--encoder", "words", "--format", "json")
    #expect(outcome.status == 0 && outcome.stdout.contains("\"embedded\": 0"), "\(outcome)")
    let preview = try await run(
      "embed",
      "--encoder",
      "words",
      "--table",
      items,
      "--preview",
      "00000000-0000-4000-8000-000000000024"
    )
    #expect(preview.stdout.contains("Mystery Parcel"), "\(preview)")
  }

  @Test func `encoder`() async throws {
    let list = try await run("encoder", "list")
    #expect(list.stdout.contains("words") && list.stdout.contains("24 of 24"), "\(list)")
    let show = try await run("encoder", "show", "words")
    #expect(show.status == 0 && show.stdout.contains("chunk_vector.embedding"), "\(show)")
  }

  @Test func `index`() async throws {
    for variant in ["hnsw", "hnsw_halfvec", "exact"] {
      for table in [items, "chunk"] {
        let plan = try await run("index", "plan", variant, "--table", table, "--encoder", "words")
        #expect(plan.status == 0 && plan.stdout.contains("rows with a vector"), "\(plan)")
        let outcome = try await run("index", "use", variant, "--table", table, "--encoder", "words")
        #expect(outcome.status == 0, "\(outcome)")
      }
      #expect(
        try await titles(
          "similar",
          "copper kettle",
          "--table",
          items,
          "--where",
          "price < 40",
          "--limit",
          "4"
        ) == byHand(SQL.cheapAlternatives)
      )
    }
  }

  @Test func `explain`() async throws {
    let similar = try await run(
      "explain",
      "--recall",
      "similar",
      "copper kettle",
      "--table",
      items,
      "--encoder",
      "words"
    )
    #expect(similar.status == 0, "\(similar)")
    #expect(similar.stdout.contains("FROM shop.\"Product Items\""), "\(similar)")
    #expect(similar.stdout.contains("recall    1.000: 5 of the 5 rows"), "\(similar)")
    let chunks = try await run("explain", "--format", "json", "similar", "1", "--table", "chunk")
    #expect(chunks.stdout.contains("\"returned\": 5"), "\(chunks)")
    let bare = try await run("explain")
    #expect(bare.status == 64 && bare.stderr.contains("similar KEY --table"), "\(bare)")
  }

  @Test func `index, of a column that nobody registered`() async throws {
    let built = try await run(
      "index",
      "use",
      "hnsw_halfvec",
      "--table",
      items,
      "--encoder",
      "looks"
    )
    #expect(built.status == 0, "\(built)")
    let list = try await run("index", "list", "--table", items)
    #expect(
      list.status == 0 && list.stdout.contains("Product Items_looks_hnsw_halfvec_cosine"),
      "\(list)"
    )
    #expect(list.stdout.contains("shop.\"Product Items\".\"limit\"") == false)
    let dropped = try await run("index", "drop", "--table", items, "--encoder", "looks")
    #expect(dropped.status == 0 && dropped.stdout.hasPrefix("dropped index"), "\(dropped)")
  }

  @Test
  func `explain --compare-indexes and --recall, tune and its check, of vectors in a side table`()
    async throws
  {
    let grown = "OWN_TABLES_GROWN_URL"
    let chunks = ["--table", "chunk", "--encoder", "words"]
    let similar = ["similar", "100007"] + chunks
    let compared = try await run(
      ["explain", "--compare-indexes", "--probes", "20"] + similar,
      on: grown
    )
    #expect(compared.status == 0, "\(compared)")
    let used = compared.stdout.split(separator: "\n").filter { $0.contains("  yes  ") }
    #expect(used.count == 4, "\(compared)")

    let built = try await run(["index", "use", "hnsw"] + chunks, on: grown)
    #expect(built.status == 0, "\(built)")
    let tuned = try await run(["tune", "--apply", "--probes", "100"] + chunks, on: grown)
    #expect(
      tuned.status == 0 && tuned.stdout.contains("in the registry: searches for up to 10"),
      "\(tuned)"
    )
    let check = try await run(["tune", "--check", "--probes", "100"] + chunks, on: grown)
    #expect(check.status == 0 && check.stdout.contains("as it should"), "\(check)")
    let explained = try await run(["explain", "--recall"] + similar, on: grown)
    #expect(explained.status == 0, "\(explained)")
    #expect(explained.stdout.contains("chunk_vector_embedding_hnsw_cosine"), "\(explained)")

    let bare = try await run(["explain", "--compare-indexes"], on: "OWN_TABLES_URL")
    #expect(bare.status == 64 && bare.stderr.contains("similar KEY --table"), "\(bare)")
    let looks = try await run(["tune", "--table", items, "--encoder", "looks"], on: grown)
    #expect(looks.status == 78 && looks.stderr.contains("no index serves"), "\(looks)")
  }

  /// The looks have no encoder that anybody knows, which is worth a hint and no more.
  @Test func `doctor`() async throws {
    let outcome = try await run("doctor")
    #expect(outcome.status == 0, "\(outcome)")
    #expect(
      outcome.stdout.contains("shop.\"Product Items\".looks: is in no registry"),
      "\(outcome)"
    )
  }

  // MARK: The schema

  @Test func `codegen`() async throws {
    let outcome = try await run(
      "codegen",
      "--output",
      "Sources/ShopTables",
      "--access",
      "public",
      "--check"
    )
    #expect(outcome.status == 0, "\(outcome)")
  }

  @Test func `migrate`() async throws {
    let outcome = try await run("migrate", "status", "--exit-code")
    #expect(outcome.status == 0 && outcome.stdout.contains("20260302090000"), "\(outcome)")
  }
}
