import PGCatalog
public import PQClient
public import VectorSQL

/// The rows of any table that are nearest to the mean of what a subject used, or of some rows.
public struct RecommendRows: Sendable {
  /// Whom or what for.
  public enum Taste: Sendable, Hashable {
    /// A subject of an interactions relation, whose items are rows of a table: of the one that is
    /// searched where none is named.
    case subject(InteractionsChoice, items: String?, weight: ProfileWeight)
    /// Rows, by their keys or labels.
    case rows([String])
  }

  /// Whom or what for.
  public let taste: Taste
  /// Whether what the subject used may be found as well.
  public let includesSeen: Bool
  /// How many items of the profile are named for each row.
  public let reasons: Int
  /// A column to show besides the label.
  public let extra: String?
  /// What else is asked.
  public let options: NeighborOptions

  /// What to recommend.
  public init(
    _ taste: Taste,
    includesSeen: Bool = false,
    reasons: Int = 2,
    showing extra: String? = nil,
    options: NeighborOptions
  ) {
    self.taste = taste
    self.includesSeen = includesSeen
    self.reasons = reasons
    self.extra = extra
    self.options = options
  }

  /// Finds tables and vectors, and renders the statement; does not run it.
  ///
  /// - Throws: ``ActionError`` where something is not there; `PostgresError` from the server.
  public func prepare(on db: inout PQConnection) throws -> NeighborQuery {
    switch taste {
    case .rows(let names): try prepare(likeRows: names, on: &db)
    case .subject(let choice, let items, let weight):
      try prepare(for: choice, items: items, weight, on: &db)
    }
  }

  private func prepare(
    likeRows names: [String],
    on db: inout PQConnection
  ) throws -> NeighborQuery {
    let target = try SearchTarget.find(options, on: &db)
    var keys: [String] = []
    for name in names {
      keys.append(try RowLookup.find(name, where: [], in: target, on: &db).key.text ?? "")
    }
    guard let bind = RowLookup.keysBind(keys, of: target.key) else {
      throw ActionError(.badData, "keys of type \(target.key.type) cannot be listed")
    }
    let probe = Probe.mean(of: bind, target.column)
    return try NeighborQuery.prepare(target, near: probe, options, on: &db)
  }

  private func prepare(
    for choice: InteractionsChoice,
    items table: String?,
    _ weight: ProfileWeight,
    on db: inout PQConnection
  ) throws -> NeighborQuery {
    let tables = try ProfileTables.find(options, items: table, choice, on: &db)
    let (target, items, found) = (tables.searched, tables.items, tables.relation)
    try check(weight, found.interactions)
    let profile = Profile(
      of: found.subject,
      interactions: found.interactions,
      items: items.column,
      weight: weight
    )
    let seen = NearestNeighbors.Seen(by: found.subject, found.interactions)
    return try NeighborQuery.prepare(
      target,
      near: .profile(profile),
      options,
      excluding: tables.isOneTable && !includesSeen ? seen : nil,
      because: items.label.flatMap { label in
        reasons > 0 ? NearestNeighbors.Reasons(label: label, count: reasons) : nil
      },
      showing: try extra.map { try column($0, of: target) },
      on: &db
    )
  }

  private func column(_ name: String, of target: SearchTarget) throws(ActionError) -> Column {
    guard target.rows.column(name) != nil else {
      throw ActionError(.notFound, "table \(target.rows.shownName) has no column \"\(name)\"")
    }
    return target.rows.table.column(name)
  }

  private func check(_ weight: ProfileWeight, _ interactions: Interactions) throws(ActionError) {
    let lacks: String? =
      switch weight {
      case .rating where interactions.weight == nil: "rating"
      case .recency where interactions.time == nil: "time"
      default: nil
      }
    guard let lacks else { return }
    throw ActionError(
      .usage,
      "\(interactions.table.identifier.sql) names no \(lacks) to weigh by",
      advice: "name its column: --interactions 'TABLE(SUBJECT, ITEM, \(lacks.uppercased()))'"
    )
  }

  /// Runs a statement that was prepared.
  ///
  /// - Parameters:
  ///   - query: The statement.
  ///   - explaining: Whether the answer is to say why no index served, which takes two more queries.
  ///   - unknown: Asked where the subject has used nothing: a sentence, or an error.
  ///   - db: The connection.
  /// - Returns: The rows, nearest first, with what is needed to judge them.
  /// - Throws: `PostgresError` from the server, and what `unknown` throws.
  public func run(
    _ query: NeighborQuery,
    explaining: Bool = true,
    unknown: (inout PQConnection) throws -> Void = { _ in },
    on db: inout PQConnection
  ) throws -> NeighborAnswer {
    try query.run(
      explaining: explaining,
      noProbe: { db throws in
        guard case .profile(let profile) = query.search.probe else {
          return "none of these rows has a vector, or their vectors are zero or cancel out"
        }
        return try noProfile(profile, query.search.metric, unknown, on: &db)
      },
      on: &db
    )
  }

  private func noProfile(
    _ profile: Profile,
    _ metric: DistanceMetric,
    _ unknown: (inout PQConnection) throws -> Void,
    on db: inout PQConnection
  ) throws -> String? {
    let subject = profile.subject.text ?? ""
    let name = profile.interactions.subject.name
    let counts = try db.query(profile.counts)
    guard let row = counts.first else { return nil }
    let (used, embedded): (Int, Int) = (try row["used"], try row["embedded"])
    if used == 0 {
      try unknown(&db)
      return
        "no profile: \(name) \(subject) has no items in \(profile.interactions.table.identifier.sql)"
    }
    if embedded == 0 {
      return "no profile: none of the \(used) items of \(name) \(subject) has a vector of encoder "
        + "\"\(profile.items.encoder)\""
    }
    let isEmpty: Bool = try db.query(profile.isEmpty(by: metric)).scalar()
    let weightless = profile.weight == .equal ? "" : "have no positive weight, "
    return isEmpty
      ? "no profile: the items of \(name) \(subject) \(weightless)are zero vectors or cancel out"
      : nil
  }
}
