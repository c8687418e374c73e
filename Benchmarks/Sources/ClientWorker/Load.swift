import PQClient
import VectorSQL

/// Loads vectors that are in memory as plain floats into a table, by binary COPY.
struct Load: ~Copyable {
  private var connection: PQConnection
  private let vectors: [[Float]]

  init(_ parameters: ConnectionParameters, vectors: [[Float]]) throws {
    connection = try PQConnection(parameters)
    self.vectors = vectors
  }

  mutating func run() throws -> String {
    let vectors = vectors
    let sql: SQLFragment = "COPY item (id, embedding) FROM STDIN (FORMAT binary)"
    let rows = try connection.copyIn(sql) { copy in
      copy.writeBinaryHeader()
      for (index, elements) in vectors.enumerated() {
        try copy.beginRow(columns: 2)
        try copy.append(Int32(index))
        try copy.append(try PGVector(elements))
      }
      copy.writeBinaryTrailer()
    }
    return String(rows)
  }
}
