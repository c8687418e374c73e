import Foundation
import SQLMigrations
import Testing
import VectorSQL

@Suite struct CorpusTests {
  @Test func `the corpus is there`() {
    #expect(Corpus.valid.count >= 17)
    #expect(Corpus.invalid.count >= 30)
  }

  @Test(arguments: Corpus.valid)
  func `splits as the golden file says`(name: String) throws {
    let source = try Corpus.source("valid/\(name)/input.sql")
    let migration = try MigrationParser.parse(source)
    for (section, file) in [(migration.up, "up"), (migration.down, "down")] {
      let golden = try Corpus.source("valid/\(name)/\(file).golden.sql")
      #expect(
        Corpus.listing(section, of: source) == golden.text(0..<golden.bytes.count),
        "\(file)"
      )
    }
  }

  @Test(arguments: Corpus.all)
  func `the parts joined are the file`(path: String) throws {
    let source = try Corpus.source(path)
    var lexer = SQLLexer(source.bytes)
    var end = 0
    while let token = lexer.next() {
      #expect(token.range.lowerBound == end)
      #expect(!token.range.isEmpty)
      end = token.range.upperBound
    }
    #expect(end == source.bytes.count)
    // A file that cannot be split has no parts to join.
    guard let pieces = try? SQLSplitter.split(source) else { return }
    #expect(pieces.flatMap { source.bytes[$0.range] } == source.bytes)
  }

  @Test(arguments: Corpus.valid)
  func `a file cut off anywhere neither traps nor loses a byte`(name: String) throws {
    let source = try Corpus.source("valid/\(name)/input.sql")
    for end in 0..<source.bytes.count {
      let cut = SourceText(name: "cut", bytes: Array(source.bytes[..<end]))
      _ = cut.firstInvalidByte
      guard let pieces = try? SQLSplitter.split(cut) else { continue }
      #expect(pieces.map(\.range.count).reduce(0, +) == end)
    }
  }
}
