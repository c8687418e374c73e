import Foundation
import TestSupport
import VectorSQL

/// Names, texts and numbers as nobody would write them, the same in every run of a seed.
struct FuzzValues {
  private var random: SeededGenerator

  init(seed: UInt64) { random = SeededGenerator(seed: seed) }

  mutating func chance(_ oneIn: Int) -> Bool { Int.random(in: 0..<oneIn, using: &random) == 0 }
  mutating func count(_ range: ClosedRange<Int>) -> Int { .random(in: range, using: &random) }
  mutating func pick<Value>(_ values: [Value]) -> Value {
    values[Int.random(in: 0..<values.count, using: &random)]
  }

  // MARK: Names

  private static let keyWords = SQLIdentifier.reservedWords.sorted()
  /// What the builder's own parts are called.
  private static let ownNames = [
    "probe", "profile", "seen", "candidates", "nearest", "chosen", "used", "embedding", "distance",
    "rank", "before", "subject", "item", "id", "title", "because", "reasons", "other", "next",
    "found", "score", "match", "target", "words", "share", "rated", "prior", "mean", "weight",
    "rating", "newest", "subjects", "probe_", "embedding_", "distance_", "dbtool",
  ]
  private static let pieces = [
    "\"", "\"\"", "'", ".", "$1", "$2", "--", "/*", "*/", ";", "\\", "$$", "$function$", "\n",
    "\r", "\r\n", "\t", "\u{1}", "\u{1B}[31m", "\u{7F}", "\u{85}", "\u{2028}", "\u{FEFF}", " ", "%",
    ":a", ":'a'", "E'", "U&", "(", ")", ",", "?", "@", "{}", "é", "e\u{301}", "\u{301}", "ß", "İ",
    "ش", "ש", "\u{202E}", "\u{200F}", "😀", "👨‍👩‍👧", "\u{1F1E9}\u{1F1EA}", "漢", "Å", "\u{212B}",
    "\u{10FFFF}", "a", "Z", "_", "0", "select", "DROP TABLE x", " OR 1=1",
  ]

  /// A name that PostgreSQL can store: 1 to 63 bytes.
  mutating func name() -> String {
    if chance(8) { return pick(Self.keyWords) }
    if chance(4) { return pick(Self.ownNames) }
    var name = ""
    for _ in 0..<count(1...6) { name.unicodeScalars += pick(Self.pieces).unicodeScalars }
    while chance(6) || name.utf8.count > 63 {
      if name.utf8.count < 63 {
        name += String(repeating: "x", count: 63 - name.utf8.count)
      } else {
        name.unicodeScalars.removeLast()
      }
    }
    return name.isEmpty ? "x" : name
  }

  /// Names that differ in their bytes, some of them only in those.
  mutating func names(_ count: Int) -> [String] {
    var names: [String] = []
    var taken: Set<[UInt8]> = []
    while names.count < count {
      var name = name()
      if let other = names.last, chance(4) { name = other.decomposedStringWithCanonicalMapping }
      if name.utf8.count <= 63, taken.insert(Array(name.utf8)).inserted { names.append(name) }
    }
    return names
  }

  // MARK: Texts and numbers

  mutating func text() -> String {
    var text = ""
    for _ in 0..<count(0...9) { text.unicodeScalars += pick(Self.pieces).unicodeScalars }
    return text
  }

  mutating func double() -> Double {
    pick([
      .nan, .infinity, -.infinity, .greatestFiniteMagnitude, -.greatestFiniteMagnitude,
      .leastNonzeroMagnitude, -0.0, 0, 1, -1, 0.1, 1e300, .random(in: -10...10, using: &random),
    ])
  }

  mutating func int() -> Int {
    pick([.min, .max, .min + 1, -1, 0, 1, 2, 5, 1000, .random(in: -50...50, using: &random)])
  }

  /// How many rows: mostly as somebody would ask for.
  mutating func limit() -> Int { chance(8) ? int() : count(0...20) }

  mutating func numeric() -> PGNumeric {
    let digits = String(repeating: "9", count: count(1...400))
    return pick(
      ["NaN", "Infinity", "-Infinity", "0", "-0.00", digits, "-0." + digits].compactMap {
        PGNumeric($0)
      }
    )
  }

  mutating func timestamp() -> PGTimestamp {
    PGTimestamp(microseconds: Int64(pick([int(), 0, 800_000_000_000_000])))
  }

  mutating func vector() throws -> PGVector {
    let elements: [Float] = (0..<3).map { _ in
      pick([0, -0.0, 1, -1, 0.5, .leastNonzeroMagnitude, 1e18, .random(in: -1...1, using: &random)])
    }
    return try PGVector(elements)
  }
}

