/// A type that a column or an expression can have: a scalar, or an optional of one where NULL may stand.
public protocol SQLValue: SQLEncodable, SQLDecodable {
  /// The type without NULL.
  associatedtype Scalar: SQLScalar
}

/// A type of which every value is something, so that it can be compared with.
///
/// `Optional` is none: `column == nil` does not compile, since `= NULL` is true of no row; see
/// ``SQLExpressible/isNull``.
public protocol SQLScalar: SQLValue where Scalar == Self {}

extension Optional: SQLValue where Wrapped: SQLScalar {
  /// The type without NULL.
  public typealias Scalar = Wrapped
}

extension Bool: SQLScalar {}
extension Int16: SQLScalar {}
extension Int32: SQLScalar {}
extension Int64: SQLScalar {}
extension Int: SQLScalar {}
extension Float: SQLScalar {}
extension Double: SQLScalar {}
extension String: SQLScalar {}
extension PGUUID: SQLScalar {}
extension PGNumeric: SQLScalar {}
extension PGBytes: SQLScalar {}
extension PGJSON: SQLScalar {}
extension PGDate: SQLScalar {}
extension PGTimestamp: SQLScalar {}
extension PGLocalTimestamp: SQLScalar {}
extension PGVector: SQLScalar {}
extension PGHalfVector: SQLScalar {}
extension Array: SQLValue where Element: SQLScalar {
  /// An array is a scalar of its own.
  public typealias Scalar = [Element]
}
extension Array: SQLScalar where Element: SQLScalar {}

/// SQL that has a value of a known type in each row.
public protocol SQLExpressible<Value>: Sendable {
  /// The Swift type of the value.
  associatedtype Value: SQLValue
  /// The SQL.
  var sql: SQLFragment { get }
}

/// A column whose type the compiler knows; `dbtool codegen` writes them.
public struct TypedColumn<Value: SQLValue>: SQLExpressible {
  /// The column.
  public let column: Column

  /// A column of a table.
  public init(_ table: Table, _ name: String) { column = table.column(name) }

  /// The qualified name.
  public var sql: SQLFragment { column.sql }
}

/// An expression whose type the caller states.
///
/// What there are no functions for here (windows, casts, functions of an extension) is written as SQL:
/// `SQLExpression<Int64>("row_number() OVER (ORDER BY \(Product.name.sql))")`.
public struct SQLExpression<Value: SQLValue>: SQLExpressible {
  /// The SQL.
  public let sql: SQLFragment

  /// An expression of the stated type; nothing checks that it has it.
  public init(_ sql: SQLFragment) { self.sql = sql }
}

/// A condition on a row.
public struct SQLPredicate: Sendable, Hashable {
  /// The conditions that all have to hold; one, if it is not made of others by AND.
  private let parts: [Part]

  private struct Part: Sendable, Hashable {
    let sql: SQLFragment
    /// Whether something in it may bind less than AND does.
    let isLoose: Bool

    /// The SQL where AND or OR stands beside it.
    var operand: SQLFragment { isLoose ? "(\(sql))" : sql }
  }

  private init(parts: [Part]) { self.parts = parts }

  /// A condition written as SQL.
  public init(_ sql: SQLFragment) { parts = [Part(sql: sql, isLoose: true)] }

  /// A condition written as SQL that binds more than AND does: a comparison, a call, EXISTS.
  public init(comparing sql: SQLFragment) { parts = [Part(sql: sql, isLoose: false)] }

  /// The SQL.
  public var sql: SQLFragment {
    parts.count == 1 ? parts[0].sql : operands.joined(separator: " AND ")
  }

  /// The conditions that all have to hold, each as an operand of AND.
  var operands: [SQLFragment] { parts.map(\.operand) }

  /// The SQL as an operand of OR and NOT.
  private var operand: SQLFragment { parts.count == 1 ? parts[0].operand : "(\(sql))" }

  /// Both.
  public static func && (lhs: SQLPredicate, rhs: SQLPredicate) -> SQLPredicate {
    SQLPredicate(parts: lhs.parts + rhs.parts)
  }

  /// One of them, or both.
  public static func || (lhs: SQLPredicate, rhs: SQLPredicate) -> SQLPredicate {
    SQLPredicate("\(lhs.operand) OR \(rhs.operand)")
  }

  /// Not this one; a condition that is NULL stays NULL.
  public static prefix func ! (condition: SQLPredicate) -> SQLPredicate {
    SQLPredicate("NOT \(condition.operand)")
  }
}

// MARK: Comparison

extension SQLExpressible {
  fileprivate func compare(_ comparison: String, _ other: SQLFragment) -> SQLPredicate {
    SQLPredicate(comparing: "\(sql) \(unsafeRaw: comparison) \(other)")
  }

  /// Equal: `left = right`.
  public static func == (lhs: Self, rhs: Value.Scalar) -> SQLPredicate {
    lhs.compare("=", "\(rhs)")
  }

  /// Not equal: `left <> right`.
  public static func != (lhs: Self, rhs: Value.Scalar) -> SQLPredicate {
    lhs.compare("<>", "\(rhs)")
  }

  /// Less: `left < right`.
  public static func < (lhs: Self, rhs: Value.Scalar) -> SQLPredicate { lhs.compare("<", "\(rhs)") }

