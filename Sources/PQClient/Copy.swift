import CLibPQ
public import VectorSQL

/// Takes the data of a `COPY … FROM STDIN`, gathered into messages of a sensible size.
public struct CopyInWriter: ~Copyable {
  private let handle: LibPQHandle
  private var buffer: [UInt8] = []
  private static let messageSize = 64 * 1024

  fileprivate init(_ handle: LibPQHandle) {
    self.handle = handle
    buffer.reserveCapacity(Self.messageSize * 2)
  }

  /// The bytes written so far.
  public private(set) var byteCount = 0

  /// Writes bytes in the format that the COPY statement named.
  ///
  /// - Throws: ``PostgresError`` where the connection broke.
  public mutating func write(_ bytes: UnsafeRawBufferPointer) throws(PostgresError) {
    if bytes.count >= Self.messageSize {
      try flush()
      try put(bytes)
    } else {
      buffer.append(contentsOf: bytes)
      try flushIfFull()
    }
  }

  /// Writes bytes in the format that the COPY statement named.
  ///
  /// - Throws: ``PostgresError`` where the connection broke.
  public mutating func write(_ bytes: some Collection<UInt8>) throws(PostgresError) {
    buffer.append(contentsOf: bytes)
    try flushIfFull()
  }

  // MARK: Binary rows

  /// Starts the binary format; call once, before the first row.
  public mutating func writeBinaryHeader() {
    buffer.append(contentsOf: Array("PGCOPY\n".utf8) + [0xFF, 0x0D, 0x0A, 0x00])
    buffer.append(contentsOf: repeatElement(0, count: 8))
  }

  /// Starts a row in the binary format; as many calls of ``append(_:)`` must follow.
  ///
  /// - Throws: ``PostgresError`` where the connection broke.
  public mutating func beginRow(columns: Int) throws(PostgresError) {
    try flushIfFull()
    appendBigEndian(Int16(columns))
  }

  /// Appends a value to the row; its type must be the column's own, since COPY converts nothing.
  ///
  /// - Throws: ``PostgresError`` of origin `client` for a value that the server could not take.
  public mutating func append<Value: SQLEncodable>(_ value: Value) throws(PostgresError) {
    do { try value.validate() } catch { throw PostgresError(error) }
    guard !value.isSQLNull else { return appendBigEndian(Int32(-1)) }
    let lengthAt = buffer.count
    appendBigEndian(Int32(0))
    value.encodeBinary(into: &buffer)
    let length = UInt32(buffer.count - lengthAt - 4)
    for shift in 0..<4 {
      buffer[lengthAt + shift] = UInt8(truncatingIfNeeded: length >> (24 - 8 * shift))
    }
  }

  /// Ends the binary format; call once, after the last row.
  public mutating func writeBinaryTrailer() { appendBigEndian(Int16(-1)) }

  private mutating func appendBigEndian<Number: FixedWidthInteger>(_ number: Number) {
    withUnsafeBytes(of: number.bigEndian) { buffer.append(contentsOf: $0) }
  }

  // MARK: Sending

  private mutating func flushIfFull() throws(PostgresError) {
    if buffer.count >= Self.messageSize { try flush() }
  }

  fileprivate mutating func flush() throws(PostgresError) {
    guard !buffer.isEmpty else { return }
    let handle = handle
    let sent = buffer.withUnsafeBytes { handle.putCopyData($0) }
    guard sent else { throw handle.connectionError() }
    byteCount += buffer.count
    buffer.removeAll(keepingCapacity: true)
  }

  private mutating func put(_ bytes: UnsafeRawBufferPointer) throws(PostgresError) {
    guard handle.putCopyData(bytes) else { throw handle.connectionError() }
    byteCount += bytes.count
  }
}

extension PQConnection {
  /// Runs a `COPY … FROM STDIN` with the data that the closure writes.
  ///
  /// - Returns: The number of rows loaded.
  /// - Throws: What the closure throws (nothing is loaded then), or ``PostgresError``.
  @discardableResult
  public mutating func copyIn(
    _ sql: SQLFragment,
    _ body: (inout CopyInWriter) throws -> Void
  ) throws -> Int {
    try startCopy(sql, expecting: PGRES_COPY_IN)
    var writer = CopyInWriter(handle)
    do {
      try body(&writer)
      try writer.flush()
    } catch {
      PQputCopyEnd(handle.pointer, "stopped by the client")
      _ = try? finishCopy()
      throw error
    }
    guard PQputCopyEnd(handle.pointer, nil) == 1 else { throw handle.connectionError() }
    return try finishCopy()
  }

  /// Runs a `COPY … TO STDOUT` and hands its data over piece by piece: a row each.
  ///
  /// - Returns: The number of rows.
  /// - Throws: What the closure throws (the rest is read and dropped), or ``PostgresError``.
  @discardableResult
  public mutating func copyOut(
    _ sql: SQLFragment,
    _ body: (UnsafeRawBufferPointer) throws -> Void
  ) throws -> Int {
    try startCopy(sql, expecting: PGRES_COPY_OUT)
    var thrown: (any Error)?
    var data: UnsafeMutablePointer<CChar>?
    while true {
      let length = PQgetCopyData(handle.pointer, &data, 0)
      guard length > 0 else { break }
      defer { PQfreemem(data) }
      guard thrown == nil else { continue }
      do {
        try body(UnsafeRawBufferPointer(start: data, count: Int(length)))
      } catch {
        thrown = error
        cancelHandle.cancel()
      }
    }
    let rows: Int
    do {
      rows = try finishCopy()
    } catch {
      throw thrown ?? error
    }
    if let thrown { throw thrown }
    return rows
  }

  private mutating func startCopy(
    _ sql: SQLFragment,
    expecting status: ExecStatusType
  ) throws(PostgresError) {
    let statement = SQLStatement(sql)
    try checkText(statement.text)
    guard let result = PQexec(handle.pointer, statement.text) else {
      throw handle.connectionError()
    }
    guard PQresultStatus(result) == status else {
      _ = try checked(result)
      throw PostgresError(.client, "the statement is no COPY in the direction asked for")
    }
    PQclear(result)
  }

  /// Reads until the server is ready again; the first error counts.
  private mutating func finishCopy() throws(PostgresError) -> Int {
    var rows = 0
    var failure: PostgresError?
    while let result = PQgetResult(handle.pointer) {
      do { rows = try checked(result).affectedRows } catch { failure = failure ?? error }
    }
    if let failure { throw failure }
    return rows
  }
}
