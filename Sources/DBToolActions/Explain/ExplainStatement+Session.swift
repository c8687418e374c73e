import PQClient
import VectorSQL

/// What a statement is explained in: a transaction that only reads, with its settings.
extension ExplainStatement {
  /// A transaction that only reads, with settings, whatever those say.
  ///
  /// - Parameters:
  ///   - settings: The settings.
  ///   - source: The script that they come from; one of ours spells them as SQL.
  ///   - timeoutSeconds: The longest time for a statement, where the role has no shorter one.
  /// - Returns: What goes before the statement.
  static func opening(
    _ settings: [SQLSetting],
    of source: StatementSource?,
    timeoutSeconds: Int? = nil
  ) -> [SQLStatement] {
    var opening = [SQLStatement("BEGIN ISOLATION LEVEL REPEATABLE READ")]
    opening += settings.map { setting in
      source == nil
        ? SQLStatement(setting)
        : SQLStatement("SELECT set_config(\(setting.name), \(setting.value), true)")
    }
    if let timeoutSeconds {
      opening.append(
        SQLStatement(
          """
          SELECT set_config('statement_timeout', least(
            nullif(extract(epoch FROM current_setting('statement_timeout')::interval) * 1000, 0),
            \(timeoutSeconds * 1000)
          )::bigint::text, true)
          """
        )
      )
    }
    // Last, so that no setting takes it back; and no query can once one has run.
    return opening + [SQLStatement("SET TRANSACTION READ ONLY"), SQLStatement("SELECT")]
  }

  /// The options of EXPLAIN that a server knows.
  func options(version: Int) -> String {
    var options = ["VERBOSE", "SETTINGS", "FORMAT JSON"]
    if version >= 170_000 { options.insert("MEMORY", at: 0) }
    if analyzes {
      options.insert(contentsOf: ["ANALYZE", "BUFFERS"], at: 0)
      if version >= 170_000 { options.insert("SERIALIZE BINARY", at: 2) }
    } else {
      options.insert("SUMMARY", at: 0)
    }
    return options.joined(separator: ", ")
  }

  /// The pages that this session has read and not yet reported, of tables with vectors.
  static let blocks = SQLStatement(
    """
    SELECT coalesce(sum(pg_stat_get_xact_blocks_fetched(c.oid)), 0)::bigint AS heap,
           coalesce(sum(pg_stat_get_xact_blocks_fetched(c.reltoastrelid) + (
             SELECT coalesce(sum(pg_stat_get_xact_blocks_fetched(i.indexrelid)), 0)
             FROM pg_catalog.pg_index AS i WHERE i.indrelid = c.reltoastrelid
           )), 0)::bigint AS toast,
           coalesce(sum((
             SELECT sum(pg_stat_get_xact_blocks_fetched(i.indexrelid))
             FROM pg_catalog.pg_index AS i WHERE i.indrelid = c.oid
           )), 0)::bigint AS indexes
    FROM pg_catalog.pg_class AS c
    WHERE c.relkind IN ('r', 'm') AND EXISTS (
      SELECT
      FROM pg_catalog.pg_attribute AS a
      JOIN pg_catalog.pg_type AS t ON t.oid = a.atttypid
      WHERE a.attrelid = c.oid AND NOT a.attisdropped AND t.typname IN ('vector', 'halfvec', 'sparsevec')
    )
    """
  )

  /// Settings as the server has them: pgvector's, which EXPLAIN never lists, and those of the statement.
  static func settings(_ statement: SQLStatement) -> SQLStatement {
    let names = statement.settings.map(\.name)
    return SQLStatement(
      """
      SELECT name, current_setting(name) AS setting
      FROM pg_catalog.pg_settings
      WHERE name = ANY (\(names)) OR name LIKE 'hnsw.%' OR name LIKE 'ivfflat.%'
        OR source NOT IN ('default', 'override', 'client') AND name LIKE ANY (\(Self.planning))
      ORDER BY split_part(name, '.', 2) = '', name
      """
    )
  }

  /// What decides plans.
  private static let planning = [
    "enable\\_%", "%\\_cost", "%\\_page\\_cost", "work\\_mem", "plan\\_cache\\_mode",
    "max\\_parallel%gather",
    "effective\\_cache\\_size",
  ]
}
