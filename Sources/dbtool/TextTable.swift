/// Rows in columns that fit the terminal.
struct TextTable {
  enum Alignment { case left, right }

  private let headers: [String]
  private let alignments: [Alignment]
  private var rows: [[String]] = []

  init(_ columns: [(header: String, alignment: Alignment)]) {
    headers = columns.map(\.header)
    alignments = columns.map(\.alignment)
  }

  mutating func add(_ cells: [String]) { rows.append(cells.map(Text.oneLine)) }

  /// Prints the table; the widest column gives way where the terminal is too narrow, but never the
  /// first, by which a row is named.
  func print() {
    let widths = fitted(Console.width)
    Console.print(Console.bold(line(headers, widths)))
    for row in rows { Console.print(line(row, widths)) }
  }

  private func fitted(_ available: Int) -> [Int] {
    var widths = headers.indices.map { column in
      ([headers[column]] + rows.map { $0[column] }).map(Text.width).max() ?? 0
    }
    var excess = widths.reduce(2 * (widths.count - 1), +) - available
    while excess > 0, let widest = widths.indices.dropFirst().max(by: { widths[$0] < widths[$1] }),
      widths[widest] > 12
    {
      widths[widest] -= 1
      excess -= 1
    }
    return widths
  }

  private func line(_ cells: [String], _ widths: [Int]) -> String {
    let parts = cells.indices.map { column in
      let cell = Text.cut(cells[column], to: widths[column])
      let padding = String(repeating: " ", count: max(0, widths[column] - Text.width(cell)))
      return alignments[column] == .left ? cell + padding : padding + cell
    }
    let line = parts.joined(separator: "  ")
    return String(line.reversed().drop { $0 == " " }.reversed())
  }
}
