import PQClient
import VectorSQL

/// How the rows of an embedding are found and where their vectors go, as SQL.
struct EmbeddedRows: Sendable {
  /// The query of `dbtool.embedding_rows`: key, content, missing.
  let query: SQLFragment
  /// The type of the keys, to which a key's text is cast.
  let keyType: SQLFragment
  /// The name of that type.
  let keyTypeName: String
  /// Whether the column of the vectors may be NULL.
  let isNullable: Bool
  private let embedding: RegisteredEmbedding

  /// Asks the registry and the catalogue.
  ///
  /// - Throws: ``ActionError`` where the column is not there; `PostgresError` from the server.
  init(_ embedding: RegisteredEmbedding, on db: inout PQConnection) throws {
    let found = try db.query(
      """
      SELECT dbtool.embedding_rows(\(embedding.id)) AS rows,
             dbtool.embedding_key_type(\(embedding.id)) AS key_type,
             NOT attnotnull AS is_nullable
      FROM pg_catalog.pg_attribute
      WHERE attrelid = to_regclass(\(embedding.vectors.sql)) AND attname = \(embedding.vectorColumn)
      """
    )
    guard let row = found.first else {
      throw ActionError(
        .configuration,
        "the registry names \(embedding.vectors.sql).\(embedding.vectorColumn), which is not there",
        advice: "run dbtool migrate, or remove the registry's row: dbtool encoder remove"
      )
    }
    self.embedding = embedding
    query = SQLFragment(unsafeRaw: try row["rows"])
    keyTypeName = try row["key_type"]
    keyType = SQLFragment(unsafeRaw: keyTypeName)
    isNullable = try row["is_nullable"]
  }

  /// The statement that writes vectors; rows that are gone are passed over.
  ///
  /// - Parameter staged: A query of the vectors: key, embedding.
  /// - Returns: A statement whose result is the keys of the rows written.
  func write(_ staged: SQLFragment) -> SQLFragment {
    let (key, column) = (embedding.vectorKey, embedding.vectorColumn)
    guard embedding.hasSideTable else {
      return """
        UPDATE \(embedding.vectors) AS target
        SET \(ident: column) = staged.embedding
        FROM (\(staged)) AS staged
        WHERE target.\(ident: key) = staged.key
        RETURNING target.\(ident: key) AS key
        """
    }
    return """
      INSERT INTO \(embedding.vectors) AS target (\(ident: key), \(ident: column))
      SELECT item.key, staged.embedding
      FROM (\(staged)) AS staged
      JOIN (\(query)) AS item ON item.key = staged.key
      ON CONFLICT (\(ident: key)) DO UPDATE
      SET \(ident: column) = EXCLUDED.\(ident: column)
      RETURNING target.\(ident: key) AS key
      """
  }
}
