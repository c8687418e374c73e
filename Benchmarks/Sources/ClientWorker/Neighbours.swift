import PQClient
import VectorSQL

/// The ten nearest rows of each stored query, by a prepared statement with binary values.
struct Neighbours: ~Copyable {
  private var connection: PQConnection
  private let prepared: PQConnection.PreparedStatement
  private let queries: [PGVector]
  private static let batch = 100

  init(_ parameters: ConnectionParameters) throws {
    var connection = try PQConnection(parameters)
    let stored = try connection.query("SELECT embedding FROM query ORDER BY id")
    let queries: [PGVector] = try stored.map { row in try row["embedding"] }
    let prepared = try connection.prepare(
      SQLStatement(
        text: """
          SELECT id, embedding <=> $1 AS distance FROM item ORDER BY embedding <=> $1 LIMIT 10
          """,
        binds: queries.prefix(1).map { SQLBind($0) }
      )
    )
    self.connection = connection
    self.prepared = prepared
    self.queries = queries
  }

  /// `single FIRST COUNT` runs them one by one, `pipeline FIRST COUNT` in batches of a hundred.
  mutating func run(_ words: [Substring]) throws -> String {
    guard words.count == 3, let first = Int(words[1]), let count = Int(words[2]) else { return "?" }
    var checksum = Checksum()
    if words[0] == "single" {
      for query in first..<first + count {
        let rows = try connection.query(prepared, binds: [SQLBind(queries[query])])
        try checksum.add(rows, query: query)
      }
    } else {
      for start in stride(from: first, to: first + count, by: Self.batch) {
        let batch = start..<min(start + Self.batch, first + count)
        let binds = batch.map { [SQLBind(queries[$0])] }
        for (query, rows) in zip(batch, try connection.pipeline(prepared, binds: binds)) {
          try checksum.add(rows, query: query)
        }
      }
    }
    return checksum.description
  }
}

/// What was found, whatever the order in which it came; the C program computes the same.
struct Checksum: CustomStringConvertible {
  private var rows = 0
  private var sum: UInt64 = 0
  private var distance = 0.0

  mutating func add(_ result: PQResult, query: Int) throws {
    for row in result {
      let id: Int32 = try row["id"]
      let mixed = (UInt64(query) << 32 | UInt64(UInt32(bitPattern: id))) &* 0x9E37_79B9_7F4A_7C15
      sum &+= mixed ^ (mixed >> 29)
      distance += try row["distance"]
      rows += 1
    }
  }

  /// The distances are decoded and added up but not compared: their sum depends on the order.
  var description: String { distance.isFinite ? "\(rows) \(sum)" : "no distance" }
}
