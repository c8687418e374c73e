/// What a search looks for neighbours of.
///
/// Whatever it is, it stands in the statement as a scalar sub-select of a query of one row at most: so an
/// index can serve the search, which a join would prevent, and a probe that is NULL finds nothing, where
/// pgvector alone would return arbitrary rows.
public enum Probe: Sendable, Hashable {
  /// A vector.
  case vector(PGVector)
  /// An expression of a vector, for example a call of the function that encodes a text.
  case expression(SQLFragment)
  /// The vector of a row.
  case row(SQLBind, of: EmbeddingColumn)
  /// The mean of the vectors of rows; the keys are an array.
  case mean(of: SQLBind, EmbeddingColumn)
  /// The mean of the vectors of what a subject used.
  case profile(Profile)

  /// The column that the vectors come from, nil for a vector that came from elsewhere.
  var items: EmbeddingColumn? {
    switch self {
    case .vector, .expression: nil
    case .row(_, let column), .mean(_, let column): column
    case .profile(let profile): profile.items
    }
  }

  /// The condition that a row is none of those that the probe is made of, by the key of the vectors.
  func isOther(than key: Column) -> SQLFragment? {
    switch self {
    case .row(let row, let column) where column.key == key:
      "\(key.sql) <> \(SQLFragment(bind: row))"
    case .mean(let rows, let column) where column.key == key:
      "\(key.sql) <> ALL (\(SQLFragment(bind: rows)))"
    default: nil
    }
  }

  /// The query of one column, `embedding`, and of one row at most.
  func query(for searched: EmbeddingColumn, by metric: DistanceMetric) -> SQLFragment {
    switch self {
    case .vector(let vector):
      return "SELECT \(vector)::\(unsafeRaw: searched.storage.rawValue) AS embedding"
    case .expression(let expression): return "SELECT \(expression) AS embedding"
    case .row(let key, let column):
      let condition: SQLFragment =
        metric == .cosine ? "\n  AND \(column.norm(column.vector.sql)) > 0" : ""
      return """
        SELECT \(column.vector.sql) AS embedding
        FROM \(column.table.source)
        WHERE \(column.key.sql) = \(SQLFragment(bind: key))\(condition)
        """
    case .mean(let keys, let column):
      let mean: SQLFragment = "avg(\(column.vector.sql))"
      return """
        SELECT \(mean) AS embedding
        FROM \(column.table.source)
        WHERE \(column.key.sql) = ANY (\(SQLFragment(bind: keys)))\(column.hasDirection(mean, metric))
        """
    case .profile(let profile): return profile.query(for: metric)
    }
  }

  /// What a reader of the statement calls it.
  var name: String { if case .profile = self { "profile" } else { "probe" } }
}

/// A ``Probe`` whose encoder the compiler knows.
public struct LabelledProbe<Encoder: EncoderLabel>: Sendable, Hashable {
  let probe: Probe

  /// A vector that the encoder made.
  public static func vector(_ vector: EncodedVector<Encoder>) -> LabelledProbe {
    LabelledProbe(probe: .vector(vector.vector))
  }

  /// The vector of a row, by its key.
  public static func row(
    _ key: some SQLEncodable,
    of embedding: Embedding<Encoder>
  ) -> LabelledProbe {
    LabelledProbe(probe: .row(SQLBind(key), of: embedding.column))
  }

  /// The mean of the vectors of rows, by their keys.
  public static func mean<Key: SQLEncodable>(
    of keys: [Key],
    _ embedding: Embedding<Encoder>
  ) -> LabelledProbe {
    LabelledProbe(probe: .mean(of: SQLBind(keys), embedding.column))
  }

  /// The mean of the vectors of what a subject used.
  public static func profile(
    of subject: some SQLEncodable,
    _ interactions: Interactions,
    over items: Embedding<Encoder>,
    weight: ProfileWeight = .equal
  ) -> LabelledProbe {
    LabelledProbe(
      probe: .profile(
        Profile(
          of: SQLBind(subject),
          interactions: interactions,
          items: items.column,
          weight: weight
        )
      )
    )
  }
}
