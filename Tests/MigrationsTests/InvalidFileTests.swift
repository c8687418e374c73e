import SQLMigrations
import Testing

@Suite struct InvalidFileTests {
  /// File, place, and the reason as it is printed.
  static let expected: [(file: String, place: String, problem: String)] = [
    ("backslash", "3:1", #"psql's command \i does not work in a migration"#),
    ("begin", "2:1", "BEGIN inside of the migration's own transaction"),
    ("commit", "2:11", "COMMIT inside of the migration's own transaction"),
    ("connect", "3:2", #"psql's command \connect does not work in a migration"#),
    ("copy-no-semicolon", "2:1", #"the data of COPY … FROM stdin have no line '\.' at their end"#),
    ("copy-open", "3:1", #"the data of COPY … FROM stdin have no line '\.' at their end"#),
    ("copy-text-after", "2:20", "the data of COPY … FROM stdin start on the next line"),
    ("copy-to", "2:1", "COPY … TO stdout has no reader in a migration"),
    ("down-end", "4:1", "END inside of the migration's own transaction"),
    ("down-first", "1:1", "'-- migrate:down' before '-- migrate:up'"),
    ("empty", "", "has no '-- migrate:up' line"),
    ("gset", "2:15", #"psql's command \gset does not work in a migration"#),
    ("indented", "2:3", "a directive starts at the beginning of its line"),
    ("latin-1", "2:12", "is not UTF-8 here"),
    ("no-up", "", "has no '-- migrate:up' line"),
    ("nul", "2:8", "is not UTF-8 here"),
    ("open-comment", "2:1", "the comment /* … */ has no end"),
    ("open-dollar", "2:8", "the dollar quote has no end"),
    ("open-escape", "2:8", "the string has no end"),
    ("open-name", "2:8", "the quoted name has no end"),
    ("open-string", "3:13", "the string has no end"),
    ("rollback", "3:1", "ROLLBACK inside of the migration's own transaction"),
    ("start", "2:1", "START TRANSACTION inside of the migration's own transaction"),
    ("text-before", "2:1", "SQL before '-- migrate:up'"),
    ("two-downs", "3:1", "a second '-- migrate:down'"),
    ("two-ups", "3:1", "a second '-- migrate:up'"),
    ("unknown-directive", "3:1", "unknown directive 'migrate:sideways'"),
    ("unknown-option", "1:33", "unknown option 'retry:3'"),
    ("unknown-value", "1:15", "unknown option 'transaction:maybe'"),
    ("utf-16", "1:1", "is not UTF-8 here"),
    ("wrong-case", "1:1", "unknown directive 'migrate:Up'"),
  ]

  @Test(arguments: expected)
  func `is refused by line and column`(
    file: String,
    place: String,
    problem: String
  ) throws {
    let source = try Corpus.source("invalid/\(file).sql")
    let error = #expect(throws: MigrationParsingError.self) { try MigrationParser.parse(source) }
    #expect(error?.location?.description ?? "" == place)
    #expect(error?.problem == problem)
    #expect(error?.advice.isEmpty == false)
  }

  @Test func `every invalid file is expected to fail in a certain way`() {
    #expect(Corpus.invalid == Self.expected.map { $0.file + ".sql" })
  }

  @Test func `a name without digits or in capitals is refused`() {
    for name in ["create.sql", "v1_a.sql", "_1.sql", "1_a.SQL"] {
      let error = #expect(throws: MigrationParsingError.self) {
        try MigrationFile(name: name, folder: "m", bytes: [])
      }
      #expect(error?.reason == .badName)
      #expect(error?.file == "m/" + name)
    }
  }

  @Test(arguments: [
    ("1.sql", "1"), ("007_bond.sql", "007"), ("20260102030405-x y.sql", "20260102030405"),
  ])
  func `any run of digits is a version`(name: String, version: String) throws {
    let file = try MigrationFile(name: name, folder: "m", bytes: [])
    #expect(file.version == version)
    #expect(file.name == name)
    #expect(file.path == "m/" + name)
  }
}
