import Foundation
import PQClient
import TestSupport
import Testing
import VectorSQL

@Suite("Connecting")
struct PQClientConnectionTests {
  private static let secret = "s3cr=t/@:&?% 'ö"

  /// The error of a connection that must fail; a failed test where it does not.
  private func failure(_ parameters: ConnectionParameters) -> PostgresError? {
    #expect(throws: PostgresError.self) { _ = try PQConnection(parameters).database }
  }

  @Test func `without a server says where it looked`() {
    let error = failure(ConnectionParameters(["host": "/nonexistent", "dbname": "shop"]))
    #expect(error?.origin == .connection)
    #expect(error?.sqlState == nil)
    #expect(error?.message.contains("/nonexistent/.s.PGSQL.5432") == true)
    #expect(error?.message.contains("\n") == false)
    #expect(error?.detail?.hasPrefix("Is the server running locally") == true)
  }

  @Test(.temporaryDatabase) func `a missing database or role is told apart`() throws {
    let here = try TestDatabase.current.parameters
    #expect(failure(here.setting("dbname", to: "no such"))?.sqlState == .databaseMissing)
    #expect(failure(here.setting("user", to: "nobody here"))?.sqlState == .invalidAuthorization)
  }

  @Test(.temporaryDatabase) func `a wrong password is told apart and never repeated`() async throws
  {
    let role = try await TestServer.passwordRole()
    let here = try TestDatabase.current.parameters.setting("user", to: role.name)
    var db = try PQConnection(here.setting("password", to: role.password))
    #expect(try db.query("SELECT current_user::text").scalar() == role.name)

    let wrong = here.setting("password", to: Self.secret)
    #expect(failure(wrong)?.sqlState == .invalidPassword)
    #expect(failure(wrong)?.description.contains(Self.secret) == false)
    #expect(failure(here.setting("passfile", to: "/dev/null"))?.sqlState == .invalidPassword)
  }

  @Test func `a password is masked in every description`() throws {
    let encoded = try #require(
      Self.secret.addingPercentEncoding(withAllowedCharacters: .alphanumerics)
    )
    for parameters in [
      ConnectionParameters(["host": "/nonexistent", "password": Self.secret]),
      ConnectionParameters(uri: "postgresql://me:\(encoded)@127.0.0.1:1/shop"),
      ConnectionParameters(uri: "postgres:///shop?host=/nonexistent&password=\(encoded)"),
      ConnectionParameters(uri: "host=/nonexistent password='s3cr=t/@:&?% \\'ö'"),
    ] {
      #expect(parameters.description.contains("password=****"))
      #expect(!parameters.description.contains("s3cr"))
      let error = failure(parameters)
      #expect(error?.description.contains("s3cr") == false)
    }
  }

  @Test(arguments: [
    "mysql://me:s3cret@localhost/shop",
    "postgresql://me:s3cret@[::1/shop", "password=s3cret host", "postgres://h/d?s3cret",
    "passwort=s3cret",
  ])
  func `an unreadable connection string is not repeated`(uri: String) {
    let parameters = ConnectionParameters(uri: uri)
    #expect(throws: PostgresError.self) { try parameters.parsed() }
    #expect(!parameters.description.contains("s3cret"))
    let error = failure(parameters)
    #expect(error?.origin == .client)
    #expect(error?.description.contains("s3cret") == false)
  }

  @Test(.temporaryDatabase) func `what is set beside a URI wins over it`() throws {
    let database = try TestDatabase.current
    let uri = ConnectionParameters(
      uri: database.url + "&application_name=of_uri&client_encoding=LATIN1"
    )
    var db = try PQConnection(uri.setting("application_name", to: "of_caller"))
    #expect(try db.query("SHOW application_name").scalar() == "of_caller")
    #expect(try db.query("SHOW client_encoding").scalar() == "UTF8")
    let other = uri.setting("dbname", to: "postgres")
    #expect(try PQConnection(other).database == "postgres")
    #expect(try other.parsed()["host"] == database.parameters.keywords["host"])
    #expect(try uri.parsed()["dbname"] == database.name)
  }

  @Test(.temporaryDatabase) func `a session knows its server, process and database`() throws {
    let database = try TestDatabase.current
    var db = try database.connect()
    #expect(db.serverVersion / 10_000 == TestServer.major)
    #expect(db.database == database.name)
    #expect(try db.query("SELECT pg_backend_pid()").scalar() == db.backendPID)
    #expect(try db.query("SHOW application_name").scalar() == "dbtool")
    #expect((db.isBroken) == false)
  }
}

@Suite("Names and literals to the server", .temporaryDatabase)
struct PQClientQuotingTests {
  private static let odd = [
    "", "a", "A", "_", "1", "a1", "a b", "a.b", "a\"b", "\"", "a'b", "a\\b", "a$b", "ä", "e\u{301}",
    "🎬",
    "a\nb", "a\r\n\"b", " ", "--", "/*", ";", "null", "NULL", "order", "user", "table", "tables",
    "cast", "value", "values", "year", "type", "name", "text", "date", "time", "timestamp", "at",
    "interval", "xmltable", "json", "merge_action", "system_user", "recursive", "returning",
  ]

  @Test func `names are quoted as quote_ident quotes them`() throws {
    var db = try TestDatabase.current.connect()
    let theirs = try db.query(
      "SELECT quote_ident(n) AS q FROM unnest(\(Self.odd)) WITH ORDINALITY AS u (n, i) ORDER BY i"
    ).map { try $0.decode("q", as: String.self) }
    for (name, quoted) in zip(Self.odd, theirs) {
      // An older server does not know the words that later ones reserve, and quotes are no harm.
      let isNewWord = quoted == name && SQLIdentifier.reservedWords.contains(name)
      #expect(SQLIdentifier(name).sql == (isNewWord ? "\"\(name)\"" : quoted))
    }
  }

  @Test func `every key word that is not unreserved is quoted`() throws {
    var db = try TestDatabase.current.connect()
    let words = try db.query("SELECT word, catcode::text FROM pg_get_keywords()")
    #expect(words.count > 400)
    for row in words {
      let word: String = try row["word"]
      let category: String = try row["catcode"]
      if category != "U" { #expect(SQLIdentifier.reservedWords.contains(word), "\(word)") }
    }
  }

  @Test func `no reserved word is in the list in vain`() throws {
    guard TestServer.major == 18 else { return }
    var db = try TestDatabase.current.connect()
    let unreserved: [String] = try db.query(
      "SELECT array_agg(word) FROM pg_get_keywords() WHERE catcode = 'U'"
    ).scalar()
    #expect(SQLIdentifier.reservedWords.intersection(unreserved).isEmpty)
  }

  @Test(arguments: ["on", "off"])
  func `literals mean the same text whatever the server's setting`(conforming: String) throws {
    var db = try TestDatabase.current.connect()
    try db.executeScript(
      "SET standard_conforming_strings = \(conforming); SET escape_string_warning = off"
    )
    for text in Self.odd {
      #expect(try db.query("SELECT \(literal: text)").scalar() == text)
    }
  }

  @Test func `a column of any name can be created and read`() throws {
    var db = try TestDatabase.current.connect()
    for name in Self.odd where !name.isEmpty {
      try db.execute("CREATE TABLE \(ident: name) (\(ident: name) int)")
      try db.execute("INSERT INTO \(ident: name) VALUES (1)")
      let row = try #require(try db.query("SELECT \(ident: name) FROM \(ident: name)").first)
      #expect(try row[name] == 1)
      try db.execute("DROP TABLE \(ident: name)")
    }
  }
}
