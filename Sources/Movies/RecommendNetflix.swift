public import DBToolActions
import PGCatalog
public import PQClient
import VectorSQL

/// Netflix shows for a DVDRental customer: those whose vectors are nearest to the mean of the films that
/// the customer rented.
///
/// It is ``RecommendRows`` with the view `customer_film`, of another table than the one that is searched.
public struct RecommendNetflix: Sendable {
  /// How much each rented film counts.
  public enum Weight: String, Sendable, CaseIterable {
    /// Each film once, however often it was rented.
    case equal
    /// By how often it was rented.
    case count
    /// Halved with every 90 days before the customer's newest rental.
    case recency
  }

  /// The customer's number; nil where all are asked for.
  public let customer: Int32?
  private let recommend: RecommendRows

  private static let halfLifeDays = 90

  /// What to recommend and how; the options' table is not asked for.
  public init(
    customer: Int32?,
    weight: Weight = .equal,
    options: NeighborOptions = NeighborOptions()
  ) {
    self.customer = customer
    var options = options
    options.table = MovieTables.shows
    let (table, columns) = MovieTables.rentals
    recommend = RecommendRows(
      .subject(
        InteractionsChoice(table: table, columns: columns, subject: String(customer ?? 0)),
        items: MovieTables.films,
        weight: Self.profileWeight(weight)
      ),
      showing: "description",
      options: options
    )
  }

  private static func profileWeight(_ weight: Weight) -> ProfileWeight {
    switch weight {
    case .equal: .equal
    case .count: .count
    case .recency: .recency(halfLifeDays: halfLifeDays)
    }
  }

  /// Chooses the encoder and renders the statement; reads, but does not run it.
  ///
  /// - Throws: `ActionError` where no encoder can serve; `PostgresError` from the server.
  public func prepare(on db: inout PQConnection) throws -> NeighborQuery {
    try explainingLack(on: &db) { db throws in try recommend.prepare(on: &db) }
  }

  /// The lowest customer that has a profile.
  ///
  /// - Parameter db: The connection.
  /// - Returns: The number; nil where nobody has one, or where this is not the movie database.
  /// - Throws: `PostgresError` from the server.
  public static func firstCustomer(on db: inout PQConnection) throws -> Int32? {
    guard let query = try? RecommendNetflix(customer: 0).prepare(on: &db),
      case .profile(let profile) = query.search.probe
    else { return nil }
    let subject = profile.interactions.subject
    return try db.query(
      """
      SELECT min(\(subject.sql))
      FROM \(subject.table.identifier)
      JOIN \(profile.items.table.identifier) ON \(profile.items.key.sql) = \(profile.interactions.item.sql)
      WHERE \(profile.items.vector.sql) IS NOT NULL
      """
    ).scalar()
  }

  /// Renders the statement for every customer, whoever this one is; `RecommendRows` runs it.
  ///
  /// - Throws: `ActionError` where no encoder can serve; `PostgresError` from the server.
  public func prepareForAll(on db: inout PQConnection) throws -> RecommendRows.EverySubject {
    try explainingLack(on: &db) { db throws in try recommend.prepareForEverySubject(on: &db) }
  }

  private func explainingLack<Result>(
    on db: inout PQConnection,
    _ prepare: (inout PQConnection) throws -> Result
  ) throws -> Result {
    do {
      return try prepare(&db)
    } catch let error as ActionError {
      guard error.category == .configuration || error.category == .notFound else { throw error }
      throw try Self.lack(on: &db) ?? error
    }
  }

  /// What of the movie database is not there, if that is the matter.
  private static func lack(on db: inout PQConnection) throws -> ActionError? {
    for table in [MovieTables.films, MovieTables.shows] {
      let isThere: Bool = try db.query("SELECT to_regclass(\(table)) IS NOT NULL").scalar()
      guard isThere else {
        return ActionError(
          .configuration,
          "table \"\(table)\" does not exist in database \"\(db.database)\"",
          advice:
            "run dbtool migrate, and check with dbtool config that this is the right database"
        )
      }
      guard try VectorExtension.read(on: &db).installed != nil else { return nil }
      let isEmpty: Bool = try db.query("SELECT NOT EXISTS (SELECT FROM \(ident: table))").scalar()
      guard !isEmpty else {
        return ActionError(
          .configuration,
          "table \"\(table)\" is empty",
          advice:
            "load it: dbtool import \(table == MovieTables.films ? "dvdrental" : "netflix") PATH, "
            + "or the small catalogue: dbtool seed"
        )
      }
    }
    return nil
  }

  /// Runs a statement that was prepared.
  ///
  /// - Parameters:
  ///   - query: The statement.
  ///   - explaining: Whether the answer is to say why no index served, which takes two more queries.
  ///   - db: The connection.
  /// - Returns: The shows, nearest first, with what is needed to judge them.
  /// - Throws: `ActionError` for an unknown customer; `PostgresError` from the server.
  public func run(
    _ query: NeighborQuery,
    explaining: Bool = true,
    on db: inout PQConnection
  ) throws -> NeighborAnswer {
    try recommend.run(
      query,
      explaining: explaining,
      unknown: { db throws in
        let customer = customer ?? 0
        let isKnown: Bool = try db.query(
          "SELECT EXISTS (SELECT FROM customer WHERE customer_id = \(customer))"
        ).scalar()
        guard !isKnown else { return }
        throw ActionError(
          .notFound,
          "no customer \(customer) in table customer of database \"\(db.database)\"",
          advice: "see which there are: SELECT min(customer_id), max(customer_id) FROM customer"
        )
      },
      on: &db
    )
  }
}
