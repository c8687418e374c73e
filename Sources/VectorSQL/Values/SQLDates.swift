/// A calendar date, as days since 2000-01-01 in the proleptic Gregorian calendar.
public struct PGDate: SQLEncodable, SQLDecodable, Hashable, Comparable, CustomStringConvertible {
  /// Days since 2000-01-01; `Int32.max` is `infinity`, `Int32.min` is `-infinity`.
  public let days: Int32

  /// A date by its day number.
  public init(days: Int32) { self.days = days }

  /// A date by year, month and day; nil where there is no such day, or none that PostgreSQL knows.
  ///
  /// Years are counted astronomically: 0 is 1 BC, -1 is 2 BC.
  public init?(year: Int, month: Int, day: Int) {
    guard (-4713...5_874_897).contains(year), (1...12).contains(month), (1...31).contains(day)
    else { return nil }
    let number = CivilDate.dayNumber(year: year, month: month, day: day)
    guard number >= Self.firstDay, let days = Int32(exactly: number),
      CivilDate.civil(fromDayNumber: number) == (year, month, day)
    else { return nil }
    self.days = days
  }

  /// The first day of PostgreSQL's calendar: 24 November 4714 BC, day 0 of the Julian period.
  private static let firstDay = -2_451_545

  /// ISO 8601, as the server writes it.
  public var description: String {
    switch days {
    case .max: "infinity"
    case .min: "-infinity"
    default: CivilDate.text(dayNumber: Int(days))
    }
  }

  /// Earlier comes first.
  public static func < (lhs: PGDate, rhs: PGDate) -> Bool { lhs.days < rhs.days }
  /// `date`.
  public static var sqlType: SQLType { .date }
  /// ISO 8601.
  public var sqlText: String { description }
  /// Four bytes: days since 2000-01-01.
  public func encodeBinary(into buffer: inout [UInt8]) { appendBigEndian(days, to: &buffer) }
  /// Reads `date`.
  public static func decodeBinary(
    _ bytes: UnsafeRawBufferPointer,
    typeOID: UInt32
  ) throws(SQLValueError) -> PGDate {
    guard typeOID == BuiltinOID.date, let days = bigEndian(Int32.self, in: bytes) else {
      throw SQLValueError("a column of type OID \(typeOID) read as a date")
    }
    return PGDate(days: days)
  }
}

/// A moment, as microseconds since 2000-01-01 00:00 UTC; reads `timestamp` as if it were UTC.
///
/// Compared with a `timestamp` column it would depend on the session's time zone: see ``PGLocalTimestamp``.
public struct PGTimestamp: SQLEncodable, SQLDecodable, Hashable, Comparable,
  CustomStringConvertible
{
  /// Microseconds since 2000-01-01 00:00 UTC; `Int64.max` is `infinity`, `Int64.min` `-infinity`.
  public let microseconds: Int64

  /// A moment by its microseconds.
  public init(microseconds: Int64) { self.microseconds = microseconds }

  /// ISO 8601 in UTC with as many decimals as are needed.
  public var description: String { CivilDate.moment(microseconds, zone: "Z") }

  /// Earlier comes first.
  public static func < (lhs: PGTimestamp, rhs: PGTimestamp) -> Bool {
    lhs.microseconds < rhs.microseconds
  }
  /// `timestamptz`.
  public static var sqlType: SQLType { .timestamptz }
  /// ISO 8601 in UTC.
  public var sqlText: String { description }
  /// Eight bytes: microseconds since 2000-01-01.
  public func encodeBinary(into buffer: inout [UInt8]) {
    appendBigEndian(microseconds, to: &buffer)
  }
  /// Reads `timestamptz` or `timestamp`.
  public static func decodeBinary(
    _ bytes: UnsafeRawBufferPointer,
    typeOID: UInt32
  ) throws(SQLValueError) -> PGTimestamp {
    guard typeOID == BuiltinOID.timestamptz || typeOID == BuiltinOID.timestamp,
      let microseconds = bigEndian(Int64.self, in: bytes)
    else { throw SQLValueError("a column of type OID \(typeOID) read as a timestamp") }
    return PGTimestamp(microseconds: microseconds)
  }
}

