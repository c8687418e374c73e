/// Where the rows in a stretch of COPY data end: before a line that is only `\.`, or not yet.
struct DumpRows {
  /// What ends the rows.
  enum Ending {
    /// The line `\.`.
    case mark
    /// The head of another table: the `\.` has been lost with the end of a file in a directory archive.
    /// pg_restore hands such files on as they are, and psql would take the next table for rows.
    case anotherTable
  }

  /// The bytes that are rows, or parts of one.
  let data: Range<Int>
  /// Where to go on.
  let next: Int
  /// What ends the rows; nil where they go on.
  private(set) var ending: Ending?
  private(set) var lines = 0
  private(set) var endsMidLine: Bool

  /// A line that may still become one of the endings is not handed over before it is whole.
  private static let longestEnding = 4096

  /// Looks through bytes that begin a line, or go on in one.
  init(in bytes: [UInt8], _ range: Range<Int>, isMidLine: Bool, isAtEnd: Bool) {
    var start = range.lowerBound
    endsMidLine = isMidLine
    for index in range where bytes[index] == CopyText.newline {
      lines += 1
      ending = endsMidLine ? nil : Self.ending(bytes, start..<index)
      if ending != nil {
        data = range.lowerBound..<start
        next = index + 1
        return
      }
      start = index + 1
      endsMidLine = false
    }
    if isAtEnd, !endsMidLine { ending = Self.ending(bytes, start..<range.upperBound) }
    if range.upperBound - start > Self.longestEnding { endsMidLine = true }
    next = endsMidLine || ending != nil ? range.upperBound : start
    data = range.lowerBound..<(endsMidLine ? range.upperBound : start)
  }

  private static func ending(_ bytes: [UInt8], _ line: Range<Int>) -> Ending? {
    guard !line.isEmpty else { return nil }
    switch bytes[line.lowerBound] {
    case UInt8(ascii: "\\"):
      let text = bytes[line]
      return text.elementsEqual(#"\."#.utf8) || text.elementsEqual("\\.\r".utf8) ? .mark : nil
    case UInt8(ascii: "C"):
      let text = bytes[line]
      let isHead = text.starts(with: "COPY ".utf8) && !text.contains(CopyText.tab)
      return isHead && text.suffix(12).elementsEqual(" FROM stdin;".utf8) ? .anotherTable : nil
    default:
      return nil
    }
  }
}
