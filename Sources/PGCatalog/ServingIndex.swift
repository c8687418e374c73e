public import VectorSQL

/// A valid approximate index on all rows of a vector column, as far as the choice of a search's SQL needs it.
///
/// It is read with every search. So it takes one more sub-select of the query that finds the columns, and none of
/// the functions that write definitions out: these wait for whoever has locked the table.
public struct ServingIndex: Sendable, Hashable {
  /// The access method.
  public enum Method: String, Sendable, CaseIterable { case hnsw, ivfflat }

  /// The access method.
  public let method: Method
  /// The operator class: `vector_cosine_ops`.
  public let operatorClass: String
  /// The number of lists of an IVFFlat index.
  public let lists: Int
  /// The copies that it holds in the place of the vectors, nil for the vectors themselves.
  public let copy: VectorCopy?
  /// The dimension of the copies.
  public let dimension: Int?

  /// The sub-select of the query that reads columns: an array of one text for each index, in terms of the column `a`
  /// and its table `c`.
  static let subselect: SQLFragment = """
    ARRAY(
      SELECT concat_ws(
               ' ',
               (
                 SELECT (SELECT m.amname FROM pg_catalog.pg_am AS m WHERE m.oid = o.opcmethod) || ' ' || o.opcname
                 FROM pg_catalog.pg_opclass AS o WHERE o.oid = x.indclass[0]
               ),
               (
                 SELECT coalesce(substring(array_to_string(i.reloptions, ' ') FROM 'lists=([0-9]+)'), '100')
                 FROM pg_catalog.pg_class AS i WHERE i.oid = x.indexrelid
               ),
               (
                 SELECT d.atttypmod FROM pg_catalog.pg_attribute AS d
                 WHERE d.attrelid = x.indexrelid AND d.attnum = 1
               ),
               (regexp_match(x.indexprs::text, ':funcid ([0-9]+)'))[1]::oid::regproc,
               (regexp_match(x.indexprs::text, ':funcid .*:funcid ([0-9]+)'))[1]::oid::regproc,
               nullif(regexp_count(x.indexprs::text, ':funcid '), 0)
             )
      FROM pg_catalog.pg_index AS x
      WHERE x.indrelid = c.oid AND x.indisvalid AND x.indpred IS NULL
        AND (
          x.indkey[0] = a.attnum
          OR x.indkey[0] = 0
            AND (regexp_match(x.indexprs::text, ':varattno (-?[0-9]+)'))[1] = a.attnum::text
        )
    )
    """

  /// Reads a text of the ``subselect``.
  ///
  /// - Returns: nil for an index of another access method, or on another expression than a copy of the vectors.
  init?(_ text: String) {
    let words = text.split(separator: " ").map(String.init)
    guard words.count >= 4, let method = Method(rawValue: words[0]) else { return nil }
    self.method = method
    operatorClass = words[1]
    lists = Int(words[2]) ?? 100
    // The outermost function that the expression calls, the innermost of several, and how many there are; names
    // that the search path does not find are qualified.
    let calls = words[4...].map { call in
      call.split(separator: ".").last.map { $0.filter { $0 != "\"" } } ?? call
    }
    switch calls {
    case []: (copy, dimension) = (nil, nil)
    case ["vector_to_halfvec", "1"]: (copy, dimension) = (.halfvec, Int(words[3]))
    case ["bit", "binary_quantize", "2"]: (copy, dimension) = (.binary, Int(words[3]))
    default: return nil
    }
  }
}
