/// A piece of SQL with its binds; interpolation binds by default.
///
/// ```swift
/// let fragment: SQLFragment = "SELECT name FROM \(ident: "product") WHERE id = \(7)"
/// // SELECT name FROM product WHERE id = $1      with $1 = 7
/// ```
///
/// A fragment spliced into another keeps its shape: where it stands first on a line, its further lines
/// take over that line's indentation, so that what runs is also laid out as it was written.
public struct SQLFragment: Sendable, Hashable {
  enum Part: Sendable, Hashable {
    /// SQL text that may be indented further.
    case text(String)
    /// A quoted name or literal: never touched, even where it holds a newline.
    case verbatim(String)
    case bind(SQLBind)
  }

  private(set) var parts: [Part] = []

  /// SQL text as it is, for keywords and the like; never for input.
  public init(unsafeRaw text: String) { parts = [.text(text)] }

  /// An empty fragment.
  public init() {}

  /// A quoted name.
  public init(_ identifier: SQLIdentifier) { parts = [.verbatim(identifier.sql)] }

  /// A bound value.
  public init(bind: SQLBind) { parts = [.bind(bind)] }

  /// Whether there is nothing in it.
  public var isEmpty: Bool { parts.isEmpty }

  /// Appends another fragment at the end, as it stands.
  public static func += (lhs: inout SQLFragment, rhs: SQLFragment) { lhs.parts += rhs.parts }

  /// One fragment after the other.
  public static func + (lhs: SQLFragment, rhs: SQLFragment) -> SQLFragment {
    var out = lhs
    out += rhs
    return out
  }

  /// This fragment with every line after the first indented by the given white space.
  public func indented(by indentation: String) -> SQLFragment {
    var out = SQLFragment()
    out.parts = parts.map { part in
      guard case .text(let text) = part, text.utf8.contains(UInt8(ascii: "\n")) else { return part }
      return .text(
        text.split(separator: "\n", omittingEmptySubsequences: false)
          .joined(separator: "\n" + indentation)
      )
    }
    return out
  }

  /// The white space before what would come next, if nothing else stands on that line.
  fileprivate var currentIndentation: String? {
    var line = ""
    for part in parts.reversed() {
      guard case .text(let text) = part else { return nil }
      if let newline = text.lastIndex(of: "\n") {
        line = text[text.index(after: newline)...] + line
        break
      }
      line = text + line
    }
    return line.allSatisfy { $0 == " " } ? line : nil
  }
}

extension Sequence<SQLFragment> {
  /// The fragments with a separator between each two.
  public func joined(separator: String) -> SQLFragment {
    var out = SQLFragment()
    for (index, fragment) in enumerated() {
      if index > 0 { out += SQLFragment(unsafeRaw: separator) }
      out += fragment
    }
    return out
  }
}

extension SQLFragment: ExpressibleByStringInterpolation {
  /// SQL text without any interpolation.
  public init(stringLiteral text: String) { self.init(unsafeRaw: text) }

  /// What the interpolation collected.
  public init(stringInterpolation: Interpolation) { self = stringInterpolation.fragment }

  /// Collects the pieces; each label says what happens to the value.
  public struct Interpolation: StringInterpolationProtocol {
    fileprivate var fragment = SQLFragment()

    /// Starts empty.
    public init(literalCapacity: Int, interpolationCount: Int) {
      fragment.parts.reserveCapacity(interpolationCount * 2 + 1)
    }

    /// The SQL text between interpolations.
    public mutating func appendLiteral(_ text: String) {
      if !text.isEmpty { fragment.parts.append(.text(text)) }
    }

    /// Binds a value: `\(customer)` becomes `$1`.
    public mutating func appendInterpolation<Value: SQLEncodable>(_ value: Value) {
      fragment.parts.append(.bind(SQLBind(value)))
    }

    /// Binds a value or NULL, of the same declared type.
    ///
    /// A function of its own, since the compiler takes an optional for a mistake elsewhere.
    public mutating func appendInterpolation<Value: SQLEncodable>(_ value: Value?) {
      fragment.parts.append(.bind(SQLBind(value)))
    }

    /// Splices another fragment, indented as the line that it stands on.
    public mutating func appendInterpolation(_ other: SQLFragment) {
      if let indentation = fragment.currentIndentation, !indentation.isEmpty {
        fragment += other.indented(by: indentation)
      } else {
        fragment += other
      }
    }

    /// A name, quoted where needed: `\(ident: "order")` becomes `"order"`.
    public mutating func appendInterpolation(ident name: String) {
      fragment.parts.append(.verbatim(SQLIdentifier.quoted(name)))
    }

    /// A qualified name, quoted where needed.
    public mutating func appendInterpolation(_ identifier: SQLIdentifier) {
      fragment.parts.append(.verbatim(identifier.sql))
    }

    /// A whole number written into the text, where the planner must see it (LIMIT).
    ///
    /// A negative one stands in parentheses: behind a minus its own would start a comment.
    public mutating func appendInterpolation(literal number: Int) {
      fragment.parts.append(.verbatim(number < 0 ? "(\(number))" : String(number)))
    }

    /// Text quoted as an SQL literal, for the few places where PostgreSQL takes no parameter.
    public mutating func appendInterpolation(literal text: String) {
      fragment.parts.append(.verbatim(SQLLiteral.quoted(text)))
    }

    /// SQL text as it is; never for input.
    public mutating func appendInterpolation(unsafeRaw text: String) {
      fragment.parts.append(.text(text))
    }
  }
}
