import CLibPQ
public import VectorSQL

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// The rows that a statement returned, all in memory, decoded on access.
public final class PQResult {
  private let result: OpaquePointer

  init(adopting result: OpaquePointer) { self.result = result }

  deinit { PQclear(result) }

  /// The number of rows.
  public var count: Int { Int(PQntuples(result)) }

  /// Whether there are no rows.
  public var isEmpty: Bool { count == 0 }

  /// The columns' names, in order.
  public lazy var columns: [String] = (0..<PQnfields(result)).map { index in
    PQfname(result, index).map { String(cString: $0) } ?? ""
  }

  /// The type of a column.
  ///
  /// - Precondition: There is such a column.
  public func typeOID(ofColumn index: Int) -> UInt32 {
    precondition(columns.indices.contains(index), "column out of range")
    return PQftype(result, Int32(index))
  }

  /// The rows that an INSERT, UPDATE, DELETE, MERGE or COPY touched, or that a SELECT returned.
  public var affectedRows: Int {
    PQcmdTuples(result).flatMap { Int(String(cString: $0)) } ?? 0
  }

  /// What ran, as the server names it: `SELECT 5`, `CREATE TABLE`.
  public var commandTag: String { PQcmdStatus(result).map { String(cString: $0) } ?? "" }

  /// A row by its number, from 0.
  ///
  /// - Precondition: There is such a row. libpq would only send a notice, and to a connection that may
  ///   be gone.
  public subscript(row: Int) -> PQRow {
    precondition(row >= 0 && row < count, "row out of range")
    return PQRow(result: self, row: Int32(row))
  }

  /// The first row, if any.
  public var first: PQRow? { isEmpty ? nil : self[0] }

  /// The one value of the first row's first column.
  ///
  /// - Throws: ``PostgresError`` where there is no row, or the value is of another type.
  public func scalar<Value: SQLDecodable>(
    _ type: Value.Type = Value.self
  ) throws(PostgresError) -> Value {
    guard !isEmpty, !columns.isEmpty else {
      throw PostgresError(.client, "no value where one was expected")
    }
    return try value(row: 0, column: 0)
  }

  /// The bytes of some of a row's values as they came, with their lengths before them: equal for equal values.
  ///
  /// - Precondition: There are such a row and such columns.
  package func key(ofRow row: Int, columns: [Int]) -> [UInt8] {
    precondition(row >= 0 && row < count, "row out of range")
    var out: [UInt8] = []
    for column in columns.map(Int32.init) {
      let length =
        isNull(row: Int32(row), column: column) ? -1 : PQgetlength(result, Int32(row), column)
      withUnsafeBytes(of: length) { out += $0 }
      guard length > 0, let value = PQgetvalue(result, Int32(row), column) else { continue }
      out += UnsafeRawBufferPointer(start: value, count: Int(length))
    }
    return out
  }

  /// The column's number.
  func index(ofColumn name: String) throws(PostgresError) -> Int32 {
    // Comparing a few short names costs less than a table of them for each result.
    let index = name.withCString { wanted in
      (0..<PQnfields(result)).first { strcmp(PQfname(result, $0), wanted) == 0 }
    }
    guard let index else {
      throw PostgresError(
        .client,
        "no column \"\(name)\" in the result; it has \(columns.joined(separator: ", "))"
      )
    }
    return index
  }

  func isNull(row: Int32, column: Int32) -> Bool { PQgetisnull(result, row, column) == 1 }

  func value<Value: SQLDecodable>(row: Int32, column: Int32) throws(PostgresError) -> Value {
    do {
      guard !isNull(row: row, column: column) else { return try Value.decodeNull() }
      let length = Int(PQgetlength(result, row, column))
      let bytes = UnsafeRawBufferPointer(start: PQgetvalue(result, row, column), count: length)
      guard PQfformat(result, column) == 1 else { return try textual(bytes) }
      return try Value.decodeBinary(bytes, typeOID: PQftype(result, column))
    } catch {
      let name = columns.indices.contains(Int(column)) ? columns[Int(column)] : String(column + 1)
      throw PostgresError(.client, "column \"\(name)\": \(error)")
    }
  }

  /// A value that came as text (EXPLAIN, SHOW and the simple protocol send nothing else).
  private func textual<Value: SQLDecodable>(
    _ bytes: UnsafeRawBufferPointer
  ) throws(SQLValueError) -> Value {
    try Value.decodeBinary(bytes, typeOID: SQLType.text.oid ?? 0)
  }
}

extension PQResult: Sequence {
  /// The rows in order.
  public func makeIterator() -> AnyIterator<PQRow> {
    var next: Int32 = 0
    let end = Int32(count)
    return AnyIterator { [self] in
      guard next < end else { return nil }
      defer { next += 1 }
      return PQRow(result: self, row: next)
    }
  }
}

/// One row of a result.
public struct PQRow {
  fileprivate let result: PQResult
  fileprivate let row: Int32

  init(result: PQResult, row: Int32) {
    self.result = result
    self.row = row
  }

  /// The value of a column by its name.
  public subscript<Value: SQLDecodable>(name: String) -> Value {
    get throws(PostgresError) {
      try result.value(row: row, column: result.index(ofColumn: name))
    }
  }

  /// The value of a column by its number, from 0.
  public subscript<Value: SQLDecodable>(index: Int) -> Value {
    get throws(PostgresError) {
      guard result.columns.indices.contains(index) else {
        throw PostgresError(.client, "no column number \(index) in the result")
      }
      return try result.value(row: row, column: Int32(index))
    }
  }

  /// The value of a column by its name, for where the type cannot be inferred.
  ///
  /// - Throws: ``PostgresError`` for an unknown column, or a value of another type.
  public func decode<Value: SQLDecodable>(
    _ name: String,
    as type: Value.Type
  ) throws(PostgresError) -> Value { try self[name] }

  /// Whether a column is NULL.
  ///
  /// - Throws: ``PostgresError`` for an unknown column.
  public func isNull(_ name: String) throws(PostgresError) -> Bool {
    result.isNull(row: row, column: try result.index(ofColumn: name))
  }
}
