import PGCatalog
public import PQClient
import VectorSQL

/// What an index would be and cost, told before it is built.
public struct IndexPlan: Sendable {
  /// The column.
  public let column: IndexedColumn
  /// What it would have.
  public let kind: IndexKind
  /// The rows that have a vector.
  public let vectors: Int
  /// The most dimensions that such an index takes.
  public let mostDimensions: Int
  /// The operator class, nil without an index.
  public let operatorClass: String?
  /// The statement, nil where no such index can be.
  public let definition: String?
  /// The lists of an IVFFlat index.
  public let lists: Int?
  /// The memory that the build needs, in bytes.
  public let memory: Int
  /// The server's `maintenance_work_mem`, in bytes.
  public let memorySetting: Int
  /// The memory that `index use` takes by itself at most, in bytes.
  public let memoryBound: Int
  /// The size that it will have, in bytes.
  public let size: Int
  /// What was found out with a sample, nil where there was none.
  public let estimate: Estimate?
  /// Why there is no estimate.
  public let noEstimate: String?
  /// Why it cannot or should not be built, nil where it can.
  public let refusal: ActionError?

  /// What a sample tells.
  public struct Estimate: Sendable {
    /// The rows of the sample.
    public let rows: Int
    /// The seconds that the build takes one process.
    public let buildSeconds: Double
    /// The milliseconds that each UPDATE of a row costs afterwards.
    public let updateMilliseconds: Double
  }

  /// Makes a plan.
  ///
  /// Reads the table's vectors once to count them; builds the index on a sample in a temporary table that is
  /// rolled back, where the role may create one.
  ///
  /// - Parameters:
  ///   - kind: The index's kind.
  ///   - column: The column.
  ///   - db: A connection outside a transaction.
  /// - Returns: The plan.
  /// - Throws: ``ActionError`` where what the column stands in has no indexes; `PostgresError` from the
  ///   server.
  public static func make(
    _ kind: IndexKind,
    on column: IndexedColumn,
    on db: inout PQConnection
  ) throws -> IndexPlan {
    if kind.variant != .exact, let refusal = column.relationRefusal(kind) { throw refusal }
    let server = try ServerState.read(on: &db)
    let vectors = try column.vectors(on: &db)
    let lists = IndexFootprint.lists(forRows: vectors)
    let refusal = column.refusal(of: kind)
    let footprint = IndexFootprint(
      kind.variant,
      rows: vectors,
      dimension: column.column.dimension ?? 0,
      storage: column.column.storage,
      lists: lists
    )
    var (estimate, reason): (Estimate?, String?) = (nil, nil)
    if refusal == nil, kind.variant != .exact {
      reason = try obstacle(server, on: &db)
      if reason == nil {
        let sample = try IndexSample.take(
          kind,
          on: column.column,
          vectors: vectors,
          lists: lists,
          on: &db
        )
        estimate = sample.map { sample in
          Estimate(
            rows: sample.rows,
            buildSeconds: sample.buildSeconds(of: kind, rows: vectors),
            updateMilliseconds: sample.insertSeconds(of: kind, rows: vectors) * 1000
          )
        }
        if estimate == nil { reason = "so few rows take next to no time" }
      }
    }
    return IndexPlan(
      column: column,
      kind: kind,
      vectors: vectors,
      mostDimensions: column.mostDimensions(of: kind.variant),
      operatorClass: kind.operatorClass(on: column.column.storage),
      definition: refusal == nil
        ? column.name(of: kind).flatMap {
          kind.definition(index: $0, column: column.column, lists: lists)
        } : nil,
      lists: kind.variant == .ivfflat ? lists : nil,
      memory: footprint.memory,
      memorySetting: server.maintenanceMemory,
      memoryBound: IndexBuilder.mostMemory,
      size: footprint.size,
      estimate: estimate,
      noEstimate: reason,
      refusal: refusal ?? column.refusal(of: kind, vectors: vectors)
    )
  }

  /// Why no sample can be taken.
  private static func obstacle(
    _ server: ServerState,
    on db: inout PQConnection
  ) throws -> String? {
    if server.isStandby { return "a standby takes no temporary table to try it with" }
    let mayTry: Bool = try db.query(
      "SELECT has_database_privilege(current_database(), 'TEMPORARY')"
    ).scalar()
    return mayTry
      ? nil : "role \(server.role) may create no temporary table in this database to try it with"
  }
}
