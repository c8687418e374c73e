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
  /// The tables that were only looked up.
  let others: [TableDescription]
  private let encoder: String?

  /// Lists the choices.
  ///
  /// - Throws: ``ActionError`` where there is none.
  init(
    _ names: [String?],
    with others: [String],
    _ candidates: [EmbeddingCandidate],
    encoder: String?,
    on db: inout PQConnection
  ) throws {
    self.encoder = encoder
    let known = Set(candidates.map(\.shownRows)).sorted()
    let named = names.compactMap(\.self)
    let found = try NamedTable.find(
      named + others,
      searching: named,
      among: known,
      on: &db
    )
    tables = named.isEmpty ? [nil] : Array(found.prefix(named.count))
    self.others = Array(found.dropFirst(named.count))
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

  /// The candidates of a table that a name may mean.
  ///
  /// - Throws: ``ActionError`` where there is none, saying what there is.
  static func candidates(
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
        advice: "these have one: " + Set(all.map(\.shownRows)).sorted().joined(separator: ", ")
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
  /// What was never filled is counted only where nothing else serves: each column makes the scan slower.
  ///
  /// - Throws: ``ActionError`` where none has enough vectors; `PostgresError` from the server.
  func best(on db: inout PQConnection) throws -> [Counted] {
    let isEnough = encoder == nil && choices.count > 1
    let used = choices.filter { Self.preference($0[0]) > 0 }
    let unused = choices.filter { Self.preference($0[0]) == 0 }
    var counted: [[Counted]] = []
    for group in [used, unused] where !group.isEmpty {
      let found = try count(group, on: &db)
      let filled = found.filter { choice in
        choice.allSatisfy {
          $0.coverage >= (isEnough ? SearchTarget.sufficientCoverage : .ulpOfOne)
        }
      }
      if let best = filled.max(by: Self.isWorse) { return best }
      counted += found
    }
    throw refusal(counted, isEnough: isEnough)
  }

  private func refusal(_ counted: [[Counted]], isEnough: Bool) -> ActionError {
    if let empty = counted.joined().first(where: { $0.count == 0 }), tables[0] != nil {
      return ActionError(
        .configuration,
        "table \"\(empty.rows.shownName)\" is empty",
        advice: "load its rows, then make their vectors: dbtool embed"
      )
    }
    // Of a pair of tables the one that lacks vectors is named.
    let best =
      counted.first { $0[0].candidate.name == RegisteredEncoder.usual }
      ?? counted.max(by: Self.isWorse)
    let lacking = best?.first { $0.vectors == 0 } ?? best?.first
    let name = encoder ?? lacking?.candidate.name ?? lacking?.candidate.column.name ?? ""
    let names = tables.map { $0?.shownName ?? "any table" }.joined(separator: " and ")
    let fill =
      lacking?.candidate.name == nil ? "fill the column" : "dbtool embed --encoder \(name)"
    return ActionError(
      .configuration,
      isEnough
        ? "no encoder covers 90 % of \(names)"
        : "encoder \"\(name)\" has no vectors yet in \(lacking?.rows.shownName ?? names)",
      advice: fill + (isEnough ? "; --encoder \(name) takes what there is" : "")
    )
  }

  private static func isWorse(_ left: [Counted], _ right: [Counted]) -> Bool {
    let vectors = { (choice: [Counted]) in choice.map(\.vectors).min() ?? 0 }
    return (preference(left[0].candidate), vectors(left))
      < (preference(right[0].candidate), vectors(right))
  }

  /// The usual encoder before others, those before a column that nobody registered, then the one that only
  /// counts words, and last what is registered and was never filled.
  private static func preference(_ candidate: EmbeddingCandidate) -> Int {
    switch candidate.name {
    case _ where candidate.encoder != nil && !candidate.isUsed: 0
    case RegisteredEncoder.usual: 4
    case nil: 2
    case EmbedLexical.encoder: 1
    default: 3
    }
  }

  /// Counts everything in one round trip, and each table in one scan; a vector's mere presence needs no
  /// detoasting.
  private func count(
    _ choices: [[EmbeddingCandidate]],
    on db: inout PQConnection
  ) throws -> [[Counted]] {
    let all = Array(choices.joined())
    let places = Array(Set(all.map(\.vectors))).sorted { $0.sql < $1.sql }
    let sources = Array(Set(all.map(\.rows)).subtracting(places)).sorted { $0.sql < $1.sql }
    let columns = places.map { place in
      Array(Set(all.filter { $0.vectors == place }.map(\.column.name))).sorted()
    }
    let counts = try db.pipeline(
      zip(places, columns).map { place, names in
        let filled = names.map { "count(\(ident: $0))" as SQLFragment }
        return SQLStatement(
          "SELECT \((["count(*)"] + filled).joined(separator: ", ")) FROM \(place)"
        )
      } + sources.map { SQLStatement("SELECT count(*) FROM \($0)") }
    )
    var rows: [SQLIdentifier: Int] = [:]
    for (table, result) in zip(places + sources, counts) { rows[table] = try result.scalar() }
    var vectors: [VectorColumn: Int] = [:]
    for candidate in all {
      guard let place = places.firstIndex(of: candidate.vectors),
        let index = columns[place].firstIndex(of: candidate.column.name)
      else { continue }
      vectors[candidate.column] = try counts[place][0][index + 1]
    }
    let counted = try describe(all, on: &db).map { candidate, description in
      Counted(
        candidate: candidate,
        rows: description,
        vectors: vectors[candidate.column] ?? 0,
        count: rows[description.identifier] ?? 0
      )
    }
    let width = choices[0].count
    return stride(from: 0, to: counted.count, by: width).map { start in
      Array(counted[start..<start + width])
    }
  }

  /// The rows that each candidate is searched for; a side table that was named itself for its own.
  private func describe(
    _ candidates: [EmbeddingCandidate],
    on db: inout PQConnection
  ) throws -> [(EmbeddingCandidate, TableDescription)] {
    var descriptions: [SQLIdentifier: TableDescription] = [:]
    for table in tables.compactMap(\.self) { descriptions[table.identifier] = table }
    return try candidates.map { candidate in
      let isNamedItself = tables.contains { $0?.identifier == candidate.vectors }
      let name = isNamedItself ? candidate.vectors : candidate.rows
      let rows = try descriptions[name] ?? NamedTable.find(name.sql, on: &db)
      descriptions[name] = rows
      return (candidate, rows)
    }
  }
}
