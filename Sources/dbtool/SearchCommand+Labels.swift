import DBToolActions
import VectorSQL

extension SearchCommand {
  /// Looks for the text in labels alone.
  func searchLabels(_ options: NeighborOptions, in session: Session) async throws {
    let search = SearchLabels(text, options: options)
    var db = try await session.open()
    let prepared = try search.prepare(on: &db)
    guard try !sql.present(prepared.statement, as: output, in: session, on: &db) else { return }
    let rows = try search.run(prepared, on: &db)
    switch output.format {
    case .json: Console.print(json(prepared, rows).pretty)
    case .table: print(prepared, rows)
    }
  }

  private func why(_ prepared: SearchLabels.Prepared, _ rows: [SearchLabels.Row]) -> String? {
    guard rows.count < search.limit else { return nil }
    return "no more values of \(prepared.label) match by \(kinds(prepared))"
  }

  private func kinds(_ prepared: SearchLabels.Prepared) -> String {
    "exact, prefix, substring, full text" + (prepared.hasTrigrams ? ", trigram" : "")
  }

  private func print(_ prepared: SearchLabels.Prepared, _ rows: [SearchLabels.Row]) {
    var table = TextTable([("#", .right), ("match", .left), ("title", .left)])
    for (place, row) in rows.enumerated() {
      table.add([String(place + 1), row.match.rawValue, row.title])
    }
    if !rows.isEmpty { table.print() }
    if let why = why(prepared, rows) {
      Console.print("\(rows.count) of \(search.limit) rows: \(why)")
    }
    Console.print("labels \(prepared.table).\(prepared.label), by \(kinds(prepared))")
    if !prepared.hasTrigrams {
      Console.note("dbtool: the server has no pg_trgm, so misspelled labels are not found")
    }
  }

  private func json(_ prepared: SearchLabels.Prepared, _ rows: [SearchLabels.Row]) -> JSON {
    .object([
      ("command", .string("search")),
      ("table", .string(prepared.table)),
      ("label", .string(prepared.label)),
      ("trigrams", .bool(prepared.hasTrigrams)),
      ("requested", .integer(search.limit)),
      ("returned", .integer(rows.count)),
      ("complete", .bool(rows.count == search.limit)),
      ("why", .optional(why(prepared, rows))),
      (
        "rows",
        .array(
          rows.enumerated().map { place, row in
            .object([
              ("rank", .integer(place + 1)), ("id", NeighborOutput.key(row.id)),
              ("title", .string(row.title)), ("match", .string(row.match.rawValue)),
            ])
          }
        )
      ),
      ("sql", .string(prepared.statement.text)),
      ("binds", .array(prepared.statement.binds.map(NeighborOutput.bind))),
    ])
  }
}
