import PGCatalog
import PQClient
import VectorSQL

/// How many of the rows that should have a vector have one.
struct EmbeddingCoverage {
  /// Rows that have one.
  let vectors: Int
  /// Rows that should have one and do not.
  let missing: Int
  /// Whether rows without a text are not among the missing; else nobody looked.
  let isByText: Bool

  /// The share that has one.
  var share: Double { vectors + missing == 0 ? 1 : Double(vectors) / Double(vectors + missing) }

  /// Counts them; a column that was never filled needs none.
  ///
  /// - Returns: The coverage, or why it is not known.
  static func read(
    _ registration: ColumnExamination.Registration,
    _ content: ColumnContent,
    _ catalog: CatalogReading,
    on db: inout PQConnection
  ) throws -> (coverage: EmbeddingCoverage?, failure: Diagnosis.Finding?) {
    guard content.vectors > 0 else { return (nil, nil) }
    let embedding = registration.embedding
    let source = catalog.states[embedding.source]
    let rows = embedding.hasSideTable ? source?.rows : content.rows
    let isLarge = content.isSample || (source?.rows ?? 0) > TableScan.mostRows
    // Rows without a text need no vector, but looking at all texts takes time.
    let isEnough =
      !embedding.hasSideTable
      && content.share(content.vectors) >= ColumnExamination.enoughCoverage
    if isEnough || isLarge {
      let vectors = content.allVectors
      return (
        rows.map {
          EmbeddingCoverage(vectors: vectors, missing: max(0, $0 - vectors), isByText: false)
        }, nil
      )
    }
    do {
      let counted = try db.transaction("BEGIN READ ONLY") { db in
        try EncoderCoverage.read(registration.encoder, of: [embedding], on: &db)
      }
      return (
        counted.first.map {
          EmbeddingCoverage(vectors: $0.vectors, missing: $0.missing, isByText: true)
        }, nil
      )
    } catch let error as PostgresError where error.isAboutWhatIsRead {
      return (nil, unknown(registration, error.message, catalog))
    } catch let error as ActionError {
      return (nil, unknown(registration, error.message, catalog))
    }
  }

  private static func unknown(
    _ registration: ColumnExamination.Registration,
    _ reason: String,
    _ catalog: CatalogReading
  ) -> Diagnosis.Finding {
    let column =
      catalog.naming.name(registration.embedding.vectors) + "."
      + SQLIdentifier.quoted(registration.embedding.vectorColumn)
    return Diagnosis.Finding(
      .hint,
      column,
      "how many rows still need a vector is not known: \(reason)",
      ["dbtool encoder show \(registration.encoder.name)"]
    )
  }
}
