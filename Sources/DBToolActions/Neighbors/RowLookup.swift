import PGCatalog
import PQClient
import VectorSQL

/// A row that a person names by its key or by its label.
struct RowLookup {
  /// The row's key, ready to be bound.
  let key: SQLBind
  /// Its label, or its key where it has none.
  let title: String

  /// How many rows are listed where a name means several.
  private static let shown = 10

  /// Finds the row.
  ///
  /// A key comes before a label, a label as it is written before one in another case.
  ///
  /// - Parameters:
  ///   - name: The key or label; nil where conditions alone say which row.
  ///   - conditions: What has to hold of the row.
  ///   - target: Its table.
  ///   - db: The connection.
  /// - Returns: The row.
  /// - Throws: ``ActionError`` where there is none, or more than one; `PostgresError` from the server.
  static func find(
    _ name: String?,
    where conditions: [RowCondition],
    in target: SearchTarget,
    on db: inout PQConnection
  ) throws -> RowLookup {
    var conditions = try conditions.map { try $0.predicate(on: target.rows).sql }
    let shownName = name.map { "\"\($0)\"" } ?? "that condition"
    guard let name else { return try only(conditions, shownName, in: target, on: &db) }
    let key = target.rows.table.column(target.key.name).sql
    if let value = keyBind(name, of: target.key) {
      let found = try rows(conditions + ["\(key) = \(SQLFragment(bind: value))"], target, on: &db)
      if let row = found.first { return row }
    }
    guard let label = target.label?.sql else {
      throw notFound(shownName, in: target, advice: "rows of this table have no text: name a key")
    }
    conditions.append("lower(\(label)) = lower(\(name))")
    let exact: SQLFragment = "\(label) = \(name)"
    let same = try rows(conditions + [exact], target, on: &db)
    if !same.isEmpty { return try only(same, shownName, in: target) }
    let found = try rows(conditions, target, on: &db)
    if !found.isEmpty { return try only(found, shownName, in: target) }
    let similar = try rows(
      ["strpos(lower(\(label)), lower(\(name))) > 0"],
      target,
      limit: 5,
      on: &db
    )
    let names = similar.map { "\"\($0.title)\"" }.joined(separator: ", ")
    throw notFound(
      shownName,
      in: target,
      advice: similar.isEmpty
        ? "name a row by its \(target.key.name) or its \(target.label?.name ?? "")"
        : "did you mean \(names)?"
    )
  }

  private static func notFound(
    _ name: String,
    in target: SearchTarget,
    advice: String
  ) -> ActionError {
    ActionError(.notFound, "no row \(name) in table \(target.rows.shownName)", advice: advice)
  }

  private static func only(
    _ conditions: [SQLFragment],
    _ name: String,
    in target: SearchTarget,
    on db: inout PQConnection
  ) throws -> RowLookup {
    let found = try rows(conditions, target, on: &db)
    guard !found.isEmpty else { throw notFound(name, in: target, advice: "look at the condition") }
    return try only(found, name, in: target)
  }

  private static func only(
    _ rows: [RowLookup],
    _ name: String,
    in target: SearchTarget
  ) throws(ActionError) -> RowLookup {
    guard rows.count > 1, let first = rows.first else { return rows[0] }
    let list = rows.prefix(shown).map { "\($0.key.text ?? "") \"\($0.title)\"" }
    throw ActionError(
      .badData,
      "\(name) may be \(rows.count > shown ? "more than \(shown)" : "\(rows.count)") rows "
        + "of table \(target.rows.shownName)",
      detail: list.joined(separator: ", "),
      advice: "name one by its \(target.key.name): \(first.key.text ?? "")"
    )
  }

  private static func rows(
    _ conditions: [SQLFragment],
    _ target: SearchTarget,
    limit: Int = shown + 1,
    on db: inout PQConnection
  ) throws -> [RowLookup] {
    let key = target.rows.table.column(target.key.name).sql
    let title = target.label?.sql ?? key
    let found = try db.query(
      """
      SELECT \(key)::text AS key, coalesce(\(title)::text, '') AS title
      FROM \(target.rows.identifier)
      WHERE \(conditions.joined(separator: " AND "))
      ORDER BY \(key)
      LIMIT \(literal: limit)
      """
    )
    return try found.compactMap { row in
      let key: String = try row["key"]
      let bind = keyBind(key, of: target.key)
      return try bind.map { RowLookup(key: $0, title: try row["title"]) }
    }
  }

  /// A key as its column's type takes it; nil for a text that is none.
  ///
  /// A whole number is a `bigint` whatever the column is, so that one beyond its type is a key of no row.
  static func keyBind(_ text: String, of column: ColumnDescription) -> SQLBind? {
    if column.isInteger { return Int64(text).map { SQLBind($0) } }
    if column.typeName == "uuid" { return PGUUID(text).map { SQLBind($0) } }
    return column.isText ? SQLBind(text) : SQLBind(UntypedText(text))
  }

  /// Several keys as an array of their column's type; nil where one of them is none.
  static func keysBind(_ texts: [String], of column: ColumnDescription) -> SQLBind? {
    func all<Key: SQLEncodable>(_ read: (String) -> Key?) -> SQLBind? {
      let keys = texts.compactMap(read)
      return keys.count == texts.count ? SQLBind(keys) : nil
    }
    if column.isInteger { return all { Int64($0) } }
    if column.typeName == "uuid" { return all { PGUUID($0) } }
    return column.isText ? SQLBind(texts) : SQLBind(UntypedText(texts.sqlText))
  }
}
