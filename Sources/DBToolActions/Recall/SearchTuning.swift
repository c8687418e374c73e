import PQClient
import VectorSQL

/// How far the index of a column has to be searched for a recall that somebody asked for.
package struct SearchTuning: Sendable, Hashable {
  /// The kind of index, as the registry writes it.
  let variant: String
  /// How far it is searched.
  package let setting: IndexSetting
  /// How many neighbours were looked for.
  package let neighbors: Int
  /// The recall that was asked for.
  package let targetRecall: Double
  /// The recall that was measured.
  package let recall: Double

  /// Whether a search is one of those that were measured: of all rows, for no more neighbours.
  ///
  /// What a filter leaves may lie anywhere in the index; there the usual settings, which are careful, stay.
  func covers(_ search: NearestNeighbors) -> Bool {
    search.limit <= neighbors && search.filter == nil && search.seen == nil
      && search.diversity == nil
  }

  // MARK: The registry

  /// Keeps it, in the place of what was measured before of the same kind of index.
  ///
  /// - Throws: `PostgresError` from the server.
  func store(for embedding: RegisteredEmbedding, on db: inout PQConnection) throws {
    var (efSearch, probes): (Int?, Int?) = (nil, nil)
    switch setting.effort {
    case .efSearch(let count): efSearch = count
    case .probes(let count): probes = count
    }
    try db.execute(
      """
      INSERT INTO dbtool.tuning AS t (
        embedding_id, index_variant, ef_search, probes, candidates, neighbors, target_recall, recall
      )
      VALUES (\(embedding.id), \(variant), \(efSearch), \(probes), \(setting.candidates), \(neighbors),
              \(targetRecall), \(recall))
      ON CONFLICT (embedding_id, index_variant) DO UPDATE
      SET ef_search = excluded.ef_search, probes = excluded.probes,
          candidates = excluded.candidates, neighbors = excluded.neighbors,
          target_recall = excluded.target_recall, recall = excluded.recall, tuned_at = now()
      """
    )
  }

  /// The query of all that was measured.
  static let all = SQLStatement(
    """
    SELECT embedding_id, index_variant, ef_search, probes, candidates, neighbors, target_recall,
           recall
    FROM dbtool.tuning
    ORDER BY embedding_id, index_variant
    """
  )

  /// The rows of ``all``, by the numbers of their embeddings.
  static func list(_ rows: PQResult) throws -> [Int: [SearchTuning]] {
    var tunings: [Int: [SearchTuning]] = [:]
    for row in rows {
      let variant: String = try row["index_variant"]
      let efSearch: Int? = try row["ef_search"]
      let probes: Int? = try row["probes"]
      guard let effort = efSearch.map(SearchEffort.efSearch) ?? probes.map(SearchEffort.probes)
      else { continue }
      let candidates: Int? = try row["candidates"]
      let copy = IndexVariant.allCases.first {
        $0.copy != nil && variant.hasPrefix($0.rawValue)
      }?.copy
      tunings[try row["embedding_id"], default: []].append(
        SearchTuning(
          variant: variant,
          setting: IndexSetting(
            effort,
            firstStage: copy.flatMap { copy in candidates.map { .init(copy, candidates: $0) } }
          ),
          neighbors: try row["neighbors"],
          targetRecall: try row["target_recall"],
          recall: try row["recall"]
        )
      )
    }
    return tunings
  }
}
