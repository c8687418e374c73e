import Foundation
import TestSupport
import Testing
import VectorSQL

@Suite("Searching by a vector") struct VectorSearchTests {
  @Test func `the statement of sql/queries/search.sql`() throws {
    let probe = try PGVector(Array(repeating: 0.25, count: 384))
    let statement = VectorSearch(
      in: EmbeddingColumn(
        table: Table("netflix_shows"),
        key: "show_id",
        column: "embedding_minilm",
        encoder: "minilm",
        dimension: 384
      ),
      to: .vector(probe),
      metric: .cosine,
      limit: 5,
      selecting: ["title"],
      mode: .approximate(efSearchFloor: 200)
    ).statement
    let path = PackageDirectory.path("sql/queries/search.sql")
    if ProcessInfo.processInfo.environment["DBTOOL_RECORD"] != nil {
      try Data((statement.text + "\n").utf8).write(to: URL(filePath: path))
    }
    let golden = try String(contentsOfFile: path, encoding: .utf8)
    expectSQL(statement, is: String(golden.dropLast()), binds: [SQLBind(probe)])
    #expect(statement.settings == [SQLSetting("hnsw.ef_search", "200")])
  }

  @Test func `vectors in a table of their own are joined after the limit`() throws {
    let statement = VectorSearch(
      in: EmbeddingColumn(
        table: Table("chunk_vector", schema: "shop"),
        key: "chunk",
        column: "Embedding",
        encoder: "words",
        dimension: 3
      ),
      from: VectorSearch.Source(key: Table("Chunk").column("id")),
      to: .expression("dbtool.lexical_embed(\("tea"))"),
      metric: .l2,
      limit: 2,
      selecting: ["title"],
      mode: .exact
    ).statement
    expectSQL(
      statement,
      is: """
        WITH probe AS MATERIALIZED (
          SELECT dbtool.lexical_embed($1) AS embedding
        ),
        nearest AS MATERIALIZED (
          SELECT shop.chunk_vector.chunk,
                 shop.chunk_vector."Embedding" <-> (SELECT embedding FROM probe) AS distance
          FROM shop.chunk_vector
          WHERE shop.chunk_vector."Embedding" IS NOT NULL
            AND (SELECT embedding FROM probe) IS NOT NULL
          ORDER BY shop.chunk_vector."Embedding" <-> (SELECT embedding FROM probe),
                   shop.chunk_vector.chunk
          LIMIT 2
        )
        SELECT "Chunk".id, "Chunk".title, nearest.distance
        FROM nearest
        JOIN "Chunk" ON "Chunk".id = nearest.chunk
        ORDER BY nearest.distance, "Chunk".id
        """,
      binds: [SQLBind("tea")]
    )
    #expect(statement.settings == [SQLSetting("enable_indexscan", "off")])
  }
}
