import ArgumentParser
import DBToolActions
import PQClient

/// A command whose statement `dbtool explain` takes instead of running it.
protocol ExplainableCommand: AsyncParsableCommand {
  var connection: ConnectionOptions { get }
  var sql: SQLOptions { get }

  /// Everything up to the statement.
  func explained(in session: Session, on db: inout PQConnection) async throws -> ExplainStatement
}
