public import PGCatalog
public import PQClient
import VectorSQL

/// The approximate indexes of vector columns: what is there, and what the registry wants.
public struct IndexList: Sendable {
  /// An index, or one that is missing.
  public struct Entry: Sendable {
    /// The column.
    public let column: IndexedColumn
    /// The index, nil where there is none.
    public let index: TableIndex?
    /// Whether dbtool made it.
    public let isOurs: Bool
    /// The rows of the column that have a vector now, nil where they were not counted.
    public let vectors: Int?

    /// The rows that it was built from: as dbtool noted, else as PostgreSQL counted last.
    public var rowsAtBuild: Int? { index.map { $0.builtFrom ?? $0.tuples } }

    /// Whether the lists of an IVFFlat index are those of other data: the rows have doubled since.
    public var isStale: Bool {
      guard let index, index.method == "ivfflat", index.predicate == nil, let vectors,
        let rowsAtBuild
      else { return false }
      return vectors >= 2 * max(1, rowsAtBuild)
    }

    /// The index that the registry wants on the column, nil for none.
    public var wanted: String? { column.embedding?.wantedIndexName }

    /// Whether the registry wants another index than the one there is.
    public var isMissing: Bool { index == nil && wanted != nil }
  }

  /// The indexes by table and column.
  public let entries: [Entry]

  /// Reads the catalogue, and counts the vectors of columns that have an IVFFlat index.
  ///
  /// - Parameters:
  ///   - table: Only the columns of this table.
  ///   - db: The connection.
  /// - Returns: An entry for each index, one for each that is missing, and one for each column that has none.
  /// - Throws: ``ActionError`` where there is no such table; `PostgresError` from the server.
  public static func read(table: String?, on db: inout PQConnection) throws -> IndexList {
    try VectorExtension.require(on: &db)
    try VectorExtension.makeVisible(on: &db)
    let columns = try IndexedColumn.all(of: table, on: &db)
    let states = try TableState.read(Array(Set(columns.map(\.column.holder))), on: &db)
    var entries: [Entry] = []
    for column in columns {
      let indexes = try TableIndex.approximate(on: column.column.holder, on: &db)
        .filter { $0.column == column.column.name }
      let isReadable =
        states[column.column.holder]?.readableColumns.contains(column.column.name) ?? false
      let hasLists = indexes.contains { $0.method == "ivfflat" }
      let counted =
        hasLists && isReadable
        ? try column.vectors(on: &db) : states[column.column.holder]?.rows
      let entry = { (index: TableIndex?) in
        Entry(
          column: column,
          index: index,
          isOurs: index.map { column.isOurs($0) || column.isLeftover($0) } ?? false,
          vectors: counted
        )
      }
      let wanted = column.embedding?.wantedIndexName
      if indexes.isEmpty || wanted.map({ name in !indexes.contains { $0.name == name } }) == true {
        entries.append(entry(nil))
      }
      entries += indexes.map(entry)
    }
    return IndexList(entries: entries)
  }
}
