/// Rows whose label is or holds a text, the closest kind of match first; no vectors are involved.
public struct LabelSearch: Sendable {
  /// How a label matches, the closest first.
  public enum Match: String, Sendable, Hashable, CaseIterable {
    /// The same text, in whatever case.
    case exact
    /// It begins with the text.
    case prefix
    /// It holds the text.
    case substring
    /// It holds the text's words, by the stems of a language.
    case fullText = "full text"
    /// It is spelled alike (pg_trgm): three tenths of the trigrams are the same.
    case trigram
  }

  private let text: String
  private let key: Column
  private let label: Column
  private let filter: SQLPredicate?
  private let hasTrigrams: Bool
  private let configuration: String
  private let limit: Int

  /// A search for a text in the labels of rows.
  ///
  /// - Parameters:
  ///   - text: The text.
  ///   - label: The column of the labels.
  ///   - key: The rows' key.
  ///   - filter: Which rows may be found.
  ///   - hasTrigrams: Whether the server has pg_trgm's `similarity`.
  ///   - configuration: The text search configuration.
  ///   - limit: The rows to find at most.
  public init(
    _ text: String,
    in label: Column,
    key: Column,
    where filter: SQLPredicate? = nil,
    hasTrigrams: Bool,
    configuration: String = "english",
    limit: Int
  ) {
    self.text = text
    self.label = label
    self.key = key
    self.filter = filter
    self.hasTrigrams = hasTrigrams
    self.configuration = configuration
    self.limit = limit
  }

  /// The statement: key, label, and `match`, which is a ``Match``.
  public var statement: SQLStatement {
    let match = Table(freeName("match", avoiding: [key.table.name] + (filter?.sql.words ?? [])))
    let rank = match.column("rank").sql
    let cases = kinds.enumerated().map { place, kind -> SQLFragment in
      "WHEN \(condition(kind)) THEN \(literal: place + 1)"
    }
    let names = kinds.map { "\(literal: $0.rawValue)" as SQLFragment }.joined(separator: ", ")
    let closeness: SQLFragment =
      hasTrigrams ? "similarity(\(label.sql), \(text)) DESC" : "length(\(label.sql))"
    let conditions = ["\(rank) IS NOT NULL"] + (filter?.operands ?? [])
    return SQLStatement(
      """
      SELECT \(key.sql), \(label.sql),
             (ARRAY[\(names)])[\(rank)] AS match
      FROM \(key.table.source)
      CROSS JOIN LATERAL (
        SELECT CASE
                 \(cases.joined(separator: "\n"))
               END AS rank
      ) AS \(match.source)
      WHERE \(conditions.joined(separator: "\n  AND "))
      ORDER BY \(rank), \(closeness), \(key.sql)
      LIMIT \(literal: limit)
      """
    )
  }

  private var kinds: [Match] { Match.allCases.filter { $0 != .trigram || hasTrigrams } }

  private func condition(_ match: Match) -> SQLFragment {
    let (left, right): (SQLFragment, SQLFragment) = ("lower(\(label.sql))", "lower(\(text))")
    return switch match {
    case .exact: "\(left) = \(right)"
    case .prefix: "starts_with(\(left), \(right))"
    case .substring: "strpos(\(left), \(right)) > 0"
    case .fullText:
      "to_tsvector(\(literal: configuration), \(label.sql)) @@ websearch_to_tsquery(\(literal: configuration), \(text))"
    case .trigram: "similarity(\(label.sql), \(text)) >= 0.3"
    }
  }
}
