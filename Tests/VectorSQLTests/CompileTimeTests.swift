import TestSupport
import Testing

/// What cannot be written: each snippet that must not compile stands beside the one that does.
@Suite("The compiler")
struct CompileTimeTests {
  private static let shop = """
    import VectorSQL

    enum MiniLM: EncoderLabel {
      typealias Size = UpTo2000
      static let name = "minilm"
    }
    enum E5Large: EncoderLabel {
      typealias Size = UpTo2000
      static let name = "e5_large"
    }
    enum Large: EncoderLabel {
      typealias Size = UpTo4000
      static let name = "text-embedding-3-large"
    }
    enum Huge: EncoderLabel { static let name = "huge" }
    enum Product: TableSchema {
      static let table = Table("product")
      static let id = TypedColumn<Int64>(table, "id")
      static let price = TypedColumn<Double?>(table, "price")
      static let minilm = Embedding<MiniLM>(table: table, key: "id", column: "a", dimension: 384)
      static let e5 = Embedding<E5Large>(table: table, key: "id", column: "b", dimension: 384)
      static let large = Embedding<Large>(table: table, key: "id", column: "c", dimension: 3072)
      static let huge = Embedding<Huge>(table: table, key: "id", column: "d", dimension: 5000)
    }
    let bought = Interactions(Table("order_line"), subject: "customer_id", item: "product_id")
    func vector<E: EncoderLabel>(_: E.Type) throws -> EncodedVector<E> { EncodedVector(try PGVector([1])) }

    """

  /// A rule: the snippet that keeps it, the one that breaks it, and what the compiler says about that.
  struct Rule: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let kept: String
    let broken: String
    let says: String

    init(_ name: String, kept: String, broken: String, says: String) {
      testDescription = name
      (self.kept, self.broken, self.says) = (kept, broken, says)
    }
  }

  static let rules = [
    Rule(
      "a row of another encoder",
      kept: "_ = Product.minilm.nearest(to: .row(7, of: Product.minilm), by: .cosine, limit: 5)",
      broken: "_ = Product.minilm.nearest(to: .row(7, of: Product.e5), by: .cosine, limit: 5)",
      says: "cannot convert value of type 'Embedding<E5Large>'"
    ),
    Rule(
      "a vector of another encoder",
      kept:
        "_ = Product.minilm.nearest(to: .vector(try vector(MiniLM.self)), by: .cosine, limit: 5)",
      broken:
        "_ = Product.minilm.nearest(to: .vector(try vector(E5Large.self)), by: .cosine, limit: 5)",
      says: "cannot convert value of type 'EncodedVector<E5Large>'"
    ),
    Rule(
      "a profile of another encoder",
      kept:
        "_ = Product.minilm.nearest(to: .profile(of: 5, bought, over: Product.minilm), by: .l2, limit: 5)",
      broken:
        "_ = Product.minilm.nearest(to: .profile(of: 5, bought, over: Product.e5), by: .l2, limit: 5)",
      says: "cannot convert value of type 'Embedding<E5Large>'"
    ),
    Rule(
      "a vector without a label",
      kept:
        "_ = Product.minilm.nearest(to: .vector(EncodedVector(try PGVector([1]))), by: .l2, limit: 5)",
      broken: "_ = Product.minilm.nearest(to: .vector(try PGVector([1])), by: .l2, limit: 5)",
      says: "cannot convert value of type 'PGVector'"
    ),
    Rule(
      "a search without a limit",
      kept: "_ = Product.minilm.nearest(to: .row(7, of: Product.minilm), by: .cosine, limit: 5)",
      broken: "_ = Product.minilm.nearest(to: .row(7, of: Product.minilm), by: .cosine)",
      says: "missing argument for parameter 'limit'"
    ),
    Rule(
      "an order by similarity",
      kept: "_ = Select(Product.id).from(Product.self).order(by: Product.price.descending)",
      broken:
        "_ = Product.minilm.nearest(to: .row(7, of: Product.minilm), by: .cosine, limit: 5)"
        + ".order(by: Product.price.descending)",
      says: "has no member 'order'"
    ),
    Rule(
      "HNSW beyond 2,000 dimensions",
      kept: "_ = Product.minilm.hnsw(by: .cosine).create(\"i\")",
      broken: "_ = Product.large.hnsw(by: .cosine).create(\"i\")",
      says: "conform to 'VectorIndexable'"
    ),
    Rule(
      "HNSW on halfvec beyond 4,000 dimensions",
      kept: "_ = (Product.large.hnswOnHalfvec(by: .cosine), Product.huge.hnswOnBits())",
      broken: "_ = Product.huge.hnswOnHalfvec(by: .cosine)",
      says: "conform to 'HalfvecIndexable'"
    ),
    Rule(
      "a comparison with NULL",
      kept: "_ = Select(Product.id).from(Product.self).where(Product.price.isNull)",
      broken: "_ = Select(Product.id).from(Product.self).where(Product.price == nil)",
      says: "'nil'"
    ),
    Rule(
      "a value of another type",
      kept: "_ = Select(Product.id).from(Product.self).where(Product.price < 10)",
      broken: "_ = Select(Product.id).from(Product.self).where(Product.price < \"10\")",
      says: "error: "
    ),
  ]

  @Test(arguments: rules)
  func `refuses`(rule: Rule) async throws {
    let kept = try await SwiftCompiler.errors(inSource: Self.shop + rule.kept + "\n")
    #expect(kept.isEmpty)
    let broken = try await SwiftCompiler.errors(inSource: Self.shop + rule.broken + "\n")
    #expect(broken.contains { $0.contains(rule.says) }, "\(broken)")
  }
}
