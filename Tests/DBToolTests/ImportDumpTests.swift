import Movies
import TestSupport
import Testing

@Suite struct ImportDumpTests {
  private let folder: ScratchFolder

  init() throws { folder = try ScratchFolder() }

  /// The statements of a dump, and the rows that follow each COPY.
  private func read(_ text: String) throws -> (statements: [DumpStatement], rows: [String]) {
    let reader = try DumpReader(path: folder.write("dump.sql", text))
    var statements: [DumpStatement] = []
    var rows: [String] = []
    while let text = try reader.next() {
      let statement = DumpStatement(text.text)
      statements.append(statement)
      guard case .copy = statement else { continue }
      var data: [UInt8] = []
      try reader.copyRows { data.append(contentsOf: $0) }
      rows.append(String(decoding: data, as: UTF8.self))
    }
    return (statements, rows)
  }

  private func statement(_ sql: String) -> DumpStatement { DumpStatement(Array(sql.utf8)) }

  @Test func `rows end at a line that is only backslash and dot`() throws {
    let dump = """
      SET client_encoding = 'LATIN1';
      COPY public.actor (actor_id, "first name") FROM stdin;
      1\t\\\\.
      2\tx\\.
      \\.

      SELECT pg_catalog.setval('public.actor_actor_id_seq', 200, true);
      """
    let (statements, rows) = try read(dump)
    #expect(
      statements == [
        .clientEncoding("LATIN1"),
        .copy(DumpCopy(schema: "public", table: "actor", columns: ["actor_id", "first name"])),
        .setSequence(name: "actor_actor_id_seq", value: 200),
      ]
    )
    #expect(rows == ["1\t\\\\.\n2\tx\\.\n"])
  }

  @Test func `what looks like COPY in strings, bodies and comments is none`() throws {
    let copy = "\nCOPY actor (actor_id) FROM stdin;\n"
    let dump = """
      -- \(copy.dropFirst().dropLast())
      /* /* \(copy) */ \(copy) */
      COMMENT ON TABLE actor IS 'it''s \(copy)';
      SELECT E'\\' \(copy)', "a""\(copy)";
      CREATE FUNCTION f() RETURNS void AS $_a$ BEGIN \(copy) $$ \(copy) END $_a$ LANGUAGE plpgsql;
      CREATE FUNCTION g() RETURNS void BEGIN ATOMIC \(copy) SELECT CASE WHEN true THEN 1 END; END;
      CREATE RULE r AS ON INSERT TO t DO (SELECT 1;\(copy));
      \\restrict abc
      SELECT 1;
      """
    let (statements, rows) = try read(dump)
    #expect(rows.isEmpty)
    #expect(
      statements == [
        .other(keyword: "comment"), .other(keyword: "select"), .other(keyword: "create"),
        .other(keyword: "create"), .other(keyword: "create"), .other(keyword: "select"),
      ]
    )
  }

  @Test func `CRLF, a long row and a mark without a line end are read`() throws {
    let long = String(repeating: "x", count: 700_000)
    let (_, rows) = try read(
      "COPY a (b) FROM stdin;\r\n\(long)\r\ny\r\n\\.\r\nCOPY a (b) FROM STDIN;\n1\n\\."
    )
    #expect(rows == ["\(long)\r\ny\r\n", "1\n"])
  }

  @Test(arguments: [
    "COPY a (b) FROM stdin;\n1\n2\n", "COPY a (b) FROM stdin;\n1\n\\", "CREATE TABLE x (",
    "SELECT 'x;",
    "CREATE FUNCTION f() AS $$ SELECT 1;", "/* x",
  ])
  func `a file that ends too early is cut short`(text: String) throws {
    let error = try #require(throws: ImportError.self) { try read(text) }
    #expect(error.category == .badData)
    #expect(error.sentence.contains("cut short"))
  }

  @Test func `only what pg_dump writes is understood`() {
    let odd = statement("COPY a (b) FROM stdin WITH (FORMAT csv)")
    #expect(odd == .copy(DumpCopy(table: "a", columns: ["b"], hasOptions: true)))
    #expect(statement("COPY a FROM stdin") == .copy(DumpCopy(table: "a")))
    #expect(statement("COPY a (b) FROM '/etc/passwd'") == .other(keyword: "copy"))
    #expect(statement("COPY a (b) FROM PROGRAM 'x'") == .other(keyword: "copy"))
    #expect(statement("COPY (DELETE FROM a) TO stdout") == .other(keyword: "copy"))
    #expect(statement("INSERT INTO public.a VALUES (1)") == .insert(table: "a"))
    #expect(statement("SELECT setval('s', 1), drop_all()") == .other(keyword: "select"))
    #expect(statement("SELECT pg_catalog.setval('s', x(), true)") == .other(keyword: "select"))
    #expect(statement("SET standard_conforming_strings = off") == .backslashEscapes(true))
  }

  @Test func `forms of dumps are told apart by their bytes`() throws {
    #expect(try DumpFormat.detect(folder.write("a", "PGDMP\u{1}\u{E}")) == .archive)
    #expect(try DumpFormat.detect(folder.write("b", "PK\u{3}\u{4}…")) == .zip)
    #expect(try DumpFormat.detect(folder.write("c.tar", "-- dump\n")) == .script)
    for (bytes, said) in [
      ([0x1F, 0x8B, 8, 0], "gzip"), ([0xFF, 0xFE, 0x2D, 0], "UTF-16"), ([1, 0, 2], "no dump"),
      ([], "empty"),
    ] as [([UInt8], String)] {
      let error = try #require(throws: ImportError.self) {
        try DumpFormat.detect(folder.write("d", bytes))
      }
      #expect(error.sentence.contains(said) && error.category == .badData)
    }
    let error = try #require(throws: ImportError.self) { try DumpFormat.detect(folder.path) }
    #expect(error.category == .usage)
  }
}
