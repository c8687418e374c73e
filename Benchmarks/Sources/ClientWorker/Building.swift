import VectorSQL

/// Builds and renders the main statement over and over: a profile, a filter, reasons, thresholds and settings.
enum Building {
  private enum Words: EncoderLabel { static let name = "words" }

  private static let products = Embedding<Words>(
    table: Table("product", schema: "shop"),
    key: "product_id",
    column: "embedding",
    dimension: 384
  )
  private static let bought = Interactions(
    Table("order_line", schema: "shop"),
    subject: "customer_id",
    item: "product_id"
  )

  static func run(_ count: Int) -> String {
    let price = TypedColumn<Double>(products.column.table, "price")
    let name = products.column.table.column("name")
    var bytes = 0
    for subject in 0..<count {
      let search = products.nearest(
        to: .profile(of: Int64(subject), bought, over: products),
        by: .cosine,
        limit: 5
      )
      .selecting(name)
      .where(price < 10)
      .excluding(.init(by: SQLBind(Int64(subject)), bought))
      .because(.init(label: name, count: 2))
      let statement = search.statement
      bytes += statement.text.utf8.count + statement.binds.count + statement.settings.count
    }
    return "built \(bytes / count)"
  }
}
