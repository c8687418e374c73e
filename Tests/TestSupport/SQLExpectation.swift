public import Testing
public import VectorSQL

/// Expects a statement's exact text and binds.
public func expectSQL(
  _ statement: SQLStatement,
  is text: String,
  binds: [SQLBind] = [],
  sourceLocation: SourceLocation = #_sourceLocation
) {
  #expect(statement.text == text, sourceLocation: sourceLocation)
  #expect(statement.binds == binds, sourceLocation: sourceLocation)
}

/// Expects a fragment's exact text and binds, once it is a statement.
public func expectSQL(
  _ fragment: SQLFragment,
  is text: String,
  binds: [SQLBind] = [],
  sourceLocation: SourceLocation = #_sourceLocation
) {
  expectSQL(SQLStatement(fragment), is: text, binds: binds, sourceLocation: sourceLocation)
}
