import CLibPQ
public import VectorSQL

/// One session with a PostgreSQL server: synchronous, owned by one place, closed when it goes.
///
/// ```swift
/// var db = try PQConnection(ConnectionParameters(uri: "postgresql:///shop"))
/// for row in try db.query("SELECT id, name FROM product WHERE price < \(10)") {
///   let name: String = try row["name"]
/// }
/// ```
///
/// libpq blocks, so a connection is for one thread at a time; who needs several opens several. It is
/// non-copyable: a second owner does not compile.
public struct PQConnection: ~Copyable {
  let handle: LibPQHandle
  private let notices = NoticeCollector()
  var types = TypeDirectory()
  private var preparedCount = 0

  /// Cancels the running statement from another thread or a signal handler's thread.
  public let cancelHandle: CancelHandle

  /// Opens a session.
  ///
  /// - Throws: ``PostgresError`` of origin `connection`, with libpq's or the server's message.
  public init(_ parameters: ConnectionParameters) throws(PostgresError) {
    // Expanded here and not by libpq, which would take a URI of another scheme for a database's name
    // and repeat it, password and all, in its message.
    var keywords = try parameters.parsed()
    keywords["client_encoding"] = "UTF8"
    if keywords["fallback_application_name"] == nil {
      keywords["fallback_application_name"] = "dbtool"
    }
    let pairs = keywords.sorted { $0.key < $1.key }
    let connection = withCStrings(pairs.map(\.key)) { names in
      withCStrings(pairs.map(\.value)) { values in PQconnectdbParams(names, values, 0) }
    }
    guard let connection else { throw PostgresError(.connection, "out of memory") }
    let handle = LibPQHandle(pointer: connection)
    guard PQstatus(connection) == CONNECTION_OK, let cancel = CancelHandle(connection) else {
      defer { PQfinish(connection) }
      throw ConnectionFailure.error(handle.lastMessage)
    }
    self.handle = handle
    cancelHandle = cancel
    notices.attach(to: connection)
  }

  deinit { PQfinish(handle.pointer) }

  // MARK: Facts

  /// The server's version as a number: 180004 is 18.4.
  public var serverVersion: Int { Int(PQserverVersion(handle.pointer)) }

  /// The version of libpq that this process uses, as people write it: `17.5`.
  public static var libraryVersion: String {
    "\(PQlibVersion() / 10_000).\(PQlibVersion() % 10_000)"
  }

  /// The number of the server's process that serves this session.
  public var backendPID: Int { Int(PQbackendPID(handle.pointer)) }

  /// The session's database.
  public var database: String { String(cString: PQdb(handle.pointer)) }

  /// Whether libpq knows the connection to be gone.
  public var isBroken: Bool { handle.isBroken }

  /// Where the session stands.
  public enum TransactionStatus: Sendable {
    /// Outside a transaction.
    case idle
    /// Inside a transaction.
    case open
    /// Inside a transaction that failed and accepts nothing but ROLLBACK.
    case failed
    /// Busy, or the connection is gone.
    case unknown
  }

  /// Where the session stands, as the server said last.
  public var transactionStatus: TransactionStatus {
    switch PQtransactionStatus(handle.pointer) {
    case PQTRANS_IDLE: .idle
    case PQTRANS_INTRANS: .open
    case PQTRANS_INERROR: .failed
    default: .unknown
    }
  }

  /// The notices and warnings that came since the last call, oldest first.
  public mutating func takeNotices() -> [PostgresNotice] { notices.take() }

  // MARK: Statements

  /// Runs one statement with its binds and returns its rows.
  ///
  /// The statement's settings are not applied here: they need a transaction around it, which is
  /// what ``run(_:)`` makes.
  ///
  /// - Throws: ``PostgresError`` from the server, or of origin `client` for a bind that cannot travel.
  @discardableResult
  public mutating func query(_ statement: SQLStatement) throws(PostgresError) -> PQResult {
    try checkText(statement.text)
    let types = try resolvedTypes(statement.binds)
    let parameters = try BoundParameters(statement.binds)
    let result = parameters.withPointers { count, values, lengths, formats in
      PQexecParams(handle.pointer, statement.text, count, types, values, lengths, formats, 1)
    }
    return try checked(result)
  }

  /// Runs one statement and returns its rows.
  ///
  /// - Throws: ``PostgresError`` from the server, or of origin `client` for a bind that cannot travel.
  @discardableResult
  public mutating func query(_ sql: SQLFragment) throws(PostgresError) -> PQResult {
    try query(SQLStatement(sql))
  }

