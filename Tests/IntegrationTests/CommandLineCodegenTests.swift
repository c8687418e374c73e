import Foundation
import PQClient
import TestSupport
import Testing
import VectorSQL

@Suite("The command line: codegen", .timeLimit(.minutes(30)))
struct CommandLineCodegenTests {
  @Test(.temporaryDatabase)
  func `the movie types are what the migrations make of them`() async throws {
    let database = try TestDatabase.current
    try await database.succeed("migrate")
    let checked = try await database.dbtool(
      "codegen",
      "--output",
      PackageDirectory.path("Sources/Movies/Tables"),
      "--check"
    )
    #expect(checked.status == 0, "\(checked)")
    #expect(checked.stdout.hasPrefix("28 files"), "\(checked)")
  }

  /// Names of every sort, types of every sort, and vectors with and without an encoder.
  private static let schema = """
    CREATE EXTENSION IF NOT EXISTS vector;
    CREATE SCHEMA shop;
    CREATE TYPE shop.size AS ENUM ('S', 'M', 'extra large', '', 'self', 'init', 'X"L');
    CREATE TYPE point3 AS (x real, y real, z real);
    CREATE DOMAIN code AS varchar(8) NOT NULL;
    CREATE DOMAIN shop.amount AS integer CHECK (VALUE > 0);
    CREATE TABLE shop."Product Items" (
      id uuid PRIMARY KEY, "Long Text" text, size shop.size NOT NULL, sizes shop.size[],
      amount shop.amount, "limit" integer, "Sim""ilarity" real, "table" text, self text, "default" text,
      "1st" text, "a-b" text, a_b text, "" text, "URLPath" text, "PRICE" numeric, straße text, "❤" text,
      plain vector(3), half halfvec(3000), large vector(3000), any_length vector, bits bit(8), sparse sparsevec(9)
    );
    CREATE TABLE shop.chunk (id bigint PRIMARY KEY, body text);
    CREATE TABLE chunk (id bigint PRIMARY KEY, body text);
    CREATE TABLE shop."chunk vectors" (chunk_id bigint PRIMARY KEY REFERENCES shop.chunk, e vector(3) NOT NULL);
    CREATE TABLE "table" (a int, b int, e vector(3), PRIMARY KEY (a, b));
    CREATE TABLE "Embedding" (id int PRIMARY KEY, code code, at timestamptz, local timestamp, day date,
      long interval, net inet, words tsvector, place point, three point3, many interval[], tags text[], raw bytea,
      doc jsonb, flag boolean, small smallint, big bigint, one real, two double precision, xml xml, money money);
    CREATE VIEW "String" AS SELECT id, body FROM chunk;
    CREATE MATERIALIZED VIEW shop AS SELECT id FROM chunk;
    """

  private struct Report: Decodable {
    struct Change: Decodable, Equatable {
      let file: String
      let change: String
    }
    let written: Bool
    let changes: [Change]
  }

  private static func make(_ database: TestDatabase) throws {
    var db = try database.connect()
    // A column cannot have an empty name; a name that no letter is in can.
    try db.executeScript(schema.replacingOccurrences(of: "\"\" text", with: "\"--\" text"))
  }

