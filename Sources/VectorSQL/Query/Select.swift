/// A table whose columns the compiler knows; `dbtool codegen` writes them.
public protocol TableSchema: Sendable {
  /// The table.
  static var table: Table { get }
}

/// A SELECT whose rows have known types.
///
/// ```swift
/// Select(Product.name, rowCount())
///   .from(Product.self)
///   .join(OrderLine.self, on: OrderLine.productID == Product.id)
///   .where(Product.price > 10)
///   .group(by: Product.name)
///   .order(by: rowCount().descending, Product.name.ascending)
///   .limit(5)
///   .statement
/// ```
///
/// ```sql
/// SELECT product.name, count(*)
/// FROM product
/// JOIN order_line ON order_line.product_id = product.id
/// WHERE product.price > $1
/// GROUP BY product.name
/// ORDER BY count(*) DESC NULLS LAST, product.name
/// LIMIT 5
/// ```
///
/// There are inner and left joins, EXISTS, aggregates, GROUP BY and HAVING. Windows and whatever else an
/// expression can be is an ``SQLExpression``; set operations, recursion and locking are an ``SQLFragment``,
/// into which ``query`` can be spliced.
public struct Select<each Output: SQLExpressible>: Sendable {
  private let outputs: [SQLFragment]
  private var source: SQLFragment?
  private var condition: SQLPredicate?
  private var grouping: [SQLFragment] = []
  private var having: SQLPredicate?
  private var order: [SQLFragment] = []
  private var limit: Int?
  private var offset: Int?

  /// Selects columns and expressions.
  public init(_ output: repeat each Output) {
    var outputs: [SQLFragment] = []
    for output in repeat each output { outputs.append(output.sql) }
    self.outputs = outputs
  }

  // MARK: Clauses

  /// The first table.
  public func from(_ table: (some TableSchema).Type) -> Self { from(table.table) }

  /// The first table.
  public func from(_ table: Table) -> Self { with { $0.source = table.source } }

  /// Joins a table: `JOIN table ON condition`.
  public func join(_ table: (some TableSchema).Type, on condition: SQLPredicate) -> Self {
    join(table.table, on: condition)
  }

  /// Joins a table: `JOIN table ON condition`.
  public func join(_ table: Table, on condition: SQLPredicate) -> Self {
    add("JOIN", table, condition)
  }

  /// Joins a table that may have no row: `LEFT JOIN table ON condition`; select the table's columns as ``SQLExpressible/optional``.
  public func leftJoin(_ table: (some TableSchema).Type, on condition: SQLPredicate) -> Self {
    leftJoin(table.table, on: condition)
  }

  /// Joins a table that may have no row: `LEFT JOIN table ON condition`; select the table's columns as ``SQLExpressible/optional``.
  public func leftJoin(_ table: Table, on condition: SQLPredicate) -> Self {
    add("LEFT JOIN", table, condition)
  }

  private func add(_ join: String, _ table: Table, _ condition: SQLPredicate) -> Self {
    with {
      $0.source =
        "\($0.source ?? "")\n\(unsafeRaw: join) \(table.source) ON \(condition.sql)"
    }
  }

  /// Keeps rows: `WHERE condition`; a second one is another that has to hold.
  public func `where`(_ condition: SQLPredicate) -> Self {
    with { $0.condition = $0.condition.map { $0 && condition } ?? condition }
  }

  /// Groups rows: `GROUP BY …`.
  public func group(by expression: any SQLExpressible...) -> Self {
    with { $0.grouping += expression.map(\.sql) }
  }

  /// Keeps groups: `HAVING condition`.
  public func having(_ condition: SQLPredicate) -> Self { with { $0.having = condition } }

  /// Orders rows: `ORDER BY …`.
  public func order(by order: SQLOrder...) -> Self { with { $0.order += order.map(\.sql) } }

  /// Returns so many rows at most: `LIMIT rows`.
  public func limit(_ rows: Int) -> Self { with { $0.limit = rows } }

  /// Leaves out the first rows: `OFFSET rows`.
  public func offset(_ rows: Int) -> Self { with { $0.offset = rows } }

  private func with(_ change: (inout Self) -> Void) -> Self {
    var copy = self
    change(&copy)
    return copy
  }

  // MARK: SQL

  /// The query as a part of another.
  public var query: SQLFragment {
    var clauses: [SQLFragment] = ["SELECT \(outputs.joined(separator: ", "))"]
    if let source { clauses.append("FROM \(source)") }
    if let condition { clauses.append("WHERE \(condition.operands.joined(separator: "\n  AND "))") }
    if !grouping.isEmpty { clauses.append("GROUP BY \(grouping.joined(separator: ", "))") }
    if let having { clauses.append("HAVING \(having.sql)") }
    if !order.isEmpty { clauses.append("ORDER BY \(order.joined(separator: ", "))") }
    if let limit { clauses.append("LIMIT \(literal: limit)") }
    if let offset { clauses.append("OFFSET \(literal: offset)") }
    return clauses.joined(separator: "\n")
  }

  /// The whole statement.
  public var statement: SQLStatement { SQLStatement(query) }

  /// Whether there is a row: `EXISTS (query)`.
  public var exists: SQLPredicate {
    SQLPredicate(
      comparing: """
        EXISTS (
          \(query)
        )
        """
    )
  }
}