  /// Runs one statement and returns the number of rows that it touched.
  ///
  /// - Throws: ``PostgresError`` from the server, or of origin `client` for a bind that cannot travel.
  @discardableResult
  public mutating func execute(_ sql: SQLFragment) throws(PostgresError) -> Int {
    try query(sql).affectedRows
  }

  /// Runs any number of statements as psql -c would: the simple protocol, no binds, and one implicit
  /// transaction unless the text says otherwise.
  ///
  /// - Returns: The last statement's result.
  /// - Throws: ``PostgresError`` with the position within the whole text.
  @discardableResult
  public mutating func executeScript(_ text: String) throws(PostgresError) -> PQResult {
    try checkText(text)
    return try checked(PQexec(handle.pointer, text))
  }

  // MARK: Prepared statements

  /// A statement that the server has parsed and keeps for this session.
  public struct PreparedStatement: Sendable {
    let name: String
    /// The statement's text.
    public let text: String
    /// The declared types of the first parameters; the server chose those of the rest.
    let types: [SQLType]
  }

  /// Has the server parse a statement once; its binds give the parameters' types, not their values.
  ///
  /// - Throws: ``PostgresError`` from the server.
  public mutating func prepare(_ statement: SQLStatement) throws(PostgresError) -> PreparedStatement
  {
    try checkText(statement.text)
    let types = try resolvedTypes(statement.binds)
    preparedCount += 1
    let name = "dbtool_\(preparedCount)"
    _ = try checked(
      PQprepare(handle.pointer, name, statement.text, Int32(types.count), types)
    )
    return PreparedStatement(
      name: name,
      text: statement.text,
      types: statement.binds.map(\.type)
    )
  }

  /// Runs a prepared statement.
  ///
  /// - Throws: ``PostgresError`` from the server, or of origin `client` for a bind that cannot travel.
  @discardableResult
  public mutating func query(
    _ prepared: PreparedStatement,
    binds: [SQLBind]
  ) throws(PostgresError) -> PQResult {
    try prepared.check(binds)
    let parameters = try BoundParameters(binds)
    let result = parameters.withPointers { count, values, lengths, formats in
      PQexecPrepared(handle.pointer, prepared.name, count, values, lengths, formats, 1)
    }
    return try checked(result)
  }

  /// Has the server forget a prepared statement.
  ///
  /// - Throws: ``PostgresError`` from the server.
  public mutating func deallocate(_ prepared: PreparedStatement) throws(PostgresError) {
    try execute("DEALLOCATE \(ident: prepared.name)")
  }

  // MARK: Inside this target

  /// A result that is no error.
  ///
  /// After an error the looked-up OIDs are forgotten, since what failed may have been their creation,
  /// or a use of one that ended with its type; the next statement looks them up again.
  mutating func checked(_ result: OpaquePointer?) throws(PostgresError) -> PQResult {
    do {
      return try handle.checked(result)
    } catch {
      types = TypeDirectory()
      throw error
    }
  }

  func checkText(_ text: String) throws(PostgresError) {
    do { try text.validate() } catch {
      throw PostgresError(.client, "a statement cannot hold a NUL character")
    }
  }

  mutating func resolvedTypes(_ binds: [SQLBind]) throws(PostgresError) -> [Oid] {
    var oids: [Oid] = []
    for bind in binds {
      if let oid = bind.type.oid ?? types[bind.type] {
        oids.append(oid)
      } else {
        oids.append(try lookUp(bind.type))
      }
    }
    return oids
  }
}

extension PQConnection.PreparedStatement {
  /// Refuses binds of other types than were declared: the server would read their bytes as those.
  func check(_ binds: [SQLBind]) throws(PostgresError) {
    for (index, (bind, type)) in zip(binds, types).enumerated() where bind.type != type {
      throw PostgresError(
        .client,
        "parameter $\(index + 1) was prepared as \(type.name), not \(bind.type.name)"
      )
    }
  }
}

/// Calls a function with an array of C strings that ends in NULL.
private func withCStrings<Result>(
  _ strings: [String],
  _ body: (UnsafePointer<UnsafePointer<CChar>?>?) -> Result
) -> Result {
  var bytes: [CChar] = []
  var offsets: [Int] = []
  for string in strings {
    offsets.append(bytes.count)
    bytes += string.utf8CString
  }
  return bytes.withUnsafeBufferPointer { buffer in
    var pointers: [UnsafePointer<CChar>?] = offsets.map { buffer.baseAddress?.advanced(by: $0) }
    pointers.append(nil)
    return pointers.withUnsafeBufferPointer { body($0.baseAddress) }
  }
}
