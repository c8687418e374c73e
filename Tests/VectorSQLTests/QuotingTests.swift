import TestSupport
import Testing
import VectorSQL

@Suite("Quoting")
struct QuotingTests {
  @Test(arguments: [
    ("film", "film"), ("_a1", "_a1"), ("film_id", "film_id"), ("Film", "\"Film\""),
    ("1st", "\"1st\""), ("a b", "\"a b\""), ("a.b", "\"a.b\""), ("a$b", "\"a$b\""),
    ("größe", "\"größe\""), ("", "\"\""), ("say \"hi\"", "\"say \"\"hi\"\"\""),
    ("cast", "\"cast\""), ("user", "\"user\""), ("order", "\"order\""), ("left", "\"left\""),
    ("values", "\"values\""), ("name", "name"), ("title", "title"), ("year", "year"),
    ("type", "type"), ("e\u{301}", "\"e\u{301}\""), ("a\r\n\"b", "\"a\r\n\"\"b\""),
  ])
  func `a name is quoted where it has to be`(name: String, quoted: String) {
    #expect(SQLIdentifier(name).sql == quoted)
  }

  @Test func `the parts of a qualified name are quoted each on its own`() {
    let table = SQLIdentifier(schema: "My Shop", "order")
    #expect(table.sql == "\"My Shop\".\"order\"")
    #expect(table.appending("price").sql == "\"My Shop\".\"order\".price")
    #expect(SQLIdentifier(schema: nil, "film").sql == "film")
    #expect("\(table)" == table.sql)
    expectSQL(Table("film", schema: "public").column("cast").sql, is: "public.film.\"cast\"")
  }

  @Test(arguments: [
    ("a", ["a"]), ("a.b", ["a", "b"]), ("\"a.b\".c", ["a.b", "c"]), ("\"a\"\"b\"", ["a\"b"]),
    ("\"\"\"a\"", ["\"a"]), ("\"\"\"\"", ["\""]),
    ("\"\u{301}\".\"\u{301}\"", ["\u{301}", "\u{301}"]),
  ])
  func `a name is read as a person writes it`(written: String, parts: [String]) {
    #expect(SQLIdentifier(parsing: written).parts == parts)
  }

  @Test func `names of other bytes are other names, as on the server`() {
    let (composed, decomposed) = ("caf\u{E9}", "cafe\u{301}")
    #expect(composed == decomposed)
    #expect(SQLIdentifier(composed) != SQLIdentifier(decomposed))
    #expect(Table(composed) != Table(decomposed))
    #expect(Table("a").named(composed) != Table("a").named(decomposed))
    let columns: Set = [Table("a").column(composed), Table("a").column(decomposed)]
    #expect(columns.count == 2)
  }

  @Test(arguments: [
    ("", "''"), ("it's", "'it''s'"), ("a\\b", "E'a\\\\b'"), ("\\'", "E'\\\\'''"),
    ("e\u{301}'\u{301}", "'e\u{301}''\u{301}'"), ("line\nbreak", "'line\nbreak'"),
  ])
  func `a literal means the same text`(text: String, quoted: String) {
    #expect(SQLLiteral.quoted(text) == quoted)
  }

  @Test(arguments: [
    ("200", "200"), ("off", "off"), ("on", "on"), ("strict_order", "strict_order"),
    ("64MB", "'64MB'"), ("-1", "'-1'"), ("0.5", "'0.5'"), ("", "''"), ("default", "'default'"),
    ("user", "'user'"), ("1a", "'1a'"), ("a; DROP TABLE x", "'a; DROP TABLE x'"),
    ("it's", "'it''s'"), ("a, b", "'a, b'"),
  ])
  func `a setting's value is bare only where that means the same`(value: String, sql: String) {
    #expect(SQLSetting("some.setting", value).sql == "SET LOCAL some.setting = " + sql)
  }
}