/// A date and a time of day without a time zone, PostgreSQL's `timestamp`.
public struct PGLocalTimestamp: SQLEncodable, SQLDecodable, Hashable, Comparable,
  CustomStringConvertible
{
  /// Microseconds since 2000-01-01 00:00; `Int64.max` is `infinity`, `Int64.min` `-infinity`.
  public let microseconds: Int64

  /// A date and time by its microseconds.
  public init(microseconds: Int64) { self.microseconds = microseconds }

  /// ISO 8601 without a time zone, with as many decimals as are needed.
  public var description: String { CivilDate.moment(microseconds, zone: "") }

  /// Earlier comes first.
  public static func < (lhs: PGLocalTimestamp, rhs: PGLocalTimestamp) -> Bool {
    lhs.microseconds < rhs.microseconds
  }
  /// `timestamp`.
  public static var sqlType: SQLType { .timestamp }
  /// ISO 8601.
  public var sqlText: String { description }
  /// Eight bytes: microseconds since 2000-01-01.
  public func encodeBinary(into buffer: inout [UInt8]) {
    appendBigEndian(microseconds, to: &buffer)
  }
  /// Reads `timestamp`.
  public static func decodeBinary(
    _ bytes: UnsafeRawBufferPointer,
    typeOID: UInt32
  ) throws(SQLValueError) -> PGLocalTimestamp {
    guard typeOID == BuiltinOID.timestamp, let microseconds = bigEndian(Int64.self, in: bytes)
    else { throw SQLValueError("a column of type OID \(typeOID) read as a local timestamp") }
    return PGLocalTimestamp(microseconds: microseconds)
  }
}

/// Days and dates of the proleptic Gregorian calendar, after the era-based algorithms of
/// Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms".
enum CivilDate {
  private static let daysFromCivilEpochTo2000 = 730_425  // from 0000-03-01

  static func dayNumber(year: Int, month: Int, day: Int) -> Int {
    let shifted = month <= 2 ? year - 1 : year
    let era = (shifted >= 0 ? shifted : shifted - 399) / 400
    let yearOfEra = shifted - era * 400
    let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
    let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
    return era * 146_097 + dayOfEra - daysFromCivilEpochTo2000
  }

  static func civil(fromDayNumber number: Int) -> (year: Int, month: Int, day: Int) {
    let days = number + daysFromCivilEpochTo2000
    let era = (days >= 0 ? days : days - 146_096) / 146_097
    let dayOfEra = days - era * 146_097
    let yearOfEra =
      (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let shiftedMonth = (5 * dayOfYear + 2) / 153
    let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
    return (
      yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month,
      dayOfYear - (153 * shiftedMonth + 2) / 5 + 1
    )
  }

  static func text(dayNumber: Int) -> String {
    let (date, era) = dateAndEra(dayNumber: dayNumber)
    return date + era
  }

  /// The era, ` BC` or nothing, stands at the very end, behind the time of day where there is one.
  static func dateAndEra(dayNumber: Int) -> (date: String, era: String) {
    let (year, month, day) = civil(fromDayNumber: dayNumber)
    let shown = year > 0 ? year : 1 - year
    let digits = String(shown)
    let padding = String(repeating: "0", count: max(0, 4 - digits.count))
    return (padding + digits + "-" + padded(month) + "-" + padded(day), year > 0 ? "" : " BC")
  }

  /// ISO 8601 with as many decimals as are needed, and the zone behind it.
  static func moment(_ microseconds: Int64, zone: String) -> String {
    guard microseconds != .max, microseconds != .min else {
      return microseconds > 0 ? "infinity" : "-infinity"
    }
    let perDay: Int64 = 86_400_000_000
    let (quotient, remainder) = microseconds.quotientAndRemainder(dividingBy: perDay)
    let (day, rest) = remainder < 0 ? (quotient - 1, remainder + perDay) : (quotient, remainder)
    let seconds = rest / 1_000_000
    let parts = [seconds / 3600, seconds / 60 % 60, seconds % 60].map { padded(Int($0)) }
    var fraction = String(String(1_000_000 + rest % 1_000_000).dropFirst())
    while fraction.hasSuffix("0") { fraction.removeLast() }
    let clock = parts.joined(separator: ":") + (fraction.isEmpty ? "" : "." + fraction)
    let (date, era) = dateAndEra(dayNumber: Int(day))
    return date + "T" + clock + zone + era
  }

  static func padded(_ number: Int) -> String { number < 10 ? "0\(number)" : String(number) }
}
