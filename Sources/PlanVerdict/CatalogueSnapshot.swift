package import PGCatalog
import VectorSQL

/// What the catalogue says of the tables that a plan reads, as far as a verdict needs it.
package struct CatalogueSnapshot: Sendable {
  /// A column of vectors.
  package struct Column: Sendable {
    /// Its name.
    package let name: String
    /// Its type: `vector`, `halfvec` or `sparsevec`.
    package let type: String
    /// The dimension that the type declares; nil where it declares none.
    package let dimension: Int?

    /// Describes a column.
    package init(name: String, type: String, dimension: Int?) {
      (self.name, self.type, self.dimension) = (name, type, dimension)
    }

    /// pgvector's types whose distances an index can serve.
    package static let types = ["vector", "halfvec", "sparsevec"]

    /// The most dimensions that an index takes of it as it is; of a sparse vector it is what is set that counts.
    var maximumIndexedDimension: Int {
      VectorStorage(rawValue: type)?.maximumIndexedDimension ?? .max
    }
  }

  /// A table with vectors.
  package struct Table: Sendable {
    /// Its schema.
    package let schema: String
    /// Its name.
    package let name: String
    /// The rows that it had when PostgreSQL counted last.
    package let rows: Int
    /// Its vector columns.
    package let columns: [Column]
    /// Its approximate indexes.
    package let indexes: [TableIndex]

    /// Describes a table.
    package init(
      schema: String,
      name: String,
      rows: Int,
      columns: [Column],
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
