public import VectorSQL

extension PQConnection {
  /// Runs a SELECT whose rows have known types.
  ///
  /// ```swift
  /// for (name, price) in try db.fetch(Select(Product.name, Product.price).from(Product.self)) { … }
  /// ```
  ///
  /// - Returns: The rows, each a tuple of what was selected.
  /// - Throws: ``PostgresError`` from the server, and where a value is not of the type that the select states.
  public mutating func fetch<each Output: SQLExpressible>(
    _ select: Select<repeat each Output>
  ) throws(PostgresError) -> [(repeat (each Output).Value)] {
    let result = try query(select.statement)
    var rows: [(repeat (each Output).Value)] = []
    rows.reserveCapacity(result.count)
    for row in result {
      var column = -1
      func next<Value: SQLValue>(_ type: Value.Type) throws(PostgresError) -> Value {
        column += 1
        return try row[column]
      }
      rows.append((repeat try next((each Output).Value.self)))
    }
    return rows
  }
}
