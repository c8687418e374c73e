package import PQClient
package import PlanVerdict
import VectorSQL

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// The vector statements that cost the server most, from `pg_stat_statements`, each with its verdict.
package struct TopStatements: Sendable {
  /// A statement as the server counted it.
  package struct Statement: Sendable {
    /// The text, with parameters where there were constants.
    package let sql: String
    /// How often it ran.
    package let calls: Int
    /// The time of all its runs, in milliseconds.
    package let totalMilliseconds: Double
    /// Its share of the time of all statements, 0 to 1.
    package let share: Double
    /// Why an index serves it, or none; nil where it cannot be planned.
    package let verdict: Verdict?
    /// The statement as it should be.
    package let correction: Explanation.Correction?
    /// Why it cannot be planned.
    package let failure: String?
  }

  /// How many.
  package let count: Int

  /// Asks for so many.
  package init(_ count: Int) { self.count = count }

  /// Reads the statements of this database and plans each for any values; runs none.
  ///
  /// - Parameter db: A connection outside of a transaction.
  /// - Returns: The statements, the most expensive first.
  /// - Throws: ``ActionError`` where the server does not count statements; `PostgresError` from the server.
  package func run(on db: inout PQConnection) throws -> [Statement] {
    let place: String? = try db.query(
      """
      SELECT c.oid::regclass::text
      FROM pg_catalog.pg_class AS c
      LEFT JOIN pg_catalog.pg_depend AS d
        ON d.objid = c.oid AND d.classid = 'pg_catalog.pg_class'::regclass AND d.deptype = 'e'
      WHERE c.relname = 'pg_stat_statements' AND c.relkind IN ('v', 'r')
      ORDER BY d.objid IS NULL
      LIMIT 1
      """
    ).first?[0]
    guard let place else {
      throw ActionError(
        .configuration,
        "pg_stat_statements is not in this database, so nobody counts statements",
        advice:
          "shared_preload_libraries = 'pg_stat_statements', a restart, then CREATE EXTENSION pg_stat_statements"
      )
    }
    let rows = try db.query(
      """
      SELECT query, calls::bigint, total_exec_time::float8,
             total_exec_time::float8 / nullif(sum(total_exec_time) OVER (), 0)::float8 AS share
      FROM \(unsafeRaw: place) AS s
      WHERE s.dbid = (SELECT oid FROM pg_catalog.pg_database WHERE datname = current_database())
        AND query IS NOT NULL
      ORDER BY (query ~ '<=>|<->|<#>|<[+]>|<~>|<%>|_distance\\(|inner_product\\(') DESC, total_exec_time DESC
      LIMIT \(count)
      """
    )
    var statements: [Statement] = []
    for row in rows {
      let sql: String = try row["query"]
      guard sql.contains(/<=>|<->|<#>|<\\+>|<~>|<%>|_distance\(|inner_product\(/) else { continue }
      statements.append(try judged(sql, row, on: &db))
    }
    return statements
  }

  private func judged(
    _ sql: String,
    _ row: PQRow,
    on db: inout PQConnection
  ) throws -> Statement {
    var verdict: Verdict?
    var correction: Explanation.Correction?
    var failure: String?
    do {
      // What was LIMIT 10 is counted as LIMIT $2, which no plan for any value makes anything of.
      let limited = LimitClause.replacingParameters(in: sql, by: 10)
      let source = try StatementSource(limited, named: "pg_stat_statements")
      (verdict, correction) = try ExplainStatement(generic: source).judge(on: &db)
    } catch let error as ActionError {
      failure = error.message
    } catch let error as PostgresError {
      failure = error.message
    }
    return Statement(
      sql: sql,
      calls: try row["calls"],
      totalMilliseconds: try row["total_exec_time"],
      share: try row["share"] ?? 0,
      verdict: verdict,
      correction: correction,
      failure: failure
    )
  }
}
