import PGCatalog
import VectorSQL

/// What the registry makes of a column.
extension ColumnExamination {
  /// The least share of rows with a vector that is not worth a word.
  static let enoughCoverage = 0.95

  var registrationFindings: [Finding] {
    guard let registration else { return knowsRegistry ? [unregistered].compactMap(\.self) : [] }
    return [wrongDimension(registration), lowCoverage].compactMap(\.self)
  }

  private func wrongDimension(_ registration: Registration) -> Finding? {
    let encoder = registration.encoder
    let declared = column.dimension.map { [$0] }
    // Mixed ones are a finding already.
    guard let found = declared ?? content?.dimensions, found.count == 1,
      found != [encoder.dimension]
    else { return nil }
    return finding(
      .problem,
      "has vectors of \(found[0]) elements, and encoder \(encoder.name) makes \(encoder.dimension): no search "
        + "of it can work",
      "dbtool encoder remove \(encoder.name) --table \(Naming.shell(registration.embedding.shownTable))",
      adopt
    )
  }

  private var lowCoverage: Finding? {
    guard let coverage, coverage.share < Self.enoughCoverage else { return nil }
    let rows = coverage.isByText ? "the rows that have a text" : "the rows"
    return finding(
      .problem,
      "\(Figures.percent(coverage.share)) of \(rows) have a vector; no search finds the other "
        + Figures.grouped(coverage.missing),
      embed
    )
  }

  private var adopt: String {
    "dbtool encoder adopt \(Naming.shell(name)) --as NAME --from SOURCE --template '{COLUMN}'"
  }

  private var unregistered: Finding? {
    guard isTable else { return nil }
    let nulls = content.map { $0.vectors > 0 ? $0.share($0.nulls) : 0 } ?? 0
    let missing =
      nulls > 1 - Self.enoughCoverage
      ? "; \(Figures.percent(nulls)) of its rows have no vector, and no search finds them" : ""
    return finding(
      .hint,
      "is in no registry: dbtool search and dbtool embed do not know what made its vectors\(missing)",
      adopt
    )
  }
}
