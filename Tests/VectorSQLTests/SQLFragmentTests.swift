import TestSupport
import Testing
import VectorSQL

@Suite("Fragments")
struct SQLFragmentTests {
  @Test func `interpolation binds by default and numbers the binds in order`() {
    let name: String? = nil
    expectSQL(
      "SELECT \(7), \("seven"), \(7.5), \(true), \(name)",
      is: "SELECT $1, $2, $3, $4, $5",
      binds: [SQLBind(7), SQLBind("seven"), SQLBind(7.5), SQLBind(true), SQLBind(name)]
    )
  }

  @Test func `equal binds of one type share a number, others do not`() {
    expectSQL(
      "\(1) \(2) \(1) \(Int32(1)) \("1") \(1 as Int?) \(nil as Int?) \(nil as Int?)",
      is: "$1 $2 $1 $3 $4 $1 $5 $5",
      binds: [
        SQLBind(1), SQLBind(2), SQLBind(Int32(1)), SQLBind("1"), SQLBind(nil as Int?),
      ]
    )
    expectSQL("\(0.0) \(-0.0)", is: "$1 $2", binds: [SQLBind(0.0), SQLBind(-0.0)])
  }

  private static let attack = "x\"; DROP TABLE film; --'\\"

  @Test func `a hostile value cannot leave any of the places it can stand in`() {
    let attack = Self.attack
    expectSQL("WHERE a = \(attack)", is: "WHERE a = $1", binds: [SQLBind(attack)])
    expectSQL("ORDER BY \(ident: attack)", is: #"ORDER BY "x""; DROP TABLE film; --'\""#)
    expectSQL(
      "FROM \(SQLIdentifier(schema: attack, attack))",
      is: #"FROM "x""; DROP TABLE film; --'\"."x""; DROP TABLE film; --'\""#
    )
    expectSQL("SET a = \(literal: attack)", is: #"SET a = E'x"; DROP TABLE film; --''\\'"#)
    expectSQL("LIMIT \(literal: 5)", is: "LIMIT 5")
  }

  @Test func `a negative literal starts no comment behind a minus`() {
    expectSQL("SELECT 5 -\(literal: -5)", is: "SELECT 5 -(-5)")
    expectSQL("SELECT \(literal: Int.min)", is: "SELECT (-9223372036854775808)")
  }

  @Test func `raw text and fragments are spliced as they are`() {
    let condition: SQLFragment = "length > \(90)"
    expectSQL(
      "SELECT \(unsafeRaw: "count(*)") FROM film WHERE \(condition) AND \(condition)",
      is: "SELECT count(*) FROM film WHERE length > $1 AND length > $1",
      binds: [SQLBind(90)]
    )
  }

  @Test func `a spliced fragment takes over the indentation of its line`() {
    let inner: SQLFragment = """
      SELECT title
      FROM film
      WHERE film_id = \(1)
      """
    let middle: SQLFragment = """
      SELECT * FROM (
        \(inner)
      ) AS f
      """
    expectSQL(
      """
      WITH w AS (
        \(middle)
      )
      SELECT x, (\(inner))
      """,
      is: """
        WITH w AS (
          SELECT * FROM (
            SELECT title
            FROM film
            WHERE film_id = $1
          ) AS f
        )
        SELECT x, (SELECT title
        FROM film
        WHERE film_id = $1)
        """,
      binds: [SQLBind(1)]
    )
  }

  @Test func `indentation never reaches into a quoted name or literal`() {
    let inner: SQLFragment = "SELECT \(literal: "a\nb"),\n  \(ident: "c\nd")"
    expectSQL("  \(inner)", is: "  SELECT 'a\nb',\n    \"c\nd\"")
  }

  @Test func `fragments are joined and added in order`() {
    let parts: [SQLFragment] = ["a = \(1)", "b = \(2)", "c = \(1)"]
    expectSQL(
      parts.joined(separator: " AND "),
      is: "a = $1 AND b = $2 AND c = $1",
      binds: [SQLBind(1), SQLBind(2)]
    )
    expectSQL([SQLFragment]().joined(separator: ", "), is: "")
    #expect(SQLFragment().isEmpty)
    var sum: SQLFragment = "x"
    sum += "y"
    expectSQL(sum + SQLFragment(bind: SQLBind(3)), is: "xy$1", binds: [SQLBind(3)])
  }

  @Test func `an explained statement keeps its text, binds and settings`() {
    let statement = SQLStatement("SELECT \(1)", settings: [SQLSetting("work_mem", "64MB")])
    let explained = statement.explained("FORMAT json")
    expectSQL(explained, is: "EXPLAIN (FORMAT json)\nSELECT $1", binds: [SQLBind(1)])
    #expect(explained.settings == statement.settings)
  }
}
