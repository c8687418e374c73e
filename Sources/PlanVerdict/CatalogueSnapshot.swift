package import PGCatalog

/// What the catalogue says of the tables that a plan reads, as far as a verdict needs it.
package struct CatalogueSnapshot: Sendable {
  /// A table with vectors.
  package struct Table: Sendable {
    /// Its schema.
    package let schema: String
    /// Its name.
    package let name: String
    /// The rows that it had when PostgreSQL counted last.
    package let rows: Int
    /// Its vector columns.
    package let columns: [VectorColumn]
    /// Its approximate indexes.
    package let indexes: [TableIndex]

    /// Describes a table.
    package init(
      schema: String,
      name: String,
      rows: Int,
      columns: [VectorColumn],
      indexes: [TableIndex]
    ) {
      self.schema = schema
      self.name = name
      self.rows = rows
      self.columns = columns
      self.indexes = indexes
    }
  }

  /// The tables.
  package let tables: [Table]
  /// The volatile functions that the statement may call, by their plain names.
  package let volatileFunctions: Set<String>

  /// Gathers what was read.
  package init(tables: [Table], volatileFunctions: Set<String>) {
    self.tables = tables
    self.volatileFunctions = volatileFunctions
  }

  func table(_ node: PlanNode) -> Table? {
    tables.first { $0.name == node.relation && $0.schema == node.schema ?? $0.schema }
  }
}
