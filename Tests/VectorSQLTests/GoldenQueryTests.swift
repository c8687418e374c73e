import Foundation
import TestSupport
import Testing
import VectorSQL

/// What the builder renders for each use, kept in `sql/queries/`: documentation and expectation at once.
///
/// With `DBTOOL_RECORD` set the files are written instead of compared.
@Suite("The files of sql/queries")
struct GoldenQueryTests {
  @Test func `each is what the builder renders`() throws {
    let folder = PackageDirectory.path("sql/queries")
    let queries = try GoldenQueries.all()
    for (name, statement) in queries {
      let path = "\(folder)/\(name).sql"
      if ProcessInfo.processInfo.environment["DBTOOL_RECORD"] != nil {
        try Data((statement.text + "\n").utf8).write(to: URL(filePath: path))
      }
      let golden = try String(contentsOfFile: path, encoding: .utf8)
      #expect(statement.text == String(golden.dropLast()), "\(name)")
    }
    // The plans that servers have for them stand beside them.
    let files = try FileManager.default.contentsOfDirectory(atPath: folder)
      .filter { $0 != "plans.txt" }
    #expect(files.sorted() == queries.map { $0.name + ".sql" }.sorted())
  }

  @Test func `the page of the builder lists each of them`() throws {
    let page = try String(contentsOfFile: PackageDirectory.path("docs/builder.md"), encoding: .utf8)
    for (name, _) in try GoldenQueries.all() {
      #expect(page.contains("](../sql/queries/\(name).sql)"), "\(name)")
    }
  }

  @Test func `the settings that go before them`() throws {
    let settings = { (search: NearestNeighbors) in search.settings.map { "\($0.name)=\($0.value)" }
    }
    let search = try GoldenQueries.search(GoldenQueries.row)
    #expect(settings(search) == ["hnsw.ef_search=200"])
    #expect(
      settings(search.where(GoldenQueries.cheap)) == [
        "hnsw.ef_search=200", "hnsw.iterative_scan=strict_order",
        "plan_cache_mode=force_custom_plan",
      ]
    )
    let like = try GoldenQueries.search(.mean(of: SQLBind([Int32(1), 2]), GoldenQueries.films))
    #expect(settings(like) == settings(search.where(GoldenQueries.cheap)))
    #expect(settings(search.mode(.exact)) == ["enable_indexscan=off"])
    #expect(
      settings(search.firstStage(.init(.binary, candidates: 300))) == ["hnsw.ef_search=600"]
    )
  }
}