  @Test(.temporaryDatabase)
  func `whatever a database calls its things, the types compile`() async throws {
    let database = try TestDatabase.current
    try Self.make(database)
    let folder = try ScratchFolder()
    let made = try await database.dbtool(
      "codegen",
      "--output",
      folder.path("Tables"),
      "--access",
      "public"
    )
    try #require(made.status == 0, "\(made)")
    let names = try FileManager.default.contentsOfDirectory(atPath: folder.path("Tables")).sorted()
    #expect(
      names == [
        "Chunk.swift", "EmbeddingTable.swift", "Shop.swift", "ShopSchema.Chunk.swift",
        "ShopSchema.ChunkVectors.swift", "ShopSchema.ProductItems.swift", "StringTable.swift",
        "TableTable.swift", "Types.swift",
      ]
    )
    let use = try folder.write(
      "Tables/use.swift",
      """
      import VectorSQL
      let items = ShopSchema.ProductItems.self
      let search = items.plain.nearest(to: .row(7, of: items.plain), by: .cosine, limit: 5)
        .selecting(items.longText.column).where(items.size == .extraLarge && items.limit > 3)
      let (half, bits) = (items.half.hnswOnHalfvec(by: .l2), items.anyLength.hnswOnBits())
      let side = ShopSchema.ChunkVectors.e.nearest(to: .row(7, of: ShopSchema.ChunkVectors.e), by: .l2, limit: 1)
      let rows = Select(EmbeddingTable.words, EmbeddingTable.local, EmbeddingTable.tags).from(EmbeddingTable.self)
        .where(EmbeddingTable.local < PGLocalTimestamp(microseconds: 0) && EmbeddingTable.net == Inet("::1"))
      """
    )
    #expect(
      try await SwiftCompiler.errors(in: names.map { folder.path("Tables/\($0)") } + [use]) == []
    )
    let mixed = try folder.write(
      "mixed.swift",
      """
      import VectorSQL
      let items = ShopSchema.ProductItems.self
      let search = items.plain.nearest(to: .row(7, of: items.large), by: .cosine, limit: 5)
      let index = items.large.hnsw(by: .cosine)
      """
    )
    let errors = try await SwiftCompiler.errors(
      in: names.map { folder.path("Tables/\($0)") } + [mixed]
    )
    #expect(
      errors.contains { $0.contains("Embedding<ShopSchema.ProductItems.LargeEncoder>") },
      "\(errors)"
    )
    #expect(errors.contains { $0.contains("UpTo4000") }, "\(errors)")
  }

  @Test(.temporaryDatabase)
  func `a folder holds what one run makes, and nobody else's file is touched`() async throws {
    let database = try TestDatabase.current
    try Self.make(database)
    let folder = try ScratchFolder()
    let output = folder.path("Tables")
    func run(_ arguments: String...) async throws -> DBToolProcess.Outcome {
      try await database.dbtool(["codegen", "--output", output] + arguments)
    }
    let missing = try await run("--table", "chunk", "--check")
    #expect(missing.status == 1 && missing.stdout.contains("missing \(output)/Chunk.swift"))
    #expect(!FileManager.default.fileExists(atPath: output))
    #expect(try await run("--table", "chunk").status == 0)
    try folder.write("Tables/Mine.swift", "let mine = 1\n")
    #expect(try await run("--table", "chunk", "--check").status == 0)

    let other = try await run("--schema", "shop", "--check", "--format", "json")
    #expect(other.status == 1)
    let report = try JSONDecoder().decode(Report.self, from: Data(other.stdout.utf8))
    #expect(!report.written && report.changes.contains(.init(file: "Chunk.swift", change: "stale")))
    let written = try await run("--schema", "shop", "--table", "Embedding")
    #expect(written.stdout.contains("removed \(output)/Chunk.swift"), "\(written)")
    #expect(try String(contentsOfFile: output + "/Mine.swift", encoding: .utf8) == "let mine = 1\n")
    #expect(
      try String(contentsOfFile: output + "/EmbeddingTable.swift", encoding: .utf8)
        .contains("at = TypedColumn<PGTimestamp?>(table, \"at\")")
    )

    try folder.write("Tables/Chunk.swift", "let mine = 2\n")
    expectRefusal(try await run("--table", "chunk"), 65, says: "Chunk.swift", "--output")
    #expect(
      try String(contentsOfFile: output + "/Chunk.swift", encoding: .utf8) == "let mine = 2\n"
    )
    expectRefusal(try await run("--table", "nobody"), 66, says: "nobody")
    expectRefusal(try await run("--schema", "nowhere"), 66, says: "nowhere")
    expectRefusal(
      try await database.dbtool(
        "codegen",
        "--output",
        output + "/Mine.swift/x",
        "--schema",
        "shop"
      ),
      77,
      says: "cannot be written"
    )
  }

  @Test(.temporaryDatabase)
  func `a database without tables says so`() async throws {
    let folder = try ScratchFolder()
    let outcome = try await TestDatabase.current.dbtool("codegen", "--output", folder.path("x"))
    expectRefusal(outcome, 78, says: "has no tables", "dbtool migrate")
  }
}
