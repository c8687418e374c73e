import Foundation
import PQClient
import TestSupport
import Testing
import VectorSQL

@Suite("The command line: --show-sql")
struct CommandLineShowSQLTests {
  /// The rows of the script, as psql prints them, in the form of the JSON.
  private func rows(_ printed: String) throws -> [Answer.Row] {
    try printed.split(separator: "\n").enumerated().map { index, line in
      let fields = line.split(separator: "\u{1F}", omittingEmptySubsequences: false).map(
        String.init
      )
      try #require(fields.count == 5, "\(line)")
      return Answer.Row(
        rank: index + 1,
        id: fields[0],
        title: fields[1],
        description: fields[2],
        distance: try #require(Double(fields[3])),
        similarity: 0,
        because: try JSONDecoder().decode([Answer.Reason].self, from: Data(fields[4].utf8))
      )
    }
  }

  private func expectSame(
    _ arguments: [String],
    on database: TestDatabase,
    url: String? = nil,
    programs: [String?] = [nil]
  ) async throws -> Answer {
    let command = ["recommend-netflix"] + arguments
    let environment = ["DATABASE_URL": url ?? database.url]
    let script = try await DBToolProcess.run(command + ["--show-sql"], environment: environment)
    try #require(script.status == 0, "\(script)")
    #expect(script.stderr == "")
    let json = try await DBToolProcess.run(
      command + ["--format", "json"],
      environment: environment
    )
    try #require(json.status == 0, "\(json)")
    var answer = try JSONDecoder().decode(Answer.self, from: Data(json.stdout.utf8))
    #expect(script.stdout.contains("AS\n\(answer.sql);\n"), "the statement's exact bytes")
    let similarities = answer.rows.map(\.similarity)
    for index in answer.rows.indices { answer.rows[index].similarity = 0 }
    for program in programs {
      let printed = try await database.psql(script.stdout, program: program, url: url)
      #expect(try rows(printed) == answer.rows)
    }
    for (index, similarity) in similarities.enumerated() {
      answer.rows[index].similarity = similarity
    }
    return answer
  }

  private static let olderPsql: [String?] =
    [nil]
    + ["12", "13", "14", "15"].map {
      "/usr/lib/postgresql/\($0)/bin/psql"
    }.filter(FileManager.default.isExecutableFile)

  @Test(.temporaryDatabase, arguments: ["equal", "count", "recency"])
  func `psql prints the same rows`(weight: String) async throws {
    let database = try TestDatabase.current
    try await database.makeMovies()
    for metric in ["cosine", "l2", "ip", "l1"] {
      for mode in [[], ["--exact"]] {
        let answer = try await expectSame(
          ["--customer", "5", "--metric", metric, "--weight", weight, "--limit", "7"] + mode,
          on: database,
          programs: Self.olderPsql
        )
        #expect(answer.returned == 7)
      }
    }
    let nobody = try await expectSame(["--customer", "25", "--weight", weight], on: database)
    #expect(nobody.returned == 0 || nobody.returned == 5)
  }

  @Test(.temporaryDatabase) func `psql prints the same rows from an index`() async throws {
    let database = try TestDatabase.current
    try await database.makeMovies()
    try await database.succeed(
      "index",
      "use",
      "hnsw",
      "--table",
      "netflix_shows",
      "--encoder",
      "lexical"
    )
    let url = try database.url(options: "-c enable_seqscan=off")
    let answer = try await expectSame(
      ["--customer", "5", "--limit", "20"],
      on: database,
      url: url,
      programs: Self.olderPsql
    )
    #expect(!answer.exact)
    #expect(
      answer.index == "netflix_shows_embedding_lexical_hnsw_cosine"
    )
    let exact = try await expectSame(
      ["--customer", "5", "--exact"],
      on: database,
      url: database.url
    )
    #expect(exact.exact)
  }

  @Test(.temporaryDatabase) func `runs nothing, not even for a customer that is not there`()
    async throws
  {
    let database = try TestDatabase.current
    try await database.makeMovies()
    let script = try await database.succeed(
      "recommend-netflix",
      "--customer",
      "31000",
      "--show-sql"
    )
    #expect(
      script.hasPrefix("BEGIN;\nSET LOCAL hnsw.ef_search = 200;\nPREPARE dbtool (bigint) AS\n")
    )
    #expect(script.hasSuffix(";\nEXECUTE dbtool (31000);\nDEALLOCATE dbtool;\nCOMMIT;\n"))
    #expect(try await database.psql(script) == "")
  }

  @Test(.temporaryDatabase) func `every file of sql/queries is a statement of this server`()
    async throws
  {
    let database = try TestDatabase.current
    try await database.makeMovies()
    var db = try database.connect()
    try db.execute(
      "CREATE TABLE movie_embeddings (movie_id int PRIMARY KEY, embedding vector(384))"
    )
    for (name, statement) in try GoldenQueries.all() {
      // By PREPARE and EXECUTE from the text forms alone, and by the binary ones.
      let script = try await database.psql(statement.psqlScript())
      let rows = try db.run(statement)
      #expect(script.split(separator: "\n").count == rows.count, "\(name)")
    }
  }
}
