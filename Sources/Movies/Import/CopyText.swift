/// The escaped form of COPY's text format (manual: COPY, "Text Format").
enum CopyText {
  /// NULL.
  static let null = Array(#"\N"#.utf8)
  static let tab = UInt8(ascii: "\t")
  static let newline = UInt8(ascii: "\n")

  /// Appends bytes with backslash, tab and line ends escaped; of two quotes in a row only one, if asked.
  static func append(
    _ bytes: [UInt8],
    _ range: Range<Int>,
    undoublingQuotes: Bool,
    to out: inout [UInt8]
  ) {
    var runStart = range.lowerBound
    var index = range.lowerBound
    while index < range.upperBound {
      let byte = bytes[index]
      // Every byte that needs care is below '#' or is the backslash.
      guard byte < 0x23 || byte == 0x5C else {
        index += 1
        continue
      }
      if byte == CSVRecordParser.quote, undoublingQuotes {
        out.append(contentsOf: bytes[runStart...index])
        index += 2
        runStart = index
      } else if let escape = escape(byte) {
        out.append(contentsOf: bytes[runStart..<index])
        out.append(UInt8(ascii: "\\"))
        out.append(escape)
        index += 1
        runStart = index
      } else {
        index += 1
      }
    }
    out.append(contentsOf: bytes[runStart..<range.upperBound])
  }

  private static func escape(_ byte: UInt8) -> UInt8? {
    switch byte {
    case UInt8(ascii: "\\"): byte
    case tab: UInt8(ascii: "t")
    case newline: UInt8(ascii: "n")
    case UInt8(ascii: "\r"): UInt8(ascii: "r")
    default: nil
    }
  }
}
