/// What of a profile pulled a row in: each item's share of the similarity.
///
/// The cosine of profile and row is the sum of the items' inner products with the row, each times its
/// weight, divided by lengths that are the same for all: so the shares are each item's product divided by
/// their sum. They add up to 1; an item that points away from the row has a negative one.
public struct ProfileShares: Sendable {
  private let profile: Profile
  private let isRated: Bool
  private let row: SQLBind
  private let searched: EmbeddingColumn
  private let label: Column?
  private let words: Words?
  private let limit: Int

  /// The columns whose words are compared.
  public struct Words: Sendable, Hashable {
    let items: [Column]
    let row: [Column]
    let configuration: String

    /// Words of the items and of the row, by a text search configuration.
    public init(ofItems items: [Column], ofRow row: [Column], configuration: String = "english") {
      self.items = items
      self.row = row
      self.configuration = configuration
    }

    fileprivate static let most = 8

    fileprivate func vector(_ columns: [Column]) -> SQLFragment {
      let texts = columns.map { "coalesce(\($0.sql)::text, '')" as SQLFragment }
      return "to_tsvector(\(literal: configuration), \(texts.joined(separator: " || ' ' || ")))"
    }
  }

  /// The shares of a profile's items in the similarity to a row.
  ///
  /// - Parameters:
  ///   - profile: The profile; its items count equally.
  ///   - isRated: Whether the relation's weight is a rating, of which the mean is told and not the sum.
  ///   - row: The row's key.
  ///   - searched: The row's vectors, of the same encoder.
  ///   - label: What a person knows an item by.
  ///   - words: Whose words are compared, if anybody's.
  ///   - limit: The items to show at most.
  /// - Throws: ``EncoderMismatch`` where the vectors mean different things.
  public init(
    of profile: Profile,
    isRated: Bool = false,
    to row: SQLBind,
    in searched: EmbeddingColumn,
    label: Column?,
    words: Words? = nil,
    limit: Int
  ) throws(EncoderMismatch) {
    guard searched.encoder == profile.items.encoder else {
      throw EncoderMismatch(searched: searched, probe: profile.items)
    }
    self.profile = profile
    self.isRated = isRated
    self.row = row
    self.searched = searched
    self.label = label
    self.words = words
    self.limit = limit
  }

  /// The statement: key, label, `used` (how often, the sum of the weights, or the mean rating), `distance`, `share` and, where
  /// they are compared, `words` (lexemes that item and row have in common); the largest share first.
  public var statement: SQLStatement {
    let (items, interactions) = (profile.items, profile.interactions)
    let taken = [items.table.name, items.row.table.name, interactions.table.name]
    let target = freeName("target", avoiding: taken)
    let share = freeName("share", avoiding: [items.row, label].compactMap { $0?.name })
    let vector: SQLFragment = "(SELECT embedding FROM \(ident: target))"
    let title: SQLFragment = label.map { ", \($0.sql)" } ?? ""
    let amount: SQLFragment =
      interactions.weight.map { weight in
        "\(unsafeRaw: isRated ? "avg" : "sum")(\(weight.sql))::double precision"
      } ?? "count(*)::double precision"
    let rowWords: SQLFragment = words.map { ",\n       \($0.vector($0.row)) AS words" } ?? ""
    let rowTable: SQLFragment = words == nil ? "" : searched.joinOfRows
    return SQLStatement(
      """
      WITH \(ident: target) AS MATERIALIZED (
        SELECT \(searched.vector.sql) AS embedding\(rowWords)
        FROM \(searched.table.source)\(rowTable)
        WHERE \(searched.key.sql) = \(SQLFragment(bind: row))
      )
      SELECT \(items.row.sql)\(title),
             (
               SELECT \(amount)
               FROM \(interactions.table.source)
               WHERE \(interactions.subject.sql) = \(SQLFragment(bind: profile.subject))
                 AND \(interactions.item.sql) = \(items.key.sql)
             ) AS used,
             \(items.vector.sql) <=> \(vector) AS distance,
             (\(items.vector.sql) <#> \(vector))
               / nullif(sum(\(items.vector.sql) <#> \(vector)) OVER (), 0) AS \(ident: share)\(shared(target))
      FROM \(items.table.source)\(items.joinOfRows)
      WHERE \(profile.condition)
        AND \(vector) IS NOT NULL
      ORDER BY \(ident: share) DESC, \(items.row.sql)
      LIMIT \(literal: limit)
      """
    )
  }

  private func shared(_ target: String) -> SQLFragment {
    guard let words else { return "" }
    return """
      ,
             ARRAY(
               SELECT unnest(tsvector_to_array(\(words.vector(words.items))))
               INTERSECT
               SELECT unnest(tsvector_to_array((SELECT words FROM \(ident: target))))
               ORDER BY 1
               LIMIT \(literal: Words.most)
             ) AS words
      """
  }
}
