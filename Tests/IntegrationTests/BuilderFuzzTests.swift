import Foundation
import PQClient
import TestSupport
import Testing
import VectorSQL

/// Whatever names, texts and numbers go in, each statement that comes out is one statement, of the kind that was
/// asked for, which the server takes with as many parameters as it has binds.
///
/// Two thousand cases, or as many as `DBTOOL_FUZZ_CASES` says (`make torture`: 100,000).
@Suite("The builder with names and values made at random", .temporaryVectorDatabase)
struct BuilderFuzzTests {
  private static let cases =
    ProcessInfo.processInfo.environment["DBTOOL_FUZZ_CASES"].flatMap { Int($0) } ?? 2000
  private static let casesOfWorld = 100

  @Test func `every statement is one statement of its kind`() throws {
    var db = try TestDatabase.current.connect()
    var (failures, statements, ran) = (0, 0, 0)
    for seed in 0..<UInt64(max(1, Self.cases / Self.casesOfWorld)) where failures < 10 {
      var values = FuzzValues(seed: seed)
      let world = FuzzWorld(&values)
      var cases = FuzzCases(world: world, values: values)
      try db.executeScript("BEGIN")
      try db.executeScript(world.script)
      for number in 0..<Self.casesOfWorld where failures < 10 {
        var text = ""
        do {
          try checkNames(world, &cases.values)
          if number % 25 == 0 {
            try checkIndex(&cases, &text, &db)
          } else {
            let kind = FuzzCases.Kind.allCases[number % FuzzCases.Kind.allCases.count]
            let statement = try cases.statement(kind)
            text = statement.text
            let table =
              kind == .everySubject
              ? SQLIdentifier(schema: world.schema, cases.newName()) : nil
            statements += 1
            ran += try check(statement, withScript: number % 4 == 0, into: table, &db) ? 1 : 0
          }
        } catch {
          failures += 1
          Issue.record("seed \(seed), case \(number): \(error)\n\(text.debugDescription)")
          // What failed has ended the transaction.
          try db.executeScript("ROLLBACK; DEALLOCATE ALL; BEGIN")
          try db.executeScript(world.script)
        }
      }
      try db.executeScript("ROLLBACK")
    }
    // The others have values out of the range of what is asked.
    #expect(ran * 4 > statements * 3, "\(ran) of \(statements)")
  }

