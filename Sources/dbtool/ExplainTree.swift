import DBToolActions
import PlanVerdict

/// A plan as lines: a node each with its figures at the right, what is to be said of it beneath.
struct ExplainTree {
  private let tree: PlanTree
  private let hasRun: Bool
  private let width: Int

  init(_ tree: PlanTree, hasRun: Bool, width: Int) {
    self.tree = tree
    self.hasRun = hasRun
    self.width = width
  }

  /// In a narrow terminal, and beside a deep tree, the figures stand beneath the node.
  private var isWide: Bool {
    let deepest = tree.rows.map { 3 * $0.branches.count }.max() ?? 0
    return width >= 80 && width - figures - deepest >= 20
  }

  /// The columns that the figures take.
  private var figures: Int { columns.reduce(0) { $0 + $1.width } }

  private static let bar = 8
  /// A list of a thousand keys tells no more than its beginning.
  private static let longestDetail = 600

  private var columns: [(name: String, width: Int)] {
    hasRun
      ? [("rows", 8), ("expected", 9), ("factor", 8), ("ms", 7), ("", Self.bar + 1), ("pages", 7)]
      : [("expected", 12)]
  }

  func print() {
    let isWide = isWide
    let room = isWide ? width - figures : width
    if isWide {
      let header = columns.map { Self.right($0.name, $0.width) }.joined()
      Console.print(Console.bold(Text.padded("node", to: room) + header))
    }
    for row in tree.rows {
      let (first, rest) = Self.stems(row.branches)
      let lines = Text.wrapped(row.title, to: room - Text.width(first) - 1)
      for (place, line) in lines.enumerated() {
        let stem = place == 0 ? first : rest
        let start = stem + line
        Console.print(
          place == 0 && isWide ? Text.padded(start, to: room) + figuresOf(row) : start
        )
      }
      let below = (isWide ? [] : [sentence(row)]) + row.details
      for detail in below {
        let shown = Text.cut(VectorElision.shortened(detail), to: Self.longestDetail)
        for (place, line) in Text.wrapped(shown, to: width - Text.width(rest) - 6).enumerated() {
          Console.print(rest + (place == 0 ? "  " : "    ") + line)
        }
      }
    }
  }

  /// What stands before a node, and before what is beneath it.
  private static func stems(_ branches: [Bool]) -> (String, String) {
    guard let last = branches.last else { return ("", "") }
    let above = branches.dropLast().map { $0 ? "│  " : "   " }.joined()
    return (above + (last ? "├─ " : "└─ "), above + (last ? "│  " : "   "))
  }

  private func figuresOf(_ row: PlanTree.Row) -> String {
    columns.map { column in
      // A blank stands before each.
      let room = column.width - 1
      let cell =
        switch column.name {
        case "rows": row.actual.map { Self.count($0, in: room) } ?? ""
        case "expected": Self.count(row.expected, in: room)
        case "factor": factor(row, in: room)
        case "ms": row.milliseconds.map { Self.time($0, in: room) } ?? ""
        case "pages": row.blocks.map { Self.count(Double($0), in: room) } ?? ""
        default: Text.padded(bar(row), to: room)
        }
      return Self.right(cell, column.width)
    }
    .joined()
  }

  /// Off by less than a third is as expected.
  private func factor(_ row: PlanTree.Row, in room: Int = .max) -> String {
    guard let factor = row.factor, !row.isCutShort, factor > 1.5 || factor < 1 / 1.5 else {
      return ""
    }
    let (sign, times) = factor > 1 ? ("×", factor) : ("÷", 1 / factor)
    return sign
      + (times < 10 ? Text.fixed(times, decimals: 1) : Self.count(times.rounded(), in: room - 1))
  }

  private func bar(_ row: PlanTree.Row) -> String {
    guard let time = row.milliseconds, tree.milliseconds > 0 else { return "" }
    let eighths = Int((time / tree.milliseconds * Double(Self.bar * 8)).rounded())
    let parts = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"]
    return String(repeating: "█", count: eighths / 8) + parts[eighths % 8]
  }

  private func sentence(_ row: PlanTree.Row) -> String {
    guard let actual = row.actual else { return "\(Self.count(row.expected)) rows expected" }
    let factor = factor(row)
    let parts = [
      "\(Self.count(actual)) rows, \(Self.count(row.expected)) expected"
        + (factor.isEmpty ? "" : " (\(factor))"),
      row.milliseconds.map(ExplainOutput.milliseconds),
      row.blocks.map { Figures.grouped($0) + " pages" },
    ]
    return parts.compactMap(\.self).joined(separator: ", ")
  }

  /// A number in so many columns: `8.0M` where 8,000,000 does not fit.
  private static func count(_ number: Double, in room: Int = .max) -> String {
    let whole =
      number < 10 && number != number.rounded()
      ? Text.fixed(number, decimals: 1) : ExplainOutput.grouped(number)
    guard whole.count > room else { return whole }
    guard let (unit, size) = units.first(where: { number < $0.1 * 999.5 }) else { return "> 1e15" }
    return Text.fixed(number / size, decimals: number < size * 99.95 ? 1 : 0) + unit
  }

  private static let units = [("k", 1e3), ("M", 1e6), ("G", 1e9), ("T", 1e12)]

  private static func time(_ milliseconds: Double, in room: Int) -> String {
    let digits = Text.fixed(milliseconds, decimals: milliseconds < 100 ? 2 : 0)
    return digits.count > room ? count(milliseconds, in: room) : digits
  }

  private static func right(_ text: String, _ width: Int) -> String {
    String(repeating: " ", count: max(1, width - Text.width(text))) + text
  }
}
