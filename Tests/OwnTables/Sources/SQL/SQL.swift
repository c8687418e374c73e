/// The statements that this shop wrote by hand before it had a builder, kept to compare with.
public enum SQL {
  /// The cheapest of the items that mean about the same as one.
  public static let cheapAlternatives = """
    SELECT id, "Name"
    FROM shop."Product Items"
    WHERE meaning IS NOT NULL AND price < 40 AND id <> '00000000-0000-4000-8000-000000000001'
    ORDER BY meaning <=> (
      SELECT meaning FROM shop."Product Items" WHERE id = '00000000-0000-4000-8000-000000000001'
    ), id
    LIMIT 4
    """

  /// What a customer might buy next, by the mean of what they bought.
  public static let recommendations = """
    SELECT id, "Name"
    FROM shop."Product Items"
    WHERE meaning IS NOT NULL
      AND id NOT IN (SELECT item_id FROM shop.order_line WHERE customer_id = 1)
    ORDER BY meaning <=> (
      SELECT avg(meaning) FROM shop."Product Items"
      WHERE id IN (SELECT item_id FROM shop.order_line WHERE customer_id = 1)
    ), id
    LIMIT 4
    """

  /// How many of each season the customers bought.
  public static let seasons = """
    SELECT season, sum(quantity)
    FROM shop.order_line JOIN shop."Product Items" ON item_id = id
    WHERE season IS NOT NULL
    GROUP BY season ORDER BY season
    """
}
