public import PGCatalog
public import PQClient
import VectorSQL

extension VectorExtension {
  /// Checks that this database can hold and compare vectors.
  ///
  /// - Returns: What there is.
  /// - Throws: ``ActionError`` of category `configuration`, naming what is missing or too old.
  @discardableResult
  static func require(on db: inout PQConnection) throws -> VectorExtension {
    let vector = try read(on: &db)
    guard let version = vector.installed else {
      throw ActionError(
        .configuration,
        "database \"\(db.database)\" has no pgvector",
        advice: vector.available == nil
          ? "install pgvector \(oldestVersion) or newer on the server, then CREATE EXTENSION vector"
          : "have a superuser run CREATE EXTENSION vector in this database"
      )
    }
    guard vector.isNewEnough else {
      throw ActionError(
        .configuration,
        "pgvector \(version) in database \"\(db.database)\" is too old; \(oldestVersion) is needed",
        detail: "older versions have bugs that corrupt HNSW indexes",
        advice: "update the server's pgvector, then ALTER EXTENSION vector UPDATE"
      )
    }
    return vector
  }
  /// Lets the session find pgvector's types and operators wherever the extension was created.
  public static func makeVisible(on db: inout PQConnection) throws(PostgresError) {
    try db.execute(
      """
      SELECT set_config('search_path', current_setting('search_path') || ', ' || quote_ident(n.nspname), false)
      FROM pg_catalog.pg_extension AS e
      JOIN pg_catalog.pg_namespace AS n ON n.oid = e.extnamespace
      WHERE e.extname = 'vector' AND n.nspname <> ALL (current_schemas(true))
      """
    )
  }

  /// The search path, where it had to be changed so that pgvector's types are found: then not every session has it.
  ///
  /// - Returns: The path as the server spells it, nil where nothing changed it.
  /// - Throws: `PostgresError` from the server.
  public static func changedSearchPath(on db: inout PQConnection) throws(PostgresError) -> String? {
    try db.query(
      """
      SELECT CASE WHEN setting <> reset_val THEN setting END AS path
      FROM pg_catalog.pg_settings
      WHERE name = 'search_path'
      """
    ).scalar()
  }
}