  /// Less or equal: `left <= right`.
  public static func <= (lhs: Self, rhs: Value.Scalar) -> SQLPredicate {
    lhs.compare("<=", "\(rhs)")
  }

  /// Greater: `left > right`.
  public static func > (lhs: Self, rhs: Value.Scalar) -> SQLPredicate { lhs.compare(">", "\(rhs)") }

  /// Greater or equal: `left >= right`.
  public static func >= (lhs: Self, rhs: Value.Scalar) -> SQLPredicate {
    lhs.compare(">=", "\(rhs)")
  }

  /// Equal: `left = right`.
  public static func == <Other: SQLExpressible>(lhs: Self, rhs: Other) -> SQLPredicate
  where Other.Value.Scalar == Value.Scalar { lhs.compare("=", rhs.sql) }

  /// Not equal: `left <> right`.
  public static func != <Other: SQLExpressible>(lhs: Self, rhs: Other) -> SQLPredicate
  where Other.Value.Scalar == Value.Scalar { lhs.compare("<>", rhs.sql) }

  /// Less: `left < right`.
  public static func < <Other: SQLExpressible>(lhs: Self, rhs: Other) -> SQLPredicate
  where Other.Value.Scalar == Value.Scalar { lhs.compare("<", rhs.sql) }

  /// Less or equal: `left <= right`.
  public static func <= <Other: SQLExpressible>(lhs: Self, rhs: Other) -> SQLPredicate
  where Other.Value.Scalar == Value.Scalar { lhs.compare("<=", rhs.sql) }

  /// Greater: `left > right`.
  public static func > <Other: SQLExpressible>(lhs: Self, rhs: Other) -> SQLPredicate
  where Other.Value.Scalar == Value.Scalar { lhs.compare(">", rhs.sql) }

  /// Greater or equal: `left >= right`.
  public static func >= <Other: SQLExpressible>(lhs: Self, rhs: Other) -> SQLPredicate
  where Other.Value.Scalar == Value.Scalar { lhs.compare(">=", rhs.sql) }

  /// Equal to one of the values: `… = ANY (array)`.
  public func isOne(of values: [Value.Scalar]) -> SQLPredicate {
    compare("=", "ANY (\(values))")
  }

  /// Whether there is no value: `… IS NULL`.
  public var isNull: SQLPredicate { SQLPredicate(comparing: "\(sql) IS NULL") }

  /// Whether there is a value: `… IS NOT NULL`.
  public var isNotNull: SQLPredicate { SQLPredicate(comparing: "\(sql) IS NOT NULL") }
}

extension SQLExpressible where Value.Scalar == String {
  /// Matches a pattern: `… LIKE pattern`, with `%` for any text and `_` for any character.
  public func like(_ pattern: String) -> SQLPredicate { compare("LIKE", "\(pattern)") }
}

extension SQLExpressible {
  /// An array has an element: `value = ANY (…)`.
  public func has<Element: SQLScalar>(_ element: Element) -> SQLPredicate
  where Value.Scalar == [Element] {
    SQLPredicate(comparing: "\(element) = ANY (\(sql))")
  }

  /// The same expression where an outer join may have no row for it.
  public var optional: SQLExpression<Value.Scalar?> { SQLExpression(sql) }

  /// Ascending order, NULL last.
  public var ascending: SQLOrder { SQLOrder("\(sql)") }

  /// Descending order, NULL last: first, as it would be by itself, it hides what was asked for.
  public var descending: SQLOrder { SQLOrder("\(sql) DESC NULLS LAST") }
}

/// A place in an order.
public struct SQLOrder: Sendable, Hashable {
  let sql: SQLFragment

  init(_ sql: SQLFragment) { self.sql = sql }
}

// MARK: Aggregates

extension SQLExpressible {
  /// The rows where it is not NULL: `count(…)`.
  public var count: SQLExpression<Int64> { SQLExpression("count(\(sql))") }
  /// How many different values there are: `count(DISTINCT …)`.
  public var distinctCount: SQLExpression<Int64> { SQLExpression("count(DISTINCT \(sql))") }
  /// The least value: `min(…)`; NULL of no rows.
  public var minimum: SQLExpression<Value.Scalar?> { SQLExpression("min(\(sql))") }
  /// The greatest value: `max(…)`; NULL of no rows.
  public var maximum: SQLExpression<Value.Scalar?> { SQLExpression("max(\(sql))") }
}

/// A type that has a mean.
public protocol SQLNumber: SQLScalar {}
extension Int16: SQLNumber {}
extension Int32: SQLNumber {}
extension Int64: SQLNumber {}
extension Int: SQLNumber {}
extension Float: SQLNumber {}
extension Double: SQLNumber {}
extension PGNumeric: SQLNumber {}

extension SQLExpressible where Value.Scalar: SQLNumber {
  /// The mean, `avg(…)`, as a double; NULL of no rows.
  public var average: SQLExpression<Double?> {
    SQLExpression("avg(\(sql))::double precision")
  }
  /// The sum, `sum(…)`, as a number of any size; NULL of no rows.
  public var sum: SQLExpression<PGNumeric?> { SQLExpression("sum(\(sql))::numeric") }
}

/// The number of rows: `count(*)`.
public func rowCount() -> SQLExpression<Int64> { SQLExpression("count(*)") }
