import Movies
import PQClient
import TestSupport
import Testing
import VectorSQL

@Suite(.temporaryVectorDatabase) struct ImportNetflixTests {
  private let folder: ScratchFolder
  private static let header =
    "show_id,type,title,director,cast,country,date_added,release_year,rating,duration,listed_in,"
    + "description"

  init() throws { folder = try ScratchFolder() }

  private func show(_ id: String, year: String = "2020", added: String = "25-Sep-21") -> String {
    "\(id),Movie,Title \(id),,\"A, B\",,\(added),\(year),PG,90 min,Dramas,\"Some \"\"text\"\"\"\n"
  }

  /// Runs an import that must fail, and checks that it left the table as it was.
  private func failure(
    _ path: String,
    existing: ExistingRows = .append,
    rows: Int = 0,
    _ db: inout PQConnection
  ) throws -> ImportError {
    let error = try #require(throws: ImportError.self) {
      _ = try NetflixImport(path: path, existing: existing).run(on: &db)
    }
    #expect(try ImportSupport.count("netflix_shows", &db) == rows)
    return error
  }

  private func failure(_ text: String) throws -> ImportError {
    var db = try ImportSupport.movieDatabase()
    return try failure(folder.write("shows.csv", text), &db)
  }

  @Test func `a file of only a header empties nothing`() throws {
    var db = try ImportSupport.movieDatabase()
    let path = try folder.write("shows.csv", Self.header + "\n" + show("s1"))
    _ = try NetflixImport(path: path).run(on: &db)
    let cut = try folder.write("cut.csv", Self.header + "\n")
    let error = try failure(cut, existing: .replace, rows: 1, &db)
    #expect(error.category == .badData)
    #expect(error.sentence == "the file has a header line and no rows")
  }

  // MARK: What is loaded

  @Test(.realData) func `loads the public file as its README counts it`() throws {
    var db = try ImportSupport.movieDatabase()
    let report = try NetflixImport(path: RealData.path("netflix_titles.csv")).run(on: &db)
    #expect(report.rows(of: "netflix_shows") == 8_807)
    #expect(report.warnings == ["3 rows have a duration in the column rating; kept as it is"])
    let facts = try db.query(
      """
      SELECT count(*) FILTER (WHERE type = 'Movie') AS movies, count(added_on) AS dated,
             count(*) FILTER (WHERE description ~ '^"|[\\\\]') AS odd,
             count(*) FILTER (WHERE date_added LIKE ' %') AS blanks
      FROM netflix_shows
      """
    )[0]
    #expect(try facts["movies"] == 6_131)
    #expect(try facts["dated"] == 8_797)
    #expect(try facts["blanks"] == 88)
  }

  @Test(.realData) func `loads exactly what the server's own CSV reader would`() throws {
    var db = try ImportSupport.movieDatabase()
    let path = RealData.path("netflix_titles.csv")
    _ = try NetflixImport(path: path).run(on: &db)
    try db.execute("CREATE TABLE theirs (LIKE netflix_shows)")
    try db.execute("ALTER TABLE theirs DROP COLUMN added_on")
    let bytes = try ImportSupport.bytes(path)
    try db.copyIn(
      """
      COPY theirs (show_id, type, title, director, "cast", country, date_added, release_year, rating,
        duration, listed_in, description) FROM STDIN (FORMAT csv, HEADER)
      """
    ) { try $0.write(bytes) }
    let columns: SQLFragment = """
      show_id, type, title, director, "cast", country, date_added, release_year, rating, duration,
      listed_in, description
      """
    let difference: Int = try db.query(
      """
      SELECT count(*) FROM (
        (SELECT \(columns) FROM netflix_shows EXCEPT SELECT \(columns) FROM theirs)
        UNION ALL
        (SELECT \(columns) FROM theirs EXCEPT SELECT \(columns) FROM netflix_shows)
      ) AS difference
      """
    ).scalar()
    #expect(difference == 0)
  }

  @Test func `takes columns in any order under other editions' names`() throws {
    var db = try ImportSupport.movieDatabase()
    let text = """
      \u{FEFF}Title;show_id;cast_members;type;director;country;date_added;Release Year;rating;duration;\
      listed_in;description;;\r
      Dark;s1;"Ä; B";TV Show;;;2017-12-01;2017;TV-MA;1 Season;Crime;"a	tab, a \\\nline";;\r

      """
    let report = try NetflixImport(path: folder.write("a.csv", text)).run(on: &db)
    #expect(report.rows == 1)
    let row = try db.query(
      "SELECT title, \"cast\", director, added_on::text, description FROM netflix_shows"
    )[0]
    #expect(try row["title"] == "Dark")
    #expect(try row["cast"] == "Ä; B")
    #expect(try row["director"] as String? == nil)
    #expect(try row["added_on"] == "2017-12-01")
    #expect(try row["description"] == "a\ttab, a \\\nline")
  }

  @Test func `counts the dates that no form fits, of this file alone`() throws {
    var db = try ImportSupport.movieDatabase()
    let first = Self.header + "\n" + show("s1", added: "soon") + show("s2", added: "31-Feb-21")
    let report = try NetflixImport(path: folder.write("a.csv", first)).run(on: &db)
    #expect(report.warnings.count == 1 && report.warnings[0].hasPrefix("2 rows have a date_added"))
    let second = Self.header + "\n" + show("s3", added: "later") + show("s4", added: "")
    let more = try NetflixImport(path: folder.write("b.csv", second), existing: .append)
      .run(on: &db)
    #expect(more.warnings.count == 1 && more.warnings[0].hasPrefix("1 row has a date_added"))
  }

  @Test func `refuses to mix, replaces with what belongs to it, appends`() throws {
    var db = try ImportSupport.movieDatabase()
    let one = try folder.write("one.csv", Self.header + "\n" + show("s1") + show("s2"))
    let two = try folder.write("two.csv", Self.header + "\n" + show("s3"))
    _ = try NetflixImport(path: one).run(on: &db)
    let error = try failure(two, existing: .refuse, rows: 2, &db)
    #expect(error.category == .usage)
    #expect(error.sentence.contains("netflix_shows has 2 rows already"))
    _ = try NetflixImport(path: two, existing: .append).run(on: &db)
    #expect(try ImportSupport.count("netflix_shows", &db) == 3)

    try db.execute(
      """
      INSERT INTO dbtool.embedding_state (embedding_id, row_key, text_hash, revision)
      SELECT embedding_id, 's1', '', 1 FROM dbtool.embedding
      WHERE table_name IN ('film', 'netflix_shows') AND encoder = 'lexical'
      """
    )
    _ = try NetflixImport(path: two, existing: .replace).run(on: &db)
    #expect(try ImportSupport.count("netflix_shows", &db) == 1)
    let states: Int = try db.query("SELECT count(*) FROM dbtool.embedding_state").scalar()
    #expect(states == 1)
  }

  @Test func `an import that is stopped leaves nothing`() throws {
    struct Stop: Error {}
    var db = try ImportSupport.movieDatabase()
    let path = try folder.write("a.csv", Self.header + "\n" + show("s1"))
    #expect(throws: Stop.self) {
      _ = try NetflixImport(path: path).run(on: &db) { _ in throw Stop() }
    }
    #expect(try ImportSupport.count("netflix_shows", &db) == 0)
  }

  // MARK: What is refused

  @Test func `names the columns that are missing`() throws {
    let error = try failure("show_id,type,title\ns1,Movie,x\n")
    #expect((error.category, error.line) == (.badData, 1))
    #expect(error.sentence.hasPrefix("the columns are missing: director, cast"))
    #expect(error.detail == "The first line names: show_id, type, title")
  }

  @Test func `refuses unknown columns, a name twice and text without a name, by place`() throws {
    let unknown = try failure(Self.header + ",stars\n")
    #expect((unknown.line, unknown.column) == (1, Self.header.count + 2))
    #expect(unknown.sentence == "unknown column \"stars\"")
    let twice = try failure(Self.header + ",casts\n")
    #expect(twice.sentence == "the column \"cast\" is named twice")
    let stray = try failure(Self.header + ",\n" + show("s1").dropLast() + ",x\n")
    #expect(stray.line == 2 && stray.sentence.hasPrefix("text in a column that has no name"))
  }

  @Test func `refuses rows with fields too few or too many`() throws {
    let short = try failure(Self.header + "\n" + show("s1") + "\"s\n2\",Movie\n")
    #expect((short.line, short.column) == (4, 4))
    #expect(short.sentence == "this row has 2 fields, the first line names 12")
    let long = try failure(Self.header + "\n" + show("s1").dropLast() + ",more\n")
    #expect(long.sentence == "this row has 13 fields, the first line names 12")
  }

  @Test func `names both lines of a show that stands twice`() throws {
    let text = Self.header + "\n" + show("s1") + show("s2") + "\n" + show("s1")
    let error = try failure(text)
    #expect((error.line, error.column) == (5, 1))
    #expect(error.sentence == "the show_id s1 stands twice in the file, first on line 2")
  }

  @Test func `names the line of a show that the table has already`() throws {
    var db = try ImportSupport.movieDatabase()
    _ = try NetflixImport(path: folder.write("a.csv", Self.header + "\n" + show("s1"))).run(on: &db)
    let path = try folder.write("b.csv", Self.header + "\n" + show("s0") + show("s1"))
    let error = try failure(path, rows: 1, &db)
    #expect(error.line == 3)
    #expect(error.sentence == "the table netflix_shows has a row with the show_id s1 already")
  }

  @Test func `names line and column of a value that the server refuses`() throws {
    let year = try failure(Self.header + "\n" + show("s1") + show("s2", year: "MMXX"))
    #expect((year.line, year.column) == (3, 38))
    #expect(year.sentence.contains("invalid input syntax for type integer"))
    let check = try failure(Self.header + "\n" + show("s1", year: "1066"))
    #expect(check.line == 2)
    let null = try failure(Self.header + "\n" + show("s1") + show(""))
    #expect((null.line, null.column) == (3, 1))
  }

  @Test func `broken quoting, Latin-1, an empty and a cut file leave nothing`() throws {
    let rows = Self.header + "\n" + show("s1")
    #expect(try failure(rows + "s2,\"Mo\"vie\n").line == 3)
    #expect(try failure(rows + "s2,\"Movie\n").line == 3)
    #expect(try failure("").sentence == "the file is empty")
    #expect(try failure(Self.header + "\ns1,Mov").sentence.contains("2 fields"))
    var db = try ImportSupport.movieDatabase()
    let latin = try folder.write("l.csv", Array((rows + "s2,Am").utf8) + [0xE9, 0x0A])
    #expect(try failure(latin, &db).line == 3)
    #expect(try failure(folder.path, &db).category == .usage)
    #expect(try failure(folder.path + "/none.csv", &db).category == .absent)
  }

  @Test(.temporaryDatabase) func `a database without the tables is named as such`() throws {
    var db = try TestDatabase.current.connect()
    let path = try folder.write("a.csv", Self.header + "\n")
    let error = try #require(throws: ImportError.self) {
      _ = try NetflixImport(path: path).run(on: &db)
    }
    #expect(error.category == .configuration)
    #expect(error.advice?.contains("dbtool migrate") == true)
  }
}
