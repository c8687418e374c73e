import PGCatalog
import PQClient
import VectorSQL

/// An interactions relation as a person names it, and a subject of it.
///
/// `order_line(customer_id, product_id, quantity, created_at)`: the table or view, who, what, and behind
/// them, in any order, a number (how often, or a rating) and a time. What a column is for is told by its type.
public struct InteractionsChoice: Sendable, Hashable {
  /// The table or view.
  public let table: String
  /// The columns, the subject's first and the item's second.
  public let columns: [String]
  /// The subject, by its key.
  public let subject: String

  /// Reads a relation.
  ///
  /// - Throws: ``ActionError`` for another form.
  public init(parsing text: String, subject: String) throws(ActionError) {
    let parts = text.split(separator: "(", maxSplits: 1)
    let columns =
      parts.last?.split(separator: ",", omittingEmptySubsequences: false)
      .map { $0.trimming(" )") } ?? []
    guard parts.count == 2, text.hasSuffix(")"), (2...4).contains(columns.count),
      columns.allSatisfy({ !$0.isEmpty })
    else {
      throw ActionError(
        .usage,
        "\"\(text)\" names no interactions",
        advice: "write TABLE(SUBJECT, ITEM[, WEIGHT][, TIME]): order_line(customer_id, product_id)"
      )
    }
    table = parts[0].trimming(" ")
    self.columns = columns.map { $0.trimming("\"") }
    self.subject = subject
  }

  /// A relation of known columns.
  public init(table: String, columns: [String], subject: String) {
    self.table = table
    self.columns = columns
    self.subject = subject
  }

  /// The relation with the subject's key.
  struct Found {
    let interactions: Interactions
    let subject: SQLBind
  }

  /// Checks the columns of the relation.
  ///
  /// - Throws: ``ActionError`` where one is not what it should be.
  func check(_ found: TableDescription) throws -> Found {
    let interactions = try interactions(of: found)
    guard let column = found.column(interactions.subject.name),
      let subject = RowLookup.keyBind(self.subject, of: column)
    else {
      throw ActionError(
        .usage,
        "\"\(self.subject)\" cannot be a \(interactions.subject.name) of \(found.shownName), which is "
          + "\(found.column(interactions.subject.name)?.type ?? "")"
      )
    }
    return Found(interactions: interactions, subject: subject)
  }

  /// The columns of the relation, whoever the subject is.
  ///
  /// - Throws: ``ActionError`` where one is not what it should be.
  func interactions(of found: TableDescription) throws(ActionError) -> Interactions {
    let described = try columns.map { name throws(ActionError) in
      guard let column = found.column(name) else {
        throw ActionError(
          .notFound,
          "table \(found.shownName) has no column \"\(name)\"",
          advice: "it has: \(found.columns.map(\.name).joined(separator: ", "))"
        )
      }
      return column
    }
    let rest = described.dropFirst(2)
    let (weight, time) = (rest.first { $0.isNumber }, rest.first { $0.isTime })
    if let other = rest.first(where: { $0 != weight && $0 != time }) {
      throw ActionError(
        .usage,
        "\"\(other.name)\" of \(found.shownName) is \(other.type): neither a number nor a time, or a second one",
        advice: "behind subject and item stand a number (how often, or a rating) and a time"
      )
    }
    return Interactions(
      found.table,
      subject: described[0].name,
      item: described[1].name,
      weight: weight?.name,
      time: time?.name
    )
  }

  /// Checks that the items can be keys of a table.
  ///
  /// - Throws: ``ActionError`` where the types cannot be compared.
  func checkItems(
    _ found: TableDescription,
    are key: ColumnDescription,
    of rows: TableDescription
  ) throws(ActionError) {
    guard let item = found.column(columns[1]), !item.isComparable(with: key) else { return }
    throw ActionError(
      .usage,
      "\"\(item.name)\" of \(found.shownName) is \(item.type), and the key \"\(key.name)\" of "
        + "\(rows.shownName) is \(key.type)",
      advice: "name the column that holds keys of \(rows.shownName), behind the subject"
    )
  }

  /// What the subject used, for a search that leaves it out.
  func seen(in target: SearchTarget, on db: inout PQConnection) throws -> NearestNeighbors.Seen {
    let relation = try NamedTable.find(table, on: &db)
    try checkItems(relation, are: target.key, of: target.rows)
    let found = try check(relation)
    return NearestNeighbors.Seen(by: found.subject, found.interactions)
  }
}

extension StringProtocol {
  fileprivate func trimming(_ characters: String) -> String {
    let rest = drop { characters.contains($0) }
    return String(rest.reversed().drop { characters.contains($0) }.reversed())
  }
}