/// A schema whose names were made at random, with a few rows in each table.
struct FuzzWorld {
  enum Tiny: EncoderLabel {
    typealias Size = UpTo2000
    static let name = "tiny"
  }

  let schema: String
  let configuration: String
  /// The rows, with vectors of their own.
  let items: Table
  let key, label, price, amount, made, tags, vector: String
  /// Rows whose vectors stand in a table of their own.
  let notes: Table
  let noteKey, noteLabel, notePrice: String
  let side: Table
  let sideKey, sideVector: String
  let events: Table
  let subject, item, weight, time: String
  let isOnPath: Bool

  init(_ values: inout FuzzValues) {
    (schema, configuration) = (values.name(), values.name())
    isOnPath = values.chance(2)
    let qualifier = isOnPath ? nil : schema
    let tables = values.names(4).map { Table($0, schema: qualifier) }
    (items, notes, side, events) = (tables[0], tables[1], tables[2], tables[3])
    let columns = values.names(7)
    (key, label, price, amount) = (columns[0], columns[1], columns[2], columns[3])
    (made, tags, vector) = (columns[4], columns[5], columns[6])
    let noteColumns = values.names(3)
    (noteKey, noteLabel, notePrice) = (noteColumns[0], noteColumns[1], noteColumns[2])
    let sideColumns = values.names(2)
    (sideKey, sideVector) = (sideColumns[0], sideColumns[1])
    let eventColumns = values.names(4)
    (subject, item, weight, time) = (
      eventColumns[0], eventColumns[1], eventColumns[2], eventColumns[3]
    )
  }

  /// What makes the tables; the server reads the names as they were made.
  var script: String {
    func q(_ name: String) -> String {
      "\"" + name.replacing("\"" as Unicode.Scalar, with: "\"\"") + "\""
    }
    func t(_ table: Table) -> String { q(schema) + "." + q(table.name) }
    return """
      CREATE SCHEMA \(q(schema));
      SET LOCAL search_path = \(isOnPath ? q(schema) + ", " : "")public;
      CREATE TEXT SEARCH CONFIGURATION \(q(schema)).\(q(configuration)) (COPY = pg_catalog.simple);
      CREATE TABLE \(t(items)) (
        \(q(key)) bigint PRIMARY KEY, \(q(label)) text, \(q(price)) double precision, \(q(amount)) numeric,
        \(q(made)) timestamptz, \(q(tags)) text[], \(q(vector)) public.vector(3)
      );
      INSERT INTO \(t(items))
      SELECT n, 'Item ' || n, n, n, now(), ARRAY['a', 'b'], ARRAY[1, n, n % 3]::public.vector
      FROM generate_series(1, 5) AS n;
      CREATE TABLE \(t(notes)) (\(q(noteKey)) bigint PRIMARY KEY, \(q(noteLabel)) text, \(q(notePrice)) double precision);
      CREATE TABLE \(t(side)) (\(q(sideKey)) bigint PRIMARY KEY, \(q(sideVector)) public.halfvec(3));
      INSERT INTO \(t(notes)) SELECT n, 'Note ' || n, n FROM generate_series(1, 5) AS n;
      INSERT INTO \(t(side)) SELECT n, ARRAY[1, n, n % 3]::public.vector::public.halfvec FROM generate_series(1, 5) AS n;
      CREATE TABLE \(t(events)) (
        \(q(subject)) text, \(q(item)) bigint, \(q(weight)) double precision, \(q(time)) timestamptz
      );
      INSERT INTO \(t(events)) SELECT 'a', n, n, now() FROM generate_series(1, 3) AS n;
      """
  }

  // MARK: As the builder sees them

  var embedding: Embedding<Tiny> {
    Embedding(table: items, key: key, column: vector, dimension: 3)
  }
  var sideEmbedding: Embedding<Tiny> {
    Embedding(
      table: side,
      key: sideKey,
      column: sideVector,
      dimension: 3,
      storage: .halfvec,
      of: notes.column(noteKey)
    )
  }
  var interactions: Interactions {
    Interactions(events, subject: subject, item: item, weight: weight, time: time)
  }
  /// The configuration as `regconfig` reads it.
  var configurationName: String { SQLIdentifier(schema: schema, configuration).sql }
}

extension String {
  /// Replaces scalars, where `replacing` would see grapheme clusters: a quote with an accent is a quote.
  fileprivate func replacing(_ scalar: Unicode.Scalar, with other: String) -> String {
    var out = String.UnicodeScalarView()
    for each in unicodeScalars {
      if each == scalar { out += other.unicodeScalars } else { out.append(each) }
    }
    return String(out)
  }
}
