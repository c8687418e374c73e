import SQLMigrations
import Testing
import VectorSQL

@Suite struct LexerTests {
  private func kinds(_ text: String, standard: Bool = true) -> [SQLToken.Kind] {
    var lexer = SQLLexer(Array(text.utf8), standardConformingStrings: standard)
    var kinds: [SQLToken.Kind] = []
    while let token = lexer.next() {
      if token.kind != .whitespace { kinds.append(token.kind) }
    }
    return kinds
  }

  private func statements(_ text: String) throws -> [String] {
    let source = SourceText(name: "x", bytes: Array(text.utf8))
    return try SQLSplitter.split(source).compactMap { piece in
      guard case .statement(let statement) = piece else { return nil }
      return source.text(statement.sql)
    }
  }

  @Test func `a dollar after an identifier is part of it`() {
    #expect(kinds("a$b$c") == [.word])
    #expect(kinds("$b$c$b$") == [.dollarString])
    #expect(kinds("1$b$c$b$") == [.number, .dollarString])
    #expect(kinds("$1$b$c$b$") == [.parameter, .dollarString])
    #expect(kinds("$1b") == [.parameter, .word])
    #expect(kinds("a $b") == [.word, .other, .word])
    #expect(kinds("$b $c") == [.other, .word, .other, .word])
    #expect(kinds("$b $c$ x") == [.other, .word, .dollarString])
  }

  @Test func `a letter before a quote says how it is read`() {
    for prefix in ["E", "e", "B", "X", "N", "n", "U&", "u&"] {
      #expect(kinds(prefix + "'a;'") == [.string], "\(prefix)")
    }
    #expect(kinds("U&\"a;\"") == [.quotedIdentifier])
    #expect(kinds("nameE'a'") == [.word, .string])
    #expect(kinds("u & 'a'") == [.word, .other, .string])
    #expect(kinds(#"'\' x"#) == [.string, .word])
    #expect(kinds(#"'\' x'"#, standard: false) == [.string])
    #expect(kinds(#"B'\' x"#, standard: false) == [.string, .word])
  }

  /// psql itself reads line by line and loses the escapes here; the server does not.
  @Test func `a string that goes on in the next line keeps its escapes`() {
    #expect(kinds("E'a'\n'\\'b'") == [.string])
    #expect(kinds("E'a' -- c\n'\\'b'") == [.string])
    #expect(kinds("'a' 'b'") == [.string, .string])
    #expect(kinds("'a'\n'b' x") == [.string, .word])
  }

  @Test func `comments nest, and operators end before them`() {
    #expect(kinds("/* /* */ */ x") == [.blockComment, .word])
    #expect(kinds("/*/*/**/*/*/x") == [.blockComment, .word])
    #expect(kinds("a+--b\nc") == [.word, .other, .lineComment, .word])
    #expect(kinds("a*/**/b") == [.word, .other, .blockComment, .word])
  }

  @Test func `a function named begin is no block`() throws {
    #expect(
      try statements("CREATE FUNCTION begin() RETURNS int RETURN 1; SELECT 1").count == 2
    )
    #expect(try statements("CREATE TABLE f (x int); BEGIN; END; SELECT 1").count == 4)
  }

  @Test func `an unbalanced parenthesis keeps what follows, as in psql`() throws {
    #expect(try statements("SELECT (1; SELECT 2;").count == 1)
    #expect(try statements("SELECT 1); SELECT (2);").count == 2)
  }
}
