import PQClient
import VectorSQL

/// The text of a row as a template.
enum TextTemplate {
  /// Checks a template against the table's columns, where the database has the function that reads it.
  ///
  /// - Throws: ``ActionError`` for a column that is not there, `PostgresError` for a template that cannot
  ///   be read.
  static func check(
    _ template: String,
    of table: SQLIdentifier,
    key: String,
    on db: inout PQConnection
  ) throws {
    let isThere: Bool = try db.query(
      "SELECT to_regprocedure('dbtool.template_expression(text)') IS NOT NULL"
    ).scalar()
    guard isThere else { return }
    let expression: String = try db.query(
      "SELECT dbtool.template_expression(\(template))"
    ).scalar()
    do {
      try db.query(
        """
        SELECT source.\(ident: key), \(unsafeRaw: expression) FROM \(table) AS source LIMIT 0
        """
      )
    } catch {
      guard error.sqlState == .undefinedColumn else { throw error }
      throw ActionError(
        .notFound,
        "table \(table.sql) has not every column of the template \(template)",
        detail: error.message,
        advice: "name its columns in braces: {title}"
      )
    }
  }
}
