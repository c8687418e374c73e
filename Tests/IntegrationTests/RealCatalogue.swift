import Foundation
import PQClient
import TestSupport
import Testing
import VectorSQL

/// A table of the real data in memory, and nearest neighbours by nothing but arithmetic in doubles.
struct RealCatalogue {
  struct Item {
    let id: String
    let title: String
    let text: String
    let year: Int?
    let vector: [Double]
  }

  /// A row with its distance.
  typealias Near = (item: Item, distance: Double)

  let items: [Item]
  private let places: [String: Int]

  /// Reads a table; a row's vectors are those of the lexical encoder.
  init(_ table: String, key: String, _ db: inout PQConnection) throws {
    items = try db.query(
      """
      SELECT \(ident: key)::text AS id, title, coalesce(description, '') AS text, release_year::int AS year,
             embedding_lexical AS vector
      FROM \(ident: table) WHERE embedding_lexical IS NOT NULL ORDER BY \(ident: key)
      """
    ).map { row in
      let vector: PGVector = try row["vector"]
      return Item(
        id: try row["id"],
        title: try row["title"],
        text: try row["text"],
        year: try row["year"],
        vector: vector.elements.map(Double.init)
      )
    }
    places = Dictionary(uniqueKeysWithValues: items.enumerated().map { ($1.id, $0) })
  }

  subscript(id: String) -> Item? { places[id].map { items[$0] } }

  static func distance(_ left: [Double], _ right: [Double], _ metric: DistanceMetric) -> Double {
    func sum(_ term: (Double, Double) -> Double) -> Double {
      zip(left, right).reduce(0) { $0 + term($1.0, $1.1) }
    }
    switch metric {
    case .cosine:
      let lengths = left.reduce(0) { $0 + $1 * $1 } * right.reduce(0) { $0 + $1 * $1 }
      return 1 - sum(*) / lengths.squareRoot()
    case .l2: return sum { ($0 - $1) * ($0 - $1) }.squareRoot()
    case .innerProduct: return -sum(*)
    case .l1: return sum { abs($0 - $1) }
    }
  }

  /// All rows that a condition holds of, nearest first.
  func nearest(
    to probe: [Double],
    by metric: DistanceMetric = .cosine,
    where condition: (Item) -> Bool = { _ in true }
  ) -> [Near] {
    items.filter(condition).map { ($0, Self.distance($0.vector, probe, metric)) }
      .sorted { $0.distance < $1.distance }
  }

  /// The weighted mean of rows' vectors.
  func mean(_ weights: [String: Double]) -> [Double] {
    let used = weights.compactMap { id, weight in self[id].map { ($0.vector, weight) } }
    let total = used.reduce(0) { $0 + $1.1 }
    return (items.first?.vector.indices).map { indices in
      indices.map { index in used.reduce(0) { $0 + $1.0[index] * $1.1 } / total }
    } ?? []
  }

  /// Maximal marginal relevance, one row after the other.
  static func diverse(_ pool: [Near], strength: Double, count: Int) -> [Near] {
    var rest = pool
    var chosen: [Near] = []
    while chosen.count < count, !rest.isEmpty {
      let scores = rest.map { near in
        let nearest = chosen.map { distance($0.item.vector, near.item.vector, .cosine) }.min() ?? 0
        return (1 - strength) * near.distance - strength * nearest
      }
      let best = scores.indices.min { scores[$0] < scores[$1] } ?? 0
      chosen.append(rest.remove(at: best))
    }
    return chosen
  }
}

/// `--format json` of a command that finds rows, whatever their keys are.
struct FoundRows: Decodable {
  struct Row: Decodable {
    let id: String
    let title: String
    let distance: Double
    let score: Double?
    let share: Double?

    private enum Key: CodingKey { case id, title, distance, score, share }

    init(from decoder: any Decoder) throws {
      let container = try decoder.container(keyedBy: Key.self)
      let number = try? container.decode(Int.self, forKey: .id)
      id = try number.map(String.init) ?? container.decode(String.self, forKey: .id)
      title = try container.decode(String.self, forKey: .title)
      distance = try container.decode(Double.self, forKey: .distance)
      score = try container.decodeIfPresent(Double.self, forKey: .score)
      share = try container.decodeIfPresent(Double.self, forKey: .share)
    }
  }

  let rows: [Row]
  let exact: Bool?
  let index: String?

  /// Runs a command, which has to succeed.
  init(_ database: TestDatabase, _ arguments: [String], url: String? = nil) async throws {
    let outcome = try await DBToolProcess.run(
      arguments + ["--format", "json"],
      environment: ["DATABASE_URL": url ?? database.url]
    )
    try #require(outcome.status == 0, "\(arguments): \(outcome)")
    self = try JSONDecoder().decode(FoundRows.self, from: Data(outcome.stdout.utf8))
  }

  /// Expects the rows of a computation: their distances, and their order as far as distances tell rows apart.
  func expect(
    _ expected: [RealCatalogue.Near],
    _ what: String,
    sourceLocation: SourceLocation = #_sourceLocation
  ) {
    #expect(
      rows.count == expected.count && !rows.isEmpty,
      "\(what)",
      sourceLocation: sourceLocation
    )
    for (row, near) in zip(rows, expected) {
      #expect(
        abs(row.distance - near.distance) < 1e-5,
        "\(what): \(row.id)",
        sourceLocation: sourceLocation
      )
      guard row.id != near.item.id else { continue }
      let twin = expected.contains {
        $0.item.id == row.id && abs($0.distance - near.distance) < 1e-6
      }
      #expect(
        twin || near.distance == expected.last?.distance,
        "\(what): \(row.id)",
        sourceLocation: sourceLocation
      )
    }
  }
}
