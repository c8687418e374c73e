import PGCatalog
import PQClient
import VectorSQL

/// The vectors that a search could take, and which of them are the best.
struct SearchChoices {
  /// A candidate with what it has.
  struct Counted {
    let candidate: EmbeddingCandidate
    let rows: TableDescription
    let vectors: Int
    let count: Int

    var coverage: Double { count == 0 ? 0 : min(1, Double(vectors) / Double(count)) }
  }

  /// For each choice a candidate in every table.
  private let choices: [[EmbeddingCandidate]]
  private let tables: [TableDescription?]
  private let encoder: String?

  /// Lists the choices.
  ///
  /// - Throws: ``ActionError`` where there is none.
  init(
    _ names: [String?],
    _ candidates: [EmbeddingCandidate],
    encoder: String?,
    on db: inout PQConnection
  ) throws {
    self.encoder = encoder
    var tables: [TableDescription?] = []
    for name in names {
      let known = Set(candidates.map(\.rows.sql)).sorted()
      tables.append(try name.map { try NamedTable.find($0, among: known, on: &db) })
    }
    self.tables = tables
    guard !candidates.isEmpty else {
      throw ActionError(
        .configuration,
        "no table of database \"\(db.database)\" has a vector column",
        advice: "dbtool encoder add makes one: see dbtool encoder add --help"
      )
    }
    let perTable = try tables.map { table in
      try Self.candidates(candidates, of: table, named: encoder, in: db.database)
    }
    guard perTable.count > 1 else {
      choices = perTable[0].map { [$0] }
      return
    }
    let labels = perTable[0].map(\.label).filter { label in
      perTable.allSatisfy { $0.contains { $0.label == label } }
    }
    choices = labels.map { label in
      perTable.compactMap { $0.first { $0.label == label } }
    }
    guard choices.isEmpty else { return }
    let places = tables.map { $0?.shownName ?? "" }.joined(separator: " and of ")
    throw ActionError(
      .configuration,
      "no encoder has vectors of \(places)",
      advice: "vectors of different encoders mean different things: dbtool encoder list"
    )
  }

  private static func candidates(
    _ all: [EmbeddingCandidate],
    of table: TableDescription?,
    named encoder: String?,
    in database: String
  ) throws(ActionError) -> [EmbeddingCandidate] {
    let found = all.filter { candidate in
      guard let table else { return true }
      return candidate.rows == table.identifier || candidate.vectors == table.identifier
    }
    guard !found.isEmpty else {
      throw ActionError(
        .configuration,
        "table \(table?.shownName ?? "") has no vector column",
        advice: "these have one: " + Set(all.map(\.rows.sql)).sorted().joined(separator: ", ")
      )
    }
    guard let encoder else { return found }
    let named = found.filter { $0.isNamed(encoder) }
    guard named.isEmpty else { return named }
    let known = Set(found.map { $0.name ?? $0.column.name }).sorted().joined(separator: ", ")
    let place = table.map { "table \"\($0.shownName)\"" } ?? "database \"\(database)\""
    guard !all.contains(where: { $0.isNamed(encoder) }) else {
      throw ActionError(
        .configuration,
        "encoder \"\(encoder)\" has no column in \(place)",
        advice: "take one that has: \(known)"
      )
    }
    throw ActionError(
      .notFound,
      "no encoder \"\(encoder)\", and no vector column of that name, in \(place)",
      advice: "there are: \(known)"
    )
  }

  /// The best choice: the encoder that was asked for, else the usual one, else another; the most vectors.
  ///
  /// - Throws: ``ActionError`` where none has enough vectors; `PostgresError` from the server.
  func best(on db: inout PQConnection) throws -> [Counted] {
    let counted = try count(on: &db)
    let isEnough = encoder == nil && counted.count > 1
    let filled = counted.filter { choice in
      choice.allSatisfy { $0.coverage >= (isEnough ? SearchTarget.sufficientCoverage : .ulpOfOne) }
    }
    if let best = filled.max(by: Self.isWorse) { return best }
    if let empty = counted.joined().first(where: { $0.count == 0 }), tables[0] != nil {
      throw ActionError(
        .configuration,
        "table \"\(empty.rows.shownName)\" is empty",
        advice: "load its rows, then make their vectors: dbtool embed"
      )
    }
    let names = tables.map { $0?.shownName ?? "any table" }.joined(separator: " and ")
    let best = counted.max(by: Self.isWorse)?.first?.candidate
    let name = encoder ?? best?.name ?? best?.column.name ?? ""
    let fill = best?.name == nil ? "fill the column" : "dbtool embed --encoder \(name)"
    throw ActionError(
      .configuration,
      isEnough
        ? "no encoder covers 90 % of \(names)"
        : "encoder \"\(name)\" has no vectors yet in \(names)",
      advice: fill + (isEnough ? "; --encoder \(name) takes what there is" : "")
    )
  }

  private static func isWorse(_ left: [Counted], _ right: [Counted]) -> Bool {
    let vectors = { (choice: [Counted]) in choice.map(\.vectors).min() ?? 0 }
    return (preference(left[0].candidate.name), vectors(left))
      < (preference(right[0].candidate.name), vectors(right))
  }

  /// The usual encoder before others, those before a column that nobody registered, and last the one that
  /// only counts words.
  private static func preference(_ encoder: String?) -> Int {
    switch encoder {
    case RegisteredEncoder.usual: 3
    case nil: 1
    case EmbedLexical.encoder: 0
    default: 2
    }
  }

  /// Counts everything in one round trip; a vector's mere presence needs no detoasting.
  private func count(on db: inout PQConnection) throws -> [[Counted]] {
    let all = choices.joined()
    let counts = try db.pipeline(
      all.map { candidate in
        SQLStatement(
          """
          SELECT (SELECT count(\(ident: candidate.column.name)) FROM \(candidate.vectors)) AS vectors,
                 (SELECT count(*) FROM \(candidate.rows)) AS rows
          """
        )
      }
    )
    var descriptions: [SQLIdentifier: TableDescription] = [:]
    for table in tables.compactMap(\.self) { descriptions[table.identifier] = table }
    var counted: [Counted] = []
    for (candidate, count) in zip(all, counts) {
      // A side table that was named itself is searched for its own rows.
      let name =
        tables.contains { $0?.identifier == candidate.vectors } ? candidate.vectors : candidate.rows
      let rows = try descriptions[name] ?? NamedTable.find(name.sql, on: &db)
      descriptions[name] = rows
      counted.append(
        Counted(
          candidate: candidate,
          rows: rows,
          vectors: try count[0]["vectors"],
          count: try count[0]["rows"]
        )
      )
    }
    let width = choices[0].count
    return stride(from: 0, to: counted.count, by: width).map { start in
      Array(counted[start..<start + width])
    }
  }
}
