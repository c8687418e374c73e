import PQClient
import SQL
import ShopTables
import Testing
import VectorSQL

/// The builder on generated types, compared with what somebody wrote by hand.
@Suite("The builder on our own tables")
struct BuilderTests {
  private typealias Items = Shop.ProductItems

  private let kettle = PGUUID("00000000-0000-4000-8000-000000000001")
  private let bought = Interactions(
    Shop.OrderLine.table,
    subject: Shop.OrderLine.customerID.column.name,
    item: Shop.OrderLine.itemID.column.name
  )

  private func names(_ result: PQResult) throws -> [String] { try result.map { try $0["Name"] } }

  @Test func `a filtered search finds what the hand-written one finds`() throws {
    var db = try Database.connect()
    let search = Items.meaning
      .nearest(to: .row(try #require(kettle), of: Items.meaning), by: .cosine, limit: 4)
      .selecting(Items.name.column)
      .where(Items.price < (try #require(PGNumeric("40"))))
    let found = try names(db.run(search.statement))
    #expect(found == (try names(db.query(SQLStatement(text: SQL.cheapAlternatives, binds: [])))))
    #expect(found.count == 4)
  }

  @Test func `a profile finds what the hand-written one finds`() throws {
    var db = try Database.connect()
    let search = Items.meaning
      .nearest(to: .profile(of: Int32(1), bought, over: Items.meaning), by: .cosine, limit: 4)
      .selecting(Items.name.column)
      .excluding(.init(by: SQLBind(Int32(1)), bought))
    let found = try names(db.run(search.statement))
    #expect(found == (try names(db.query(SQLStatement(text: SQL.recommendations, binds: [])))))
    #expect(found.count == 4)
  }

  @Test func `rows are typed, enums and all`() throws {
    var db = try Database.connect()
    let select = Select(Items.season, Shop.OrderLine.quantity.sum)
      .from(Shop.OrderLine.self)
      .join(Items.self, on: Items.id == Shop.OrderLine.itemID)
      .where(Items.season.isNotNull)
      .group(by: Items.season)
      .order(by: Items.season.ascending)
    let rows = try db.fetch(select)
    let byHand = try db.query(SQLStatement(text: SQL.seasons, binds: []))
    #expect(rows.map(\.0) == [.spring, .summer, .autumn, .winter])
    let sums: [Int64] = try byHand.map { try $0["sum"] }
    #expect(rows.map { $0.1?.description } == sums.map(String.init))
  }

  @Test func `vectors beside the rows are joined after the limit`() throws {
    var db = try Database.connect()
    let search = ChunkVector.embedding
      .nearest(to: .row(Int64(1), of: ChunkVector.embedding), by: .cosine, limit: 3)
      .selecting(Chunk.body.column)
    let rows = try db.run(search.statement)
    #expect(try rows.map { try $0["body"] as String }.count == 3)
    let limit = try #require(search.statement.text.firstRange(of: "LIMIT 3"))
    let join = try #require(search.statement.text.firstRange(of: "JOIN chunk "))
    #expect(limit.upperBound < join.lowerBound)
  }

  /// The looks have any length, so that no metric stands for another.
  @Test func `what is not of length one is not taken for it`() throws {
    var db = try Database.connect()
    func nearest(_ metric: DistanceMetric) throws -> [String] {
      let search = Items.looks
        .nearest(to: .row(try #require(kettle), of: Items.looks), by: metric, limit: 5)
        .selecting(Items.name.column)
      return try names(db.run(search.statement))
    }
    #expect(try nearest(.innerProduct) != nearest(.cosine))
    #expect(try nearest(.l2) != nearest(.cosine))
  }
}
