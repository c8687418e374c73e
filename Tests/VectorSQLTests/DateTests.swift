import Testing
import VectorSQL

@Suite("Dates")
struct DateTests {
  @Test(arguments: [
    (2000, 1, 1, 0, "2000-01-01"), (1999, 12, 31, -1, "1999-12-31"),
    (2000, 2, 29, 59, "2000-02-29"), (2000, 3, 1, 60, "2000-03-01"),
    (1, 1, 1, -730_119, "0001-01-01"), (0, 12, 31, -730_120, "0001-12-31 BC"),
    (-43, 3, 15, -746_117, "0044-03-15 BC"), (-4713, 11, 24, -2_451_545, "4714-11-24 BC"),
    (9999, 12, 31, 2_921_939, "9999-12-31"), (10_000, 1, 1, 2_921_940, "10000-01-01"),
    (5_874_897, 12, 31, 2_145_031_948, "5874897-12-31"), (2024, 2, 29, 8825, "2024-02-29"),
  ])
  func `a date is its day number`(year: Int, month: Int, day: Int, days: Int32, text: String) {
    #expect(PGDate(year: year, month: month, day: day)?.days == days)
    #expect(PGDate(days: days).description == text)
  }

  @Test(arguments: [
    (2023, 2, 29), (1900, 2, 29), (2024, 2, 30), (2024, 4, 31), (2024, 0, 1), (2024, 13, 1),
    (2024, 1, 0), (2024, 1, 32), (-4713, 11, 23), (5_874_898, 1, 1), (Int.max, 1, 1),
    (Int.min, 1, 1), (2024, Int.max, 1), (2024, 1, Int.min),
  ])
  func `a day that does not exist is refused`(year: Int, month: Int, day: Int) {
    #expect(PGDate(year: year, month: month, day: day) == nil)
  }

  @Test func `every day of four centuries follows the one before`() throws {
    var previous = try #require(PGDate(year: 1599, month: 12, day: 31)).days
    for year in 1600..<2000 {
      for month in 1...12 {
        for day in 1...31 {
          guard let date = PGDate(year: year, month: month, day: day) else { continue }
          try #require(date.days == previous + 1)
          previous = date.days
        }
      }
    }
    #expect(previous == -1)
  }

  @Test func `infinity lies beyond every date`() throws {
    #expect(PGDate(days: .max).description == "infinity")
    #expect(PGDate(days: .min).description == "-infinity")
    let latest = try #require(PGDate(year: 5_874_897, month: 12, day: 31))
    #expect(latest < PGDate(days: .max))
    #expect(wire(PGDate(days: -1)) == "ffffffff")
    #expect(try roundTrip(latest) == latest)
    #expect(throws: SQLValueError.self) { try read([0, 0, 0, 0], .integer, as: PGDate.self) }
  }

  @Test(
    arguments: [
      (0, "2000-01-01T00:00:00Z"), (1, "2000-01-01T00:00:00.000001Z"),
      (-1, "1999-12-31T23:59:59.999999Z"), (86_399_500_000, "2000-01-01T23:59:59.5Z"),
      (-63_082_281_600_000_001, "0001-12-31T23:59:59.999999Z BC"),
      (-211_813_488_000_000_000, "4714-11-24T00:00:00Z BC"),
      (.max, "infinity"), (.min, "-infinity"),
    ] as [(Int64, String)]
  )
  func `a moment is its microseconds`(microseconds: Int64, text: String) {
    #expect(PGTimestamp(microseconds: microseconds).description == text)
  }

  @Test func `the moments nearest to infinity have a text too`() {
    #expect(PGTimestamp(microseconds: .min + 1).description.hasSuffix(" BC"))
    #expect(PGTimestamp(microseconds: .max - 1).description.hasPrefix("294"))
  }

  @Test func `a moment is read with and without a time zone`() throws {
    let bytes: [UInt8] = [0, 0, 0, 0, 0, 0, 0, 5]
    #expect(try read(bytes, .timestamptz) == PGTimestamp(microseconds: 5))
    #expect(try read(bytes, .timestamp) == PGTimestamp(microseconds: 5))
    #expect(throws: SQLValueError.self) { try read(bytes, .bigint, as: PGTimestamp.self) }
    #expect(PGTimestamp(microseconds: 4) < PGTimestamp(microseconds: 5))
    #expect(wire(PGTimestamp(microseconds: -1)) == "ffffffffffffffff")
  }
}
