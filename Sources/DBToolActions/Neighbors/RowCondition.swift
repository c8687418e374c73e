public import PGCatalog
public import VectorSQL

/// A condition on rows as a person writes it: `COLUMN OP VALUE`, for example `rating = PG` or `genres has
/// Drama|Comedy`.
///
/// The column is checked against the catalogue and the value is bound, so that neither can be anything but
/// what it is.
public struct RowCondition: Sendable, Hashable {
  /// How a value is compared.
  public enum Operation: String, Sendable, CaseIterable {
    /// Equal.
    case equal = "="
    /// Not equal.
    case notEqual = "!="
    /// Less or equal.
    case atMost = "<="
    /// Greater or equal.
    case atLeast = ">="
    /// Less.
    case less = "<"
    /// Greater.
    case greater = ">"
    /// One of the values, separated by `|`, is among the elements of an array, or of a text with commas.
    case has
  }

  /// The column's name.
  public let column: String
  /// The comparison.
  public let operation: Operation
  /// The value.
  public let value: String

  /// Reads a condition.
  ///
  /// - Throws: ``ActionError`` for what is none.
  public init(parsing text: String) throws(ActionError) {
    func refusal() -> ActionError {
      ActionError(
        .usage,
        "\"\(text)\" is no condition",
        advice: "write COLUMN OP VALUE, OP one of = != < <= > >= has: --where 'year >= 1990'"
      )
    }
    var rest = text[...].drop { $0 == " " }
    if rest.first == "\"" {
      guard let (name, after) = Self.quotedName(rest) else { throw refusal() }
      column = name
      rest = after
    } else {
      column = String(rest.prefix { !" =!<>".contains($0) })
      rest = rest.dropFirst(column.count)
    }
    rest = rest.drop { $0 == " " }
    // Two characters before one of them.
    let operation = Operation.allCases.sorted { $0.rawValue.count > $1.rawValue.count }
      .first { rest.hasPrefix($0.rawValue) }
    guard !column.isEmpty, let operation else { throw refusal() }
    rest = rest.dropFirst(operation.rawValue.count)
    if operation == .has, rest.first != " " { throw refusal() }
    self.operation = operation
    value = String(rest.drop { $0 == " " })
  }

  private static func quotedName(_ text: Substring) -> (String, Substring)? {
    var name = ""
    var rest = text.dropFirst()
    while let quote = rest.firstIndex(of: "\"") {
      name += rest[..<quote]
      rest = rest[rest.index(after: quote)...]
      guard rest.first == "\"" else { return (name, rest) }
      name += "\""
      rest = rest.dropFirst()
    }
    return nil
  }

  /// All of some conditions on a table's rows; nil where there is none.
  ///
  /// - Throws: ``ActionError`` as ``predicate(on:)``.
  static func all(
    _ conditions: [RowCondition],
    on rows: TableDescription
  ) throws(ActionError) -> SQLPredicate? {
    var all: SQLPredicate?
    for condition in conditions {
      let next = try condition.predicate(on: rows)
      all = all.map { $0 && next } ?? next
    }
    return all
  }

  /// The condition on a table's rows.
  ///
  /// - Throws: ``ActionError`` where the table has no such column, or the comparison is not for it.
  public func predicate(on rows: TableDescription) throws(ActionError) -> SQLPredicate {
    guard let found = rows.column(column) else {
      let names = rows.columns.filter { !["vector", "halfvec"].contains($0.typeName) }.map(\.name)
      throw ActionError(
        .notFound,
        "table \(rows.shownName) has no column \"\(column)\"",
        advice: "it has: \(names.joined(separator: ", "))"
      )
    }
    let left = rows.table.column(column).sql
    guard operation == .has else {
      let comparison = operation == .notEqual ? "<>" : operation.rawValue
      return SQLPredicate(comparing: "\(left) \(unsafeRaw: comparison) \(UntypedText(value))")
    }
    let elements = UntypedText(
      value.split(separator: "|", omittingEmptySubsequences: false).map(String.init).sqlText
    )
    if found.isArray { return SQLPredicate(comparing: "\(left) && \(elements)") }
    guard found.isText else {
      throw ActionError(
        .usage,
        "\"\(column)\" of \(rows.shownName) is \(found.type): it has no elements to look among",
        advice: "has is for arrays, and for texts with commas; take = < >"
      )
    }
    return SQLPredicate(comparing: "string_to_array(\(left), ', ') && \(elements)")
  }
}

/// A value whose type the server infers from what it is compared with.
struct UntypedText: SQLEncodable, Hashable {
  let text: String

  init(_ text: String) { self.text = text }

  static var sqlType: SQLType { .unspecified }
  var sqlText: String { text }
  func encodeBinary(into buffer: inout [UInt8]) { buffer.append(contentsOf: text.utf8) }
  func validate() throws(SQLValueError) { try text.validate() }
}
