public import PQClient
import VectorSQL

/// The `dbtool` schema, whose statements are compiled into the program.
///
/// They are the files of `sql/internal/`. Each belongs to a part, runs once per database and is then
/// named in `dbtool.internal_version`; what a later version of dbtool needs comes as a further file.
/// A part is made by the first command that must write to it.
public enum InternalSchema {
  /// What a command needs.
  public enum Part: Sendable, Hashable, CaseIterable {
    /// The history of migrations.
    case history
    /// Encoders, embeddings and what is up to date.
    case registry
    /// The lexical encoder's functions, which need pgvector in the database.
    case lexical
  }

  /// One file of `sql/internal/`.
  package struct File: Sendable {
    /// Its name, for example `01_history.sql`.
    package let name: String
    /// The part that needs it; nil for what all parts need.
    package let part: Part?
    /// Its statements.
    package let sql: String
  }

  /// All files, in the order in which they run.
  package static let files: [File] = [
    file("00_schema.sql", nil, PackageResources._0_schema_sql),
    file("01_history.sql", .history, PackageResources._1_history_sql),
    file("02_registry.sql", .registry, PackageResources._2_registry_sql),
    file("03_tuning.sql", .registry, PackageResources._3_tuning_sql),
    file("10_lexical.sql", .lexical, PackageResources._0_lexical_sql),
  ]

  /// The advisory lock of whoever installs: the bytes of `dbtoolIN`.
  private static let lockKey: Int64 = 0x6462_746F_6F6C_494E

  /// Makes the parts that are not there, all of them or none.
  ///
  /// Two at once are safe; a database that has them is left as it is, at the cost of one query.
  ///
  /// - Parameters:
  ///   - parts: What the caller is going to use.
  ///   - db: A connection outside of a transaction.
  /// - Throws: ``PostgresError``; ``AdvisoryLockTimeout`` if another session installs for a minute.
  public static func install(_ parts: [Part], on db: inout PQConnection) throws {
    guard try !missing(parts, on: &db).isEmpty else { return }
    try db.withAdvisoryLock(lockKey, waitingUpTo: .seconds(60)) { db in
      let files = try missing(parts, on: &db)
      guard !files.isEmpty else { return }
      do throws(PostgresError) {
        try db.executeScript(script(files))
      } catch {
        _ = try? db.execute("ROLLBACK")
        throw error
      }
    }
  }

  /// One transaction that makes the files' objects.
  package static func script(_ files: [File]) -> String {
    var lines = ["BEGIN;", "SET LOCAL client_min_messages = warning;", searchPath]
    for file in files {
      lines.append(file.sql)
      lines.append(
        "INSERT INTO dbtool.internal_version (file) VALUES (\(SQLLiteral.quoted(file.name)));"
      )
    }
    lines.append("COMMIT;\n")
    return lines.joined(separator: "\n")
  }

  /// What the files name without a schema is PostgreSQL's own, or pgvector's wherever that is.
  private static let searchPath = """
    DO $$ BEGIN
      PERFORM pg_catalog.set_config('search_path', pg_catalog.concat_ws(', ', 'pg_catalog', (
        SELECT pg_catalog.quote_ident(pg_namespace.nspname)
        FROM pg_catalog.pg_extension
        JOIN pg_catalog.pg_namespace ON pg_namespace.oid = pg_extension.extnamespace
        WHERE pg_extension.extname = 'vector'
      )), true);
    END $$;
    """

  /// The files of these parts that the database has not received.
  package static func missing(
    _ parts: [Part],
    on db: inout PQConnection
  ) throws(PostgresError) -> [File] {
    let installed = try installedFiles(on: &db)
    return files.filter { file in
      (file.part.map(parts.contains) ?? true) && !installed.contains(file.name)
    }
  }

  private static func installedFiles(
    on db: inout PQConnection
  ) throws(PostgresError) -> Set<String> {
    do throws(PostgresError) {
      var names: Set<String> = []
      for row in try db.query("SELECT file FROM dbtool.internal_version") {
        names.insert(try row["file"])
      }
      return names
    } catch  where error.sqlState == .undefinedTable || error.sqlState == .schemaMissing {
      return []
    }
  }

  private static func file(_ name: String, _ part: Part?, _ bytes: [UInt8]) -> File {
    File(name: name, part: part, sql: String(decoding: bytes, as: UTF8.self))
  }
}
