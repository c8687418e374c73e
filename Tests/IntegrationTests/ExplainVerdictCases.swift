import Testing

extension KnownPainsTests.ExplainVerdictTests {
  struct Case: Sendable, CustomTestStringConvertible {
    let cause: String
    let sql: String
    /// What the sentence says.
    let words: String
    /// Whether there is a corrected statement that an index serves.
    var isCorrected = true
    /// What the corrected statement asks otherwise.
    var difference: String?
    /// What the remedy begins with, where the statement is not to blame.
    var remedy: String?
    var testDescription: String { "\(cause): \(sql)" }
  }

  static let probe = "(SELECT embedding FROM product WHERE id = 7)"

  static let cases = [
    Case(
      cause: "expression",
      sql:
        "SELECT id, 1 - (embedding <=> \(probe)) AS similarity FROM product ORDER BY similarity DESC LIMIT 5",
      words: "an expression around <=>, descending"
    ),
    Case(
      cause: "expression",
      sql: """
        SELECT s.id, s.similarity FROM (
          SELECT id, category AS distance, 1 - (embedding <=> \(probe)) AS similarity FROM product
        ) AS s WHERE s.similarity > 0.1 ORDER BY s.similarity DESC LIMIT 5
        """,
      words: "an expression around <=>, descending"
    ),
    Case(
      cause: "expression",
      sql: """
        WITH s AS (SELECT id, 1 - (embedding <=> \(probe)) AS similarity FROM product)
        SELECT * FROM s ORDER BY similarity DESC LIMIT 5
        """,
      words: "an expression around <=>, descending",
      difference: "with the column distance besides"
    ),
    Case(
      cause: "function",
      sql: """
        SELECT id FROM (SELECT id, cosine_distance(embedding, \(probe)) AS far FROM product) AS s ORDER BY far LIMIT 5
        """,
      words: "serves only the operator <=>"
    ),
    Case(
      cause: "expression",
      sql: "SELECT id FROM product p ORDER BY 1 + (\(probe) <=> p.embedding) LIMIT 5",
      words: "an expression around <=>"
    ),
    Case(
      cause: "expression",
      sql: "SELECT id FROM product ORDER BY 1 - (embedding <=> \(probe)) LIMIT 5",
      words: "the farthest rows before the nearest",
      isCorrected: false
    ),
    Case(
      cause: "expression",
      sql:
        "SELECT id FROM product ORDER BY 0.7 * (embedding <=> \(probe)) + 0.3 * category LIMIT 5",
      words: "an expression around <=>",
      isCorrected: false
    ),
    Case(
      cause: "function",
      sql: "SELECT id FROM product ORDER BY cosine_distance(embedding, \(probe)) DESC LIMIT 5",
      words: "serves only the operator <=>",
      isCorrected: false
    ),
    Case(
      cause: "join_probe",
      sql: """
        SELECT n.id FROM product n, product a WHERE a.id IN (7, 8) ORDER BY n.embedding <=> a.embedding LIMIT 5
        """,
      words: "comes from a join (a)",
      isCorrected: false
    ),
    Case(
      cause: "join_probe",
      sql: """
        SELECT n.id FROM product n JOIN product a ON a.id = 7 ORDER BY n.embedding <=> a.embedding LIMIT 5
        """,
      words: "comes from a join (a)"
    ),
    Case(
      cause: "no_index",
      sql: """
        (SELECT id FROM product ORDER BY embedding <=> \(probe) LIMIT 5)
        UNION ALL (SELECT id FROM bare ORDER BY e <=> \(probe) LIMIT 5)
        """,
      words: "serves one search in it, and another none",
      isCorrected: false,
      remedy: "CREATE INDEX CONCURRENTLY ON public.bare"
    ),
    Case(
      cause: "no_index",
      sql: """
        SELECT chunk FROM chunk_vector ORDER BY binary_quantize(v)::bit(32) <~> binary_quantize(\(probe)) LIMIT 5
        """,
      words: "only chunk_vector_cosine",
      isCorrected: false,
      remedy:
        "CREATE INDEX CONCURRENTLY ON public.chunk_vector USING hnsw (((binary_quantize(v))::bit(32)) bit_hamming_ops)"
    ),
    Case(
      cause: "wrong_operator",
      sql: "SELECT id FROM parted ORDER BY e <-> \(probe) LIMIT 5",
      words: "serves cosine (<=>), and the order is by l2",
      difference: "by cosine instead of l2",
      remedy: "CREATE INDEX"
    ),
    Case(
      cause: "descending",
      sql: "SELECT id FROM product ORDER BY embedding <=> \(probe) DESC LIMIT 5",
      words: "the farthest first",
      difference: "the nearest rows instead of the farthest"
    ),
    Case(
      cause: "function",
      sql: "SELECT id FROM product ORDER BY cosine_distance(embedding, \(probe)) LIMIT 5",
      words: "serves only the operator <=>"
    ),
    Case(
      cause: "function",
      sql: "SELECT id, cosine_distance(embedding, \(probe)) FROM product ORDER BY 2 LIMIT 5",
      words: "cosine_distance()"
    ),
    Case(
      cause: "not_first",
      sql: "SELECT id FROM product ORDER BY category, embedding <=> \(probe) LIMIT 5",
      words: "before the distance",
      difference: "the nearest rows of all"
    ),
    Case(
      cause: "not_first",
      sql: "SELECT id FROM product ORDER BY embedding <=> \(probe) NULLS FIRST LIMIT 5",
      words: "NULLS FIRST puts the rows without a vector before all distances",
      difference: "rows that have a vector alone"
    ),
    Case(
      cause: "derived_rows",
      sql:
        "SELECT id FROM product TABLESAMPLE SYSTEM (50) ORDER BY embedding <=> \(probe) LIMIT 5",
      words: "TABLESAMPLE takes its rows from the table itself",
      isCorrected: false
    ),
    Case(
      cause: "derived_rows",
      sql: "SELECT id FROM product GROUP BY id ORDER BY embedding <=> \(probe) LIMIT 5",
      words: "the rows are grouped before they are ordered",
      isCorrected: false
    ),
    Case(
      cause: "derived_rows",
      sql: """
        SELECT id, row_number() OVER (ORDER BY category) FROM product ORDER BY embedding <=> \(probe) LIMIT 5
        """,
      words: "numbered by a window function",
      isCorrected: false
    ),
    Case(
      cause: "wrong_operator",
      sql: "SELECT id FROM l2_only ORDER BY e <=> \(probe) LIMIT 5",
      words: "serves l2 (<->), and the order is by cosine (<=>)",
      difference: "by l2 instead of cosine",
      remedy: "CREATE INDEX CONCURRENTLY ON public.l2_only USING hnsw (e vector_cosine_ops);"
    ),
    Case(
      cause: "cast_missing",
      sql: "SELECT id FROM half_only ORDER BY e <=> \(probe) LIMIT 5",
      words: "both have to be the same expression"
    ),
    Case(
      cause: "cast_missing",
      sql:
        "SELECT id FROM bits_only ORDER BY binary_quantize(e) <~> binary_quantize(\(probe)) LIMIT 5",
      words: "index bits_only_index is on (binary_quantize(e)::bit(32)) for <~>",
      difference: "coarser"
    ),
    Case(
      cause: "cast_missing",
      sql: "SELECT id FROM unreachable ORDER BY e <=> \(probe) LIMIT 5",
      words: "subvector",
      difference: "coarser"
    ),
    Case(
      cause: "join_probe",
      sql: """
        SELECT n.id FROM product n, product a WHERE a.id = 7 AND n.id <> 7
        ORDER BY n.embedding <=> a.embedding LIMIT 5
        """,
      words: "comes from a join (a)"
    ),
    Case(
      cause: "join_probe",
      sql: """
        WITH profile AS (SELECT avg(embedding) AS v FROM product WHERE id < 20)
        SELECT n.id FROM product n CROSS JOIN profile cp ORDER BY n.embedding <=> cp.v LIMIT 5
        """,
      words: "comes from a join"
    ),
    Case(
      cause: "volatile_probe",
      sql: "SELECT id FROM product ORDER BY embedding <=> some_probe() LIMIT 5",
      words: "some_probe(), which is VOLATILE"
    ),
    Case(
      cause: "no_limit",
      sql: "SELECT id FROM product ORDER BY embedding <=> \(probe)",
      words: "all rows are asked for",
      difference: "ten rows instead of all"
    ),
    Case(
      cause: "no_order",
      sql: "SELECT id FROM product WHERE embedding <=> \(probe) < 0.1",
      words: "compared with a threshold",
      isCorrected: false
    ),
    Case(
      cause: "no_index",
      sql: "SELECT id FROM bare ORDER BY e <=> \(probe) LIMIT 5",
      words: "no approximate index on e",
      isCorrected: false,
      remedy: "CREATE INDEX CONCURRENTLY ON public.bare USING hnsw (e vector_cosine_ops);"
    ),
    Case(
      cause: "invalid_index",
      sql: "SELECT id FROM broken ORDER BY e <=> \(probe) LIMIT 5",
      words: "index broken_index is not valid",
      isCorrected: false,
      remedy: "REINDEX INDEX CONCURRENTLY public.broken_index;"
    ),
    Case(
      cause: "partial_index",
      sql: "SELECT id FROM partial ORDER BY e <=> \(probe) LIMIT 5",
      words: "holds only rows with id <= 10000, and the conditions of the statement do not imply",
      difference: "only rows with id <= 10000",
      remedy: "CREATE INDEX CONCURRENTLY ON public.partial USING hnsw (e vector_cosine_ops);"
    ),
    Case(
      cause: "partial_index",
      sql:
        "SELECT id FROM worded WHERE word IN ('b', 'c') OR id = 1 ORDER BY e <=> \(probe) LIMIT 5",
      words: "holds only rows with word = ANY (ARRAY['a'::text, 'b'::text])",
      difference: "only rows with word = ANY",
      remedy: "CREATE INDEX CONCURRENTLY ON public.worded"
    ),
    Case(
      cause: "partial_index",
      sql: "SELECT id FROM worded WHERE word = 'c' ORDER BY e <=> \(probe) LIMIT 5",
      words: "holds only rows with word = ANY (ARRAY['a'::text, 'b'::text])",
      isCorrected: false,
      remedy: "CREATE INDEX CONCURRENTLY ON public.worded"
    ),
    Case(
      cause: "selective_filter",
      sql:
        "SELECT id FROM product WHERE id BETWEEN 100 AND 140 ORDER BY embedding <=> \(probe) LIMIT 5",
      words: "comparing those is cheaper",
      isCorrected: false
    ),
    Case(
      cause: "small_table",
      sql: "SELECT id FROM small ORDER BY e <=> \(probe) LIMIT 5",
      words: "300 rows are so few",
      isCorrected: false
    ),
    Case(
      cause: "no_search",
      sql: "SELECT count(*) FROM product",
      words: "nothing in it is ordered by the distance",
      isCorrected: false
    ),
  ]
}
