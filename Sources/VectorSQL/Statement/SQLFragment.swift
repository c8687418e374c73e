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
  /// A bind and the place in the text where its parameter goes.
  struct Place: Sendable, Hashable {
    var offset: Int
    let bind: SQLBind
  }

  // One buffer, since a statement is made of hundreds of pieces.
  private(set) var text: [UInt8] = []
  private(set) var binds: [Place] = []
  /// The offsets of line ends inside of quoted names and literals, where nothing may be indented.
  private var quotedLineEnds: [Int] = []

  private static let lineEnd = UInt8(ascii: "\n")
  private static let space = UInt8(ascii: " ")

  /// SQL text as it is, for keywords and the like; never for input.
  public init(unsafeRaw text: String) { self.text = Array(text.utf8) }

  /// An empty fragment.
  public init() {}

  /// A quoted name.
  public init(_ identifier: SQLIdentifier) { appendQuoted(identifier.sql) }

  /// A bound value.
  public init(bind: SQLBind) { binds = [Place(offset: 0, bind: bind)] }

  /// Whether there is nothing in it.
  public var isEmpty: Bool { text.isEmpty && binds.isEmpty }

  /// Every word in it: a name that is none of them means nothing in it.
  var words: [String] {
    let isWord = { (byte: UInt8) in
      byte == UInt8(ascii: "_") || byte >= 0x80 || (48...57).contains(byte)
        || (65...90).contains(byte) || (97...122).contains(byte)
    }
    return text.split { !isWord($0) }.map { String(decoding: $0, as: UTF8.self) }
  }

  /// Appends another fragment at the end, as it stands.
  public static func += (lhs: inout SQLFragment, rhs: SQLFragment) {
    let start = lhs.text.count
    lhs.text += rhs.text
    for place in rhs.binds {
      lhs.binds.append(Place(offset: start + place.offset, bind: place.bind))
    }
    for offset in rhs.quotedLineEnds { lhs.quotedLineEnds.append(start + offset) }
  }

  /// One fragment after the other.
  public static func + (lhs: SQLFragment, rhs: SQLFragment) -> SQLFragment {
    var out = lhs
    out += rhs
    return out
  }

  fileprivate mutating func reserveCapacity(_ capacity: Int) { text.reserveCapacity(capacity) }

  fileprivate mutating func append(_ raw: String) { text.append(contentsOf: raw.utf8) }

  fileprivate mutating func append(_ bind: SQLBind) {
    binds.append(Place(offset: text.count, bind: bind))
  }

  /// A quoted name or literal: never touched, even where it holds a newline.
  fileprivate mutating func appendQuoted(_ quoted: String) {
    let start = text.count
    text.append(contentsOf: quoted.utf8)
    for offset in start..<text.count where text[offset] == Self.lineEnd {
      quotedLineEnds.append(offset)
    }
  }

  /// Appends another fragment, with every line after its first indented by so many blanks.
  private mutating func append(_ other: SQLFragment, indentedBy blanks: Int) {
    var (copied, bind, quoted) = (0, 0, 0)
    /// Copies the text up to an offset, with the binds that stand in it.
    func copy(upTo end: Int, _ out: inout SQLFragment) {
      while bind < other.binds.count, other.binds[bind].offset < end || end == other.text.count {
        let offset = out.text.count + other.binds[bind].offset - copied
        out.binds.append(Place(offset: offset, bind: other.binds[bind].bind))
        bind += 1
      }
      out.text += other.text[copied..<end]
      copied = end
    }
    for offset in other.text.indices where other.text[offset] == Self.lineEnd {
      copy(upTo: offset + 1, &self)
      if quoted < other.quotedLineEnds.count, other.quotedLineEnds[quoted] == offset {
        quotedLineEnds.append(text.count - 1)
        quoted += 1
      } else {
        text.append(contentsOf: repeatElement(Self.space, count: blanks))
      }
    }
    copy(upTo: other.text.count, &self)
  }

  /// This fragment with every line after the first indented by so many blanks.
  public func indented(by blanks: Int) -> SQLFragment {
    var out = SQLFragment()
    out.append(self, indentedBy: blanks)
    return out
  }

  /// Appends another fragment, indented as the line that it stands first on.
  fileprivate mutating func splice(_ other: SQLFragment) {
    let blanks = currentIndentation
    if blanks == 0 || !other.text.contains(Self.lineEnd) {
      self += other
    } else {
      append(other, indentedBy: blanks)
    }
  }

  /// The blanks before what would come next, if nothing else stands on that line.
  private var currentIndentation: Int {
    var start = text.count
    while start > 0, text[start - 1] != Self.lineEnd {
      guard text[start - 1] == Self.space else { return 0 }
      start -= 1
    }
    // A bind has no text yet, and a quoted line is no line.
    if let place = binds.last, place.offset >= start { return 0 }
    return start > 0 && quotedLineEnds.last == start - 1 ? 0 : text.count - start
  }
}

extension Sequence<SQLFragment> {
  /// The fragments with a separator between each two.
  public func joined(separator: String) -> SQLFragment {
    var out = SQLFragment()
    for (index, fragment) in enumerated() {
      if index > 0 { out.append(separator) }
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
      fragment.reserveCapacity(literalCapacity + 24 * interpolationCount)
    }

    /// The SQL text between interpolations.
    public mutating func appendLiteral(_ text: String) {
      fragment.append(text)
    }

    /// Binds a value: `\(customer)` becomes `$1`.
    public mutating func appendInterpolation<Value: SQLEncodable>(_ value: Value) {
      fragment.append(SQLBind(value))
    }

    /// Binds a value or NULL, of the same declared type.
    ///
    /// A function of its own, since the compiler takes an optional for a mistake elsewhere.
    public mutating func appendInterpolation<Value: SQLEncodable>(_ value: Value?) {
      fragment.append(SQLBind(value))
    }

    /// Splices another fragment, indented as the line that it stands on.
    public mutating func appendInterpolation(_ other: SQLFragment) {
      fragment.splice(other)
    }

    /// A name, quoted where needed: `\(ident: "order")` becomes `"order"`.
    public mutating func appendInterpolation(ident name: String) {
      fragment.appendQuoted(SQLIdentifier.quoted(name))
    }

    /// A qualified name, quoted where needed.
    public mutating func appendInterpolation(_ identifier: SQLIdentifier) {
      fragment.appendQuoted(identifier.sql)
    }

    /// A whole number written into the text, where the planner must see it (LIMIT).
    ///
    /// A negative one stands in parentheses: behind a minus its own would start a comment.
    public mutating func appendInterpolation(literal number: Int) {
      fragment.append(number < 0 ? "(\(number))" : String(number))
    }

    /// Text quoted as an SQL literal, for the few places where PostgreSQL takes no parameter.
    public mutating func appendInterpolation(literal text: String) {
      fragment.appendQuoted(SQLLiteral.quoted(text))
    }

    /// SQL text as it is; never for input.
    public mutating func appendInterpolation(unsafeRaw text: String) {
      fragment.append(text)
    }
  }
}
