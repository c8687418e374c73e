import PGCatalog
import VectorSQL

/// What a project says about its tables in `dbtool.json`, so that nobody has to type it.
///
/// ```json
/// {"tables": {"shop.product": {
///   "label": "name", "interactions": "order_line(customer_id, product_id, quantity, created_at)"
/// }}}
/// ```
public struct ProjectTables: Sendable, Hashable {
  /// What is said about one table.
  struct Table: Sendable, Hashable, Decodable {
    /// The column that a person knows the rows by.
    var label: String?
    /// Who used which row.
    var interactions: String?

    enum CodingKeys: String, CodingKey, CaseIterable { case label, interactions }
  }

  private let tables: [String: Table]

  /// Nothing is said.
  public init() { tables = [:] }

  init(_ tables: [String: Table]) { self.tables = tables }

  /// The label column that was named for a table, nil where none was.
  ///
  /// - Throws: ``ActionError`` where the table has no such column.
  func label(of rows: TableDescription) throws(ActionError) -> String? {
    let names = [rows.shownName, "\(rows.schema).\(rows.name)", rows.identifier.sql, rows.name]
    guard let name = names.first(where: { tables[$0]?.label != nil }),
      let label = tables[name]?.label
    else { return nil }
    guard rows.column(label)?.isText == true else {
      let texts = rows.columns.filter(\.isText).map(\.name).joined(separator: ", ")
      throw ActionError(
        .configuration,
        "dbtool.json names the label \"\(label)\", which is no text column of table \(rows.shownName)",
        advice: texts.isEmpty ? "the table has none" : "it has: \(texts)"
      )
    }
    return label
  }

  /// The tables whose interactions are known, by name.
  public var withInteractions: [String] {
    tables.filter { $0.value.interactions != nil }.keys.sorted()
  }

  /// The interactions with a table's rows.
  ///
  /// - Parameters:
  ///   - table: The table as it was asked for; nil for the only one whose interactions are known.
  ///   - relation: The relation that was asked for, which comes before what the project says.
  /// - Returns: The table, nil where nobody knows it, and the relation.
  /// - Throws: ``ActionError`` where nothing says what the relation is.
  public func interactions(
    with table: String?,
    _ relation: String?
  ) throws(ActionError) -> (table: String?, relation: String) {
    if let relation { return (table, relation) }
    let known = withInteractions
    let name = table.map { Self.bare($0) } ?? (known.count == 1 ? known[0] : nil)
    if let name, let key = known.first(where: { Self.bare($0) == name }),
      let relation = tables[key]?.interactions
    {
      return (table ?? key, relation)
    }
    if table == nil, known.count > 1 {
      throw ActionError(
        .usage,
        "which table? dbtool.json knows who used the rows of several",
        advice: "name one: --table \(known.joined(separator: "|"))"
      )
    }
    let advice =
      known.isEmpty
      ? "or keep it in dbtool.json: {\"tables\": {\"product\": {\"interactions\": \"order_line(…)\"}}}"
      : "dbtool.json knows those of: \(known.joined(separator: ", "))"
    throw ActionError(
      .usage,
      table.map { "nobody said who used the rows of \"\($0)\"" }
        ?? "nobody said who used which rows",
      detail: "name the relation: --interactions 'TABLE(SUBJECT, ITEM[, NUMBER][, TIME])'",
      advice: advice
    )
  }

  /// The name without what a person may leave out.
  private static func bare(_ name: String) -> String {
    let plain = name.replacing("\"", with: "")
    return plain.hasPrefix("public.") ? String(plain.dropFirst("public.".count)) : plain
  }
}
