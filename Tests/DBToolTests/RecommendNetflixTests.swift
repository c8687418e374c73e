import Foundation
import Movies
import TestSupport
import Testing
import VectorSQL

/// The files of `sql/queries/` are what the command sends, to the byte.
@Suite struct RecommendNetflixTests {
  private func column(_ table: String, key: String) -> EmbeddingColumn {
    EmbeddingColumn(
      table: Table(table),
      key: key,
      column: "embedding_minilm",
      encoder: "minilm",
      dimension: 384
    )
  }

  @Test(arguments: [
    ("recommend_netflix", RecommendNetflix.Weight.equal),
    ("recommend_netflix_by_count", .count),
    ("recommend_netflix_by_recency", .recency),
  ])
  func `sends the statement of its file`(name: String, weight: RecommendNetflix.Weight) throws {
    let statement = try RecommendNetflix(customer: 5, weight: weight)
      .statement(
        films: column("film", key: "film_id"),
        shows: column("netflix_shows", key: "show_id")
      )
    let path = PackageDirectory.path("sql/queries/\(name).sql")
    if ProcessInfo.processInfo.environment["DBTOOL_RECORD"] != nil {
      try Data((statement.text + "\n").utf8).write(to: URL(filePath: path))
    }
    let golden = try String(contentsOfFile: path, encoding: .utf8)
    expectSQL(statement, is: String(golden.dropLast()), binds: [SQLBind(Int32(5))])
    #expect(statement.settings == [SQLSetting("hnsw.ef_search", "200")])
  }
}
