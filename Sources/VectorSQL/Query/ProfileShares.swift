/// What of a profile pulled a row in: each item's share of the similarity.
///
/// The cosine of profile and row is the sum of the items' inner products with the row, each times its
/// weight, divided by lengths that are the same for all: so the shares are each item's product divided by
/// their sum. They add up to 1; an item that points away from the row has a negative one.
public struct ProfileShares: Sendable {
  private let profile: Profile
  private let row: SQLBind
  private let searched: EmbeddingColumn
  private let label: Column?
  private let limit: Int

  /// The shares of a profile's items in the similarity to a row.
  ///
  /// - Parameters:
  ///   - profile: The profile; its items count equally.
  ///   - row: The row's key.
  ///   - searched: The row's vectors, of the same encoder.
  ///   - label: What a person knows an item by.
  ///   - limit: The items to show at most.
  /// - Throws: ``EncoderMismatch`` where the vectors mean different things.
  public init(
    of profile: Profile,
    to row: SQLBind,
    in searched: EmbeddingColumn,
    label: Column?,
    limit: Int
  ) throws(EncoderMismatch) {
    guard searched.encoder == profile.items.encoder else {
      throw EncoderMismatch(searched: searched, probe: profile.items)
    }
    self.profile = profile
    self.row = row
    self.searched = searched
    self.label = label
    self.limit = limit
  }

  /// The statement: key, label, `used` (how often, or the sum of the weights), `distance`, `share`; the
  /// largest share first.
  public var statement: SQLStatement {
    let (items, interactions) = (profile.items, profile.interactions)
    let taken: Set = [items.table.name, items.row.table.name, interactions.table.name]
    let target = freeName("target", avoiding: taken)
    let vector: SQLFragment = "(SELECT embedding FROM \(ident: target))"
    let title: SQLFragment = label.map { ", \($0.sql)" } ?? ""
    let amount: SQLFragment =
      interactions.weight.map { "sum(\($0.sql))::double precision" } ?? "count(*)::double precision"
    return SQLStatement(
      """
      WITH \(ident: target) AS MATERIALIZED (
        SELECT \(searched.vector.sql) AS embedding
        FROM \(searched.table.source)
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
               / nullif(sum(\(items.vector.sql) <#> \(vector)) OVER (), 0) AS share
      FROM \(items.table.source)\(items.joinOfRows)
      WHERE \(profile.condition)
        AND \(vector) IS NOT NULL
      ORDER BY share DESC, \(items.row.sql)
      LIMIT \(literal: limit)
      """
    )
  }
}
