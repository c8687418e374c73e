/// One statement ready to run: its text with `$1`, `$2`, …, the binds, and the settings that it wants.
///
/// The text is what travels, what `--show-sql` prints and what the golden files hold: the same bytes.
public struct SQLStatement: Sendable, Hashable {
  /// The SQL, without a semicolon at its end.
  public let text: String
  /// The values of the parameters, `$1` first.
  public let binds: [SQLBind]
  /// Settings for the statement's own transaction, in order.
  public let settings: [SQLSetting]

  /// Numbers the binds of a fragment; equal binds share a number.
  public init(_ fragment: SQLFragment, settings: [SQLSetting] = []) {
    var text: [UInt8] = []
    text.reserveCapacity(fragment.text.count + 3 * fragment.binds.count)
    var binds: [SQLBind] = []
    var start = 0
    for place in fragment.binds {
      text += fragment.text[start..<place.offset]
      start = place.offset
      let known = binds.firstIndex(of: place.bind)
      if known == nil { binds.append(place.bind) }
      text += "$\((known ?? binds.count - 1) + 1)".utf8
    }
    text += fragment.text[start...]
    self.text = String(decoding: text, as: UTF8.self)
    self.binds = binds
    self.settings = settings
  }

  /// A statement from text that is already numbered, as kept in a file.
  public init(text: String, binds: [SQLBind], settings: [SQLSetting] = []) {
    self.text = text
    self.binds = binds
    self.settings = settings
  }

  /// The same statement under `EXPLAIN (options)`, with the same binds and settings.
  public func explained(_ options: String) -> SQLStatement {
    SQLStatement(text: "EXPLAIN (\(options))\n\(text)", binds: binds, settings: settings)
  }
}

/// A setting for the length of a transaction: `SET LOCAL hnsw.ef_search = 200`.
public struct SQLSetting: Sendable, Hashable {
  /// The parameter's name, for example `hnsw.ef_search`.
  public let name: String
  /// Its value as text.
  public let value: String

  /// A setting; the name is one that dbtool knows, never input.
  public init(_ name: String, _ value: String) {
    self.name = name
    self.value = value
  }

  /// `SET LOCAL name = value`, the value bare where it is a number, a plain word, `on` or `off`.
  ///
  /// Key words are quoted: a bare `default` would mean something else than the value.
  public var sql: String {
    let isNumber = !value.isEmpty && value.utf8.allSatisfy { (48...57).contains($0) }
    let isWord = value == "on" || SQLIdentifier.quoted(value) == value
    return "SET LOCAL \(name) = \(isNumber || isWord ? value : SQLLiteral.quoted(value))"
  }
}
