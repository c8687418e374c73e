/// A table or view as a statement names it.
public struct Table: Sendable, Hashable {
  /// The name, with its schema where the search path does not find it.
  public let identifier: SQLIdentifier
  /// The name that columns are qualified with, where it is not the table's own.
  public var alias: String? { given?.parts.last }
  private let given: SQLIdentifier?

  /// A table or view.
  public init(_ name: String, schema: String? = nil) {
    identifier = SQLIdentifier(schema: schema, name)
    given = nil
  }

  private init(_ identifier: SQLIdentifier, alias: String) {
    self.identifier = identifier
    given = SQLIdentifier(alias)
  }

  /// The same table under another name, for a statement that reads it twice.
  ///
  /// ```swift
  /// Table("product").named("other").column("name").sql  // other.name
  /// ```
  public func named(_ alias: String) -> Table { Table(identifier, alias: alias) }

  /// A column of this table.
  ///
  /// ```swift
  /// Table("product").column("name").sql  // product.name
  /// ```
  public func column(_ name: String) -> Column { Column(table: self, name: name) }

  /// The bare name.
  public var name: String { identifier.parts.last ?? "" }

  /// The table as FROM and JOIN name it.
  var source: SQLFragment {
    given.map { "\(identifier) AS \($0)" } ?? "\(identifier)"
  }

  /// What qualifies its columns.
  fileprivate var qualifier: SQLIdentifier { given ?? identifier }
}

/// A column of a table, always written with the table's name before it.
public struct Column: Sendable, Hashable {
  // A search holds a dozen columns and is copied at every step: one reference each.
  private let storage: Storage

  private final class Storage: Sendable {
    let table: Table
    let name: String
    let sql: SQLFragment

    init(_ table: Table, _ name: String) {
      self.table = table
      self.name = name
      sql = SQLFragment(table.qualifier.appending(name))
    }
  }

  fileprivate init(table: Table, name: String) { storage = Storage(table, name) }

  /// The table.
  public var table: Table { storage.table }
  /// The bare name.
  public var name: String { storage.name }
  /// The qualified name as it stands in a statement.
  public var sql: SQLFragment { storage.sql }

  /// Equal are columns of one name, by its bytes, in one table.
  public static func == (lhs: Column, rhs: Column) -> Bool {
    lhs.storage === rhs.storage || lhs.sql == rhs.sql && lhs.table == rhs.table
  }

  /// Hashes the qualified name.
  public func hash(into hasher: inout Hasher) { hasher.combine(sql) }
}
