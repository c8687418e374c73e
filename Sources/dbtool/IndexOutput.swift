import DBToolActions
import PGCatalog
import VectorSQL

/// What was done to indexes, and which there are.
enum IndexOutput {
  static func print(_ outcome: IndexSwitch.Outcome) {
    for name in outcome.dropped { Console.print("dropped index \(name)") }
    switch (outcome.index, outcome.built) {
    case (let name?, true): Console.print("built index \(name) on \(outcome.table)")
    case (let name?, false): Console.print("index \(name) on \(outcome.table) is there already")
    case (nil, _): Console.print("\(outcome.table) is searched exactly, without an index")
    }
    for index in outcome.invalid {
      Console.note(
        "dbtool: index \(index.name) is INVALID and not dbtool's: it serves no search and slows every write; "
          + "DROP INDEX CONCURRENTLY \(index.identifier.sql); takes it away"
      )
    }
  }

  static func print(_ list: IndexList, _ format: FormatOption.Format) {
    switch format {
    case .table: table(list)
    case .json:
      Console.print(
        JSON.object([
          ("command", .string("index list")),
          ("indexes", .array(list.entries.filter { $0.index != nil || $0.isMissing }.map(json))),
        ]).pretty
      )
    }
  }

  private static func table(_ list: IndexList) {
    guard !list.entries.isEmpty else { return Console.print("no vector columns") }
    var table = TextTable([
      ("column", .left), ("index", .left), ("what", .left), ("size", .right), ("state", .left),
      ("rows at build", .right), ("now", .right), ("scans", .right), ("registry", .left),
    ])
    for entry in list.entries {
      table.add([
        entry.column.shown, entry.index?.name ?? entry.wanted ?? "-", what(entry),
        entry.index.map { Figures.size($0.bytes) } ?? "", state(entry),
        entry.index == nil ? "" : entry.rowsAtBuild.map(Figures.grouped) ?? "",
        entry.vectors.map(Figures.grouped) ?? "",
        entry.index.map { Figures.grouped($0.scans) } ?? "", registry(entry),
      ])
    }
    table.print()
  }

  private static func what(_ entry: IndexList.Entry) -> String {
    guard let index = entry.index else { return "" }
    let options = index.options.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
    let parts = [index.method, index.operatorClass] + options
    return parts.joined(separator: " ") + (index.predicate.map { " WHERE \($0)" } ?? "")
      + (index.partition.map { ", only partition \($0)" } ?? "")
  }

  private static func state(_ entry: IndexList.Entry) -> String {
    guard let index = entry.index else { return entry.isMissing ? "MISSING" : "none" }
    if index.isBeingBuilt { return "being built" }
    if !index.isValid { return "INVALID" }
    return entry.isStale ? "stale" : "valid"
  }

  private static func registry(_ entry: IndexList.Entry) -> String {
    guard let embedding = entry.column.embedding else { return "not in it" }
    guard let index = entry.index else { return embedding.indexVariant }
    if index.name == entry.wanted { return embedding.indexVariant }
    return entry.isOurs ? "wants \(embedding.indexVariant)" : "not dbtool's"
  }

  private static func json(_ entry: IndexList.Entry) -> JSON {
    let (column, index) = (entry.column.column, entry.index)
    let number = { (value: Int?) in value.map(JSON.integer) ?? .null }
    return .object([
      ("schema", .string(column.schema)),
      ("table", .string(column.table)),
      ("column", .string(column.name)),
      ("encoder", .optional(entry.column.embedding?.encoder)),
      ("wanted", .optional(entry.column.embedding?.indexVariant)),
      ("name", .optional(index?.name ?? entry.wanted)),
      ("missing", .bool(entry.isMissing)),
      ("made_by_dbtool", .bool(entry.isOurs)),
      ("method", .optional(index?.method)),
      ("operator_class", .optional(index?.operatorClass)),
      ("expression", .optional(index?.expression)),
      ("predicate", .optional(index?.predicate)),
      ("partition", .optional(index?.partition)),
      (
        "options",
        .object(
          (index?.options ?? [:]).sorted { $0.key < $1.key }.map { ($0.key, .string($0.value)) }
        )
      ),
      ("valid", index.map { .bool($0.isValid) } ?? .null),
      ("being_built", index.map { .bool($0.isBeingBuilt) } ?? .null),
      ("bytes", number(index?.bytes)),
      ("rows_at_build", number(entry.rowsAtBuild)),
      ("rows", number(entry.vectors)),
      ("stale", .bool(entry.isStale)),
      ("scans", number(index?.scans)),
    ])
  }
}
