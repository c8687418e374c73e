import VectorSQL

/// A distance as it stands in a text: two operands and what is between them.
struct DistanceExpression {
  /// pgvector's operator: `<=>`.
  let sign: String
  /// Whether a function stands for it, and which.
  let function: String?
  /// The schema that the operator or function is taken from, where it is named.
  let schema: String?
  /// All of it.
  let range: Range<Int>
  let left: Range<Int>
  let right: Range<Int>

  /// What each operator measures, as pgvector's operator classes name it.
  static let metrics = [
    "<=>": "cosine", "<->": "l2", "<#>": "ip", "<+>": "l1", "<~>": "hamming", "<%>": "jaccard",
  ]

  /// The functions that the operators stand for; no index serves them.
  static let functions = [
    "cosine_distance": "<=>", "l2_distance": "<->", "inner_product": "<#>",
    "vector_negative_inner_product": "<#>", "negative_inner_product": "<#>", "l1_distance": "<+>",
    "hamming_distance": "<~>", "jaccard_distance": "<%>",
  ]

  var metric: String { Self.metrics[sign] ?? sign }

  /// An operator from the same schema.
  func spelled(_ sign: String) -> String { schema.map { "OPERATOR(\($0).\(sign))" } ?? sign }

  /// The first distance in a range of a text.
  init?(in text: SQLPieces, _ range: Range<Int>) {
    for index in range {
      guard let piece = text[index] else { return nil }
      if Self.metrics[piece.text] != nil {
        var (start, end) = (index, index + 1)
        var schema: String?
        // OPERATOR(schema.<=>), as the server writes what is not on its search_path.
        if text[index - 1]?.text == ".", let open = text.opening(index + 1) {
          (start, end) = (open - 1, index + 2)
          schema = text.source(open + 1..<index - 1)
        }
        guard let left = text.operand(endingBefore: start),
          let right = text.operand(startingAt: end)
        else { continue }
        self.init(piece.text, nil, schema, left.lowerBound..<right.upperBound, left, right)
        return
      }
      if let sign = Self.functions[piece.text], text[index + 1]?.text == "(",
        let close = text.closing(index + 1)
      {
        let arguments = text.list(index + 2..<close)
        guard arguments.count == 2 else { continue }
        var start = index
        while text[start - 1]?.text == ".", text[start - 2]?.isName == true { start -= 2 }
        let schema = start < index ? text.source(start..<index - 1) : nil
        self.init(sign, piece.text, schema, start..<close + 1, arguments[0], arguments[1])
        return
      }
    }
    return nil
  }

  private init(
    _ sign: String,
    _ function: String?,
    _ schema: String?,
    _ range: Range<Int>,
    _ left: Range<Int>,
    _ right: Range<Int>
  ) {
    self.sign = sign
    self.function = function
    self.schema = schema
    self.range = range
    self.left = left
    self.right = right
  }
}
