import Movies
import PQClient
import TestSupport
import Testing
import VectorSQL

@Suite(.temporaryVectorDatabase) struct ImportMoviesTests {
  private let folder: ScratchFolder

  init() throws { folder = try ScratchFolder() }

  private func load(
    _ films: String,
    _ db: inout PQConnection,
    _ existing: ExistingRows = .refuse
  ) throws -> ImportReport {
    let path = try folder.write("movies.json", "{\"films\": {\"film\": \(films)}}")
    return try MovieCatalogueImport(path: path, existing: existing).run(on: &db)
  }

  @Test(.realData) func `loads the course catalogue`() throws {
    var db = try ImportSupport.movieDatabase()
    let report = try MovieCatalogueImport(path: RealData.path("movies.json")).run(on: &db)
    #expect(report.rows(of: "movie") == 631)
    let facts = try db.query(
      """
      SELECT count(*) FILTER (WHERE cardinality(genres) = 0) AS no_genre,
             count(*) FILTER (WHERE cardinality("cast") = 0) AS no_cast,
             count(*) FILTER (WHERE director IS NULL) AS no_director,
             count(summary) AS summaries,
             sum(cardinality("cast"))::bigint AS roles
      FROM movie
      """
    )[0]
    #expect(try facts["no_genre"] == 0)
    #expect(try facts["no_cast"] == 5)
    #expect(try facts["no_director"] == 1)
    #expect(try facts["summaries"] == 631)
    #expect(try facts["roles"] == 6_535)
  }

  @Test func `single values stand for lists, numbers for strings, objects for names`() throws {
    var db = try ImportSupport.movieDatabase()
    let report = try load(
      """
      {"titre": " One ", "annee": 1999, "pays": "F", "langue": ["a", "b"], "duree": "90", "resume": "",
       "genre": "Drama", "realisateur": {"_id": "1", "__text": "D"}, "scenariste": null,
       "role": {"acteur": {"_id": "2", "__text": "A"}, "personnage": "x"}, "_id": "42"}
      """,
      &db
    )
    #expect(report.rows == 1)
    let row = try db.query("SELECT * FROM movie")[0]
    #expect(try row["imdb_id"] == "tt0000042")
    #expect(try row["title"] == "One")
    #expect(try row["year"] as Int32 == 1999)
    #expect(try row["language"] == "a, b")
    #expect(try row["genres"] == ["Drama"])
    #expect(try row["cast"] == ["A"])
    #expect(try row["director"] == "D")
    #expect(try row["writers"] as [String] == [])
    #expect(try row["summary"] as String? == nil)
  }

  @Test func `joins films that are there, and never replaces a summary by none`() throws {
    var db = try ImportSupport.movieDatabase()
    try db.execute(
      """
      INSERT INTO movie (imdb_id, movielens_id, title, summary) VALUES
        ('tt0000001', 7, 'Seven (1990)', NULL)
      """
    )
    let first = try load(
      #"[{"titre": "Seven", "_id": "1", "resume": "text", "genre": ["A"]}]"#,
      &db
    )
    #expect(first.warnings.count == 1)
    let error = try #require(throws: ImportError.self) {
      _ = try load(#"[{"titre": "Eight", "_id": "2"}]"#, &db)
    }
    #expect(error.category == .usage)
    _ = try load(
      #"[{"titre": "Seven!", "_id": "1"}, {"titre": "Eight", "_id": "2"}]"#,
      &db,
      .append
    )
    #expect(try ImportSupport.count("movie", &db) == 2)
    let row = try db.query("SELECT * FROM movie WHERE imdb_id = 'tt0000001'")[0]
    #expect(try row["title"] == "Seven!")
    #expect(try row["summary"] == "text")
    #expect(try row["genres"] == ["A"])
    #expect(try row["movielens_id"] as Int32 == 7)
    _ = try load(#"[{"titre": "Nine", "_id": "3"}]"#, &db, .replace)
    let titles = try db.query("SELECT title FROM movie ORDER BY title").map {
      try $0["title"] as String
    }
    #expect(titles == ["Nine", "Seven!"])
  }

  @Test(arguments: [
    (#"[{"titre": "x"}]"#, "film 1 (x): it has no _id"),
    (#"[{"titre": "x", "_id": "1"}, {"_id": "2"}]"#, "film 2: it has no titre"),
    (#"[{"titre": "x", "_id": "nm1"}]"#, "film 1 (x): its _id \"nm1\" is no number of IMDb"),
    (#"[{"titre": "x", "_id": "1", "annee": "MM"}]"#, "film 1 (x): its annee \"MM\" is no number"),
    (
      #"[{"titre": "x", "_id": "1"}, {"titre": "y", "_id": "tt01"}]"#,
      "the films 1 and 2 (y) have the same _id tt0000001"
    ),
    ("[]", "the file holds no films"),
    (#"[{"titre": [1], "_id": "1"}]"#, "films.film[0].titre is not what it should be"),
    (#"[{"titre": "x", "_id": "1"}"#, "this is no valid JSON, or it is cut short"),
  ])
  func `what is wrong is named by film`(films: String, said: String) throws {
    var db = try ImportSupport.movieDatabase()
    let error = try #require(throws: ImportError.self) { _ = try load(films, &db, .append) }
    #expect(error.sentence == said)
    #expect(error.category == .badData)
    #expect(try ImportSupport.count("movie", &db) == 0)
  }

  @Test func `another JSON, Latin-1, an empty file, a folder`() throws {
    var db = try ImportSupport.movieDatabase()
    func failure(_ path: String) throws -> ImportError {
      try #require(throws: ImportError.self) {
        _ = try MovieCatalogueImport(path: path).run(on: &db)
      }
    }
    #expect(try failure(folder.write("a", #"{"x": 1}"#)).sentence == "films is missing")
    #expect(try failure(folder.write("b", "")).sentence == "the file is empty")
    let latin = try failure(folder.write("c", Array("{\n\"ü\": \"Am".utf8) + [0xE9, 0x22]))
    #expect((latin.line, latin.column) == (2, 9))
    #expect(try failure(folder.path).category == .usage)
  }
}
