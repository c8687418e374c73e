/// The programs and files of one PostgreSQL on this machine.
public struct EmbeddedServerInstallation: Sendable, Hashable {
  /// The directory of `postgres`, `initdb` and `psql`.
  public let binDirectory: String
  /// The directory of the time zones, text-search dictionaries and extensions.
  public let shareDirectory: String
  /// The server's version, such as 18.4.
  public let version: DottedVersion
  /// The version of pgvector that belongs to it, such as 0.8.5; nil without one.
  public let pgvectorVersion: DottedVersion?

  /// The oldest server that dbtool works with.
  public static let oldestVersion: DottedVersion = [16]
  /// The oldest pgvector that dbtool works with.
  public static let oldestPgvectorVersion: DottedVersion = [0, 8, 4]

  /// The path of one of its programs, such as `psql` or `pg_restore`.
  public func program(_ name: String) -> String { binDirectory + "/" + name }

  /// Why dbtool cannot run this server; nil when it can.
  public var objection: String? {
    if version < Self.oldestVersion { return "PostgreSQL \(version) is too old" }
    guard let pgvectorVersion else { return "PostgreSQL \(version) has no pgvector" }
    if pgvectorVersion < Self.oldestPgvectorVersion {
      return "PostgreSQL \(version) has pgvector \(pgvectorVersion), which is too old"
    }
    return nil
  }
}

/// A version as numbers between dots, ordered number by number; missing numbers count as 0.
public struct DottedVersion: Sendable, Hashable, Comparable, ExpressibleByArrayLiteral {
  /// The numbers, most significant first, without zeros at the end.
  public let numbers: [Int]

  /// Creates a version from its numbers.
  public init(arrayLiteral elements: Int...) {
    numbers = Self.trimmed(elements)
  }

  /// Reads the first version in a text, such as `18.4` in `PostgreSQL 18.4 (Debian)`; `19beta1` is 19.
  public init?(in text: some StringProtocol) {
    let start = text.drop { !$0.isASCII || !$0.isNumber }
    let digits = start.prefix { $0 == "." || ($0.isASCII && $0.isNumber) }
    let numbers = digits.split(separator: ".").compactMap { Int($0) }
    guard !numbers.isEmpty else { return nil }
    self.numbers = Self.trimmed(numbers)
  }

  /// The first number: a PostgreSQL's major version.
  public var major: Int { numbers.first ?? 0 }

  /// Whether the left version is the older one.
  public static func < (left: Self, right: Self) -> Bool {
    left.numbers.lexicographicallyPrecedes(right.numbers)
  }

  private static func trimmed(_ numbers: [Int]) -> [Int] {
    Array(numbers.reversed().drop { $0 == 0 }.reversed())
  }
}

extension DottedVersion: CustomStringConvertible {
  /// The numbers between dots; at least two of them, as in 18.0.
  public var description: String {
    (numbers + Array(repeating: 0, count: max(0, 2 - numbers.count)))
      .map(String.init).joined(separator: ".")
  }
}
