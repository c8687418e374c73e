import Movies
import PQClient
import TestSupport
import Testing
import VectorSQL

@Suite(.temporaryVectorDatabase) struct ImportSeedTests {
  private let folder: ScratchFolder

  init() throws { folder = try ScratchFolder() }

  private func failure(_ db: inout PQConnection) throws -> ImportError {
    try #require(throws: ImportError.self) { _ = try SeedImport(folder: folder.path).run(on: &db) }
  }

  @Test func `loads the project's seeds, refuses to do it twice, replaces`() throws {
    var db = try ImportSupport.movieDatabase()
    try ImportSupport.seed(&db)
    let before = try ImportSupport.fingerprint(&db)
    #expect(try ImportSupport.count("film", &db) >= 60)
    #expect(try ImportSupport.count("netflix_shows", &db) >= 150)
    let seeds = PackageDirectory.path("seeds")
    let error = try #require(throws: ImportError.self) {
      _ = try SeedImport(folder: seeds).run(on: &db)
    }
    #expect(error.category == .usage)
    _ = try SeedImport(folder: seeds, existing: .replace).run(on: &db)
    try db.execute("UPDATE film SET last_update = last_update")
    let next: Int = try db.query("SELECT nextval('customer_customer_id_seq')").scalar()
    let last: Int = try db.query("SELECT max(customer_id)::bigint FROM customer").scalar()
    #expect(next == last + 1)
    #expect(before.count == 15)
  }

  @Test func `works for any tables, in any order, with keys that refer ahead`() throws {
    var db = try TestDatabase.current.connect()
    try db.executeScript(
      """
      CREATE TABLE parent (id serial PRIMARY KEY, "Odd Name" text, tags text[]);
      CREATE TABLE child (id integer PRIMARY KEY, parent_id integer REFERENCES parent DEFERRABLE);
      """
    )
    try folder.write("ORDER", "# child first\nchild\nparent\n")
    try folder.write("child.csv", "id,parent_id\n1,10\n2,\n")
    try folder.write("parent.csv", "id,tags\n10,\"{a,\"\"b c\"\"}\"\n")
    let report = try SeedImport(folder: folder.path).run(on: &db)
    #expect(report.tables.map(\.rows) == [2, 1])
    let next: Int = try db.query("SELECT nextval('parent_id_seq')").scalar()
    #expect(next == 11)
  }

  @Test func `names the file and line of what is wrong, and loads nothing`() throws {
    var db = try TestDatabase.current.connect()
    try db.executeScript(
      """
      CREATE TABLE parent (id integer PRIMARY KEY);
      CREATE TABLE child (id integer PRIMARY KEY, parent_id integer REFERENCES parent DEFERRABLE);
      """
    )
    #expect(try failure(&db).category == .absent)
    try folder.write("ORDER", "parent\nparent\n")
    #expect(try failure(&db).line == 2)
    try folder.write("ORDER", "parent\nchild\n")
    try folder.write("parent.csv", "id\n1\n")
    let absent = try failure(&db)
    #expect(absent.category == .absent && absent.path.hasSuffix("/child.csv"))
    try folder.write("child.csv", "id,parent\n")
    #expect(try failure(&db).sentence == "unknown column \"parent\"")
    try folder.write("child.csv", "id,parent_id\n1,2\n")
    #expect(try failure(&db).sentence.contains("the rows do not fit together"))
    try folder.write("child.csv", "id,parent_id\n1,1\n1,1\n")
    let twice = try failure(&db)
    #expect((twice.line, twice.column) == (3, 1))
    try folder.write("ORDER", "elsewhere\n")
    #expect(try failure(&db).category == .configuration)
    #expect(try ImportSupport.count("parent", &db) == 0)
  }
}
