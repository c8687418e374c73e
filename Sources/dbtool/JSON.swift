/// A JSON value that keeps the order of its keys, which Foundation's encoder does not.
enum JSON {
  case null
  case bool(Bool)
  case number(Double)
  case integer(Int)
  case string(String)
  case array([JSON])
  case object([(key: String, value: JSON)])
  /// Text that is JSON already.
  case raw(String)

  static func optional(_ text: String?) -> JSON { text.map(JSON.string) ?? .null }

  /// On one line, for JSON Lines.
  var compact: String { text(indentation: nil) }

  /// For people: nested by two blanks.
  var pretty: String { text(indentation: "\n") }

  private func text(indentation: String?) -> String {
    switch self {
    case .null: "null"
    case .bool(let value): value ? "true" : "false"
    case .integer(let value): String(value)
    case .number(let value): value.isFinite ? value.description : "null"
    case .string(let value): Self.quoted(value)
    case .raw(let text): text
    case .array(let values):
      Self.list(values.map { _ in "" }, values, "[", "]", indentation)
    case .object(let members):
      Self.list(
        members.map { Self.quoted($0.key) + (indentation == nil ? ":" : ": ") },
        members.map(\.value),
        "{",
        "}",
        indentation
      )
    }
  }

  private static func list(
    _ prefixes: [String],
    _ values: [JSON],
    _ open: String,
    _ close: String,
    _ indentation: String?
  ) -> String {
    guard !values.isEmpty else { return open + close }
    let inner = indentation.map { $0 + "  " }
    let parts = zip(prefixes, values).map { $0 + $1.text(indentation: inner) }
    return open + (inner ?? "") + parts.joined(separator: "," + (inner ?? "")) + (indentation ?? "")
      + close
  }

  private static func quoted(_ text: String) -> String {
    var out = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": out += "\\\""
      case "\\": out += "\\\\"
      case "\n": out += "\\n"
      case "\r": out += "\\r"
      case "\t": out += "\\t"
      case _ where scalar.value < 0x20:
        let hex = String(scalar.value, radix: 16)
        out += "\\u" + String(repeating: "0", count: 4 - hex.count) + hex
      default: out.unicodeScalars.append(scalar)
      }
    }
    return out + "\""
  }
}
