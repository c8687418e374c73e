/// A table or view as a statement names it.
public struct Table: Sendable, Hashable {
  /// The name, with its schema where the search path does not find it.
  public let identifier: SQLIdentifier

  /// A table or view.
  public init(_ name: String, schema: String? = nil) {
    identifier = SQLIdentifier(schema: schema, name)
  }

  /// A column of this table.
  ///
  /// ```swift
  /// Table("product").column("name").sql  // product.name
  /// ```
  public func column(_ name: String) -> Column { Column(table: self, name: name) }
}

/// A column of a table, always written with the table's name before it.
public struct Column: Sendable, Hashable {
  /// The table.
  public let table: Table
  /// The bare name.
  public let name: String

  /// The qualified name as it stands in a statement.
  public var sql: SQLFragment { SQLFragment(table.identifier.appending(name)) }
}