  /// Something about a statement that is not as it should be.
  private struct Wrong: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
  }

  /// A value out of the range of an operation: a number too large, a negative LIMIT.
  private static func isOfValues(_ error: PostgresError) -> Bool {
    error.origin == .server && error.sqlState?.rawValue.hasPrefix("22") == true
  }

  /// Throws what is wrong with a statement.
  ///
  /// - Returns: Whether it ran to its end.
  private func check(
    _ statement: SQLStatement,
    withScript: Bool,
    into table: SQLIdentifier?,
    _ db: inout PQConnection
  ) throws -> Bool {
    // The extended protocol takes exactly one statement.
    let prepared = try db.prepare(statement)
    let known = try db.query(
      """
      SELECT statement, cardinality(parameter_types) AS parameters, result_types IS NOT NULL AS returns_rows
      FROM pg_catalog.pg_prepared_statements
      """
    )
    guard known.count == 1, let row = known.first else { throw Wrong("\(known.count) statements") }
    let (text, parameters): (String, Int) = (try row["statement"], try row["parameters"])
    guard text.utf8.elementsEqual(statement.text.utf8) else { throw Wrong("another text: \(text)") }
    guard parameters == statement.binds.count, try row["returns_rows"] else {
      throw Wrong("\(parameters) parameters for \(statement.binds.count) binds")
    }
    try db.deallocate(prepared)

    let direct = try rows(statement, &db)
    guard withScript else { return direct != nil }
    guard try scriptRows(statement, into: table, &db) == direct else {
      throw Wrong("the script differs")
    }
    return direct != nil
  }

  /// How many rows a SELECT returns; nil where a value is out of range.
  private func rows(_ statement: SQLStatement, _ db: inout PQConnection) throws -> Int? {
    let settings = statement.settings.map { SQLStatement($0) }
    let around = [SQLStatement("SAVEPOINT before")] + settings
    let results: [PQResult]
    do {
      results = try db.pipeline(around + [statement.explained("FORMAT JSON"), statement])
    } catch {
      guard Self.isOfValues(error) else { throw error }
      try db.executeScript("ROLLBACK TO before")
      return nil
    }
    try db.executeScript("ROLLBACK TO before")
    let json: String = try results[around.count].scalar()
    let plans = try JSONSerialization.jsonObject(with: Data(json.utf8)) as? [[String: Any]]
    let node = (plans?.first?["Plan"] as? [String: Any])?["Node Type"] as? String
    guard plans?.count == 1, let node, node != "ModifyTable" else { throw Wrong("plan: \(json)") }
    let rows = results[around.count + 1]
    guard rows.commandTag == "SELECT \(rows.count)" else { throw Wrong(rows.commandTag) }
    return rows.count
  }

  /// The same by the script for psql, without the transaction around it.
  private func scriptRows(
    _ statement: SQLStatement,
    into table: SQLIdentifier?,
    _ db: inout PQConnection
  ) throws -> Int? {
    let script = try statement.psqlScript(into: table)
    let (begin, end) = ("BEGIN;\n", "DEALLOCATE dbtool;\nCOMMIT;\n")
    guard script.hasPrefix(begin), script.hasSuffix(end) else { throw Wrong(script) }
    let middle = String(script.utf8.dropFirst(begin.utf8.count).dropLast(end.utf8.count))
    guard let middle else { throw Wrong("no UTF-8") }
    try db.executeScript("SAVEPOINT before")
    defer { _ = try? db.executeScript("ROLLBACK TO before; DEALLOCATE ALL") }
    do { return try db.executeScript(middle).affectedRows } catch {
      guard Self.isOfValues(error) else { throw error }
      return nil
    }
  }

  private func checkIndex(
    _ cases: inout FuzzCases,
    _ text: inout String,
    _ db: inout PQConnection
  ) throws {
    let concurrent = cases.index(concurrently: true)
    text = concurrent.text
    // Parsed only: it would not run in a transaction.
    try db.deallocate(try db.prepare(concurrent))
    let statement = cases.index(concurrently: false)
    text = statement.text
    try db.executeScript("SAVEPOINT before")
    let before: Int = try db.query("SELECT count(*) FROM pg_index").scalar()
    let tag = try db.query(statement).commandTag
    let after: Int = try db.query("SELECT count(*) FROM pg_index").scalar()
    guard tag == "CREATE INDEX", after == before + 1 else {
      throw Wrong("\(tag): \(after - before)")
    }
    try db.executeScript("ROLLBACK TO before")
  }

  /// A quoted name reads back as the same name.
  private func checkNames(_ world: FuzzWorld, _ values: inout FuzzValues) throws {
    let parts = [values.name(), values.name()]
    let written = SQLIdentifier(schema: parts[0], parts[1])
    let read = SQLIdentifier(parsing: written.sql)
    guard read.parts.map({ Array($0.utf8) }) == parts.map({ Array($0.utf8) }) else {
      throw Wrong("\(parts) read as \(read.parts)")
    }
  }

  // MARK: psql

  @Test func `psql takes the scripts of a world as they are`() async throws {
    for seed in [UInt64](1...3) {
      var values = FuzzValues(seed: seed)
      let world = FuzzWorld(&values)
      var cases = FuzzCases(world: world, values: values)
      var scripts: [String] = []
      var expected = 0
      do {
        var db = try TestDatabase.current.connect()
        try db.executeScript("BEGIN")
        try db.executeScript(world.script)
        for _ in 0..<10 {
          for kind in FuzzCases.Kind.allCases {
            let statement = try cases.statement(kind)
            guard try rows(statement, &db) != nil else { continue }
            let script = try statement.psqlScript()
            scripts.append(String(script.dropFirst("BEGIN;\n".count).dropLast("COMMIT;\n".count)))
            scripts.append("SELECT 'end of a script';\n")
            expected += 1
          }
        }
      }
      let all = "BEGIN;\n" + world.script + "\n" + scripts.joined() + "ROLLBACK;\n"
      let printed = try await TestDatabase.current.psql(all)
      #expect(printed.components(separatedBy: "end of a script\n").count == expected + 1)
      #expect(expected > 30)
    }
  }

  // MARK: NUL

  @Test func `a NUL is refused before anything is sent`() throws {
    var db = try TestDatabase.current.connect()
    let (name, text) = ("a\0b", "x\0'; DROP TABLE y")
    let column = EmbeddingColumn(
      table: Table(name),
      key: "id",
      column: "v",
      encoder: "tiny",
      dimension: 3
    )
    let search = try NearestNeighbors(column, to: .vector(PGVector([1])), by: .l2, limit: 1)
    for statement in [
      SQLStatement("SELECT \(text)"), SQLStatement("SELECT \([text])"),
      SQLStatement("SELECT \(literal: text)"), SQLStatement("SELECT \(ident: name)"),
      SQLStatement("SELECT \(PGJSON(text))"), search.statement,
    ] {
      let refusal = #expect(throws: PostgresError.self) { try db.run(statement) }
      #expect(refusal?.origin == .client && refusal?.message.contains("NUL") == true)
      #expect(throws: SQLValueError.self) { try statement.psqlScript() }
    }
    #expect(throws: SQLValueError.self) {
      try SQLStatement("SELECT 1").psqlScript(into: SQLIdentifier(name))
    }
    #expect(db.transactionStatus == .idle)
  }
}
