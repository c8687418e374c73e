import PGCatalog
import VectorSQL

/// What the indexes of the searched column serve.
extension Judgement {
  func indexes(_ searched: SearchedColumn) -> Finding? {
    if explained.settings?["enable_indexscan"] == "off" {
      return (
        .switchedOff, "enable_indexscan is off: every row is compared, as exact search asks", nil,
        []
      )
    }
    let name = SQLIdentifier(searched.column.name).sql
    let all = searched.table.indexes.filter { $0.column == searched.column.name }
    guard !all.isEmpty else {
      return (
        .noIndex, "no approximate index on \(name): every row is compared", nil,
        [create(searched)]
      )
    }
    let fitting = all.filter { serves($0, searched) }
    let valid = fitting.filter(\.isValid)
    if valid.isEmpty, let broken = fitting.first {
      return (
        .invalidIndex, "index \(broken.name) is not valid, as an interrupted build leaves it",
        broken,
        ["REINDEX INDEX CONCURRENTLY \(broken.identifier.sql);"]
      )
    }
    guard valid.isEmpty else { return partial(valid, searched) }
    return mismatch(all.filter(\.isValid), searched)
  }

  private func serves(_ index: TableIndex, _ searched: SearchedColumn) -> Bool {
    index.metricName == searched.distance.metric
      && SearchedColumn.bare(index) == searched.operand
  }

  private func partial(_ valid: [TableIndex], _ searched: SearchedColumn) -> Finding? {
    guard alternativeIndex == nil, valid.allSatisfy({ $0.predicate != nil }),
      let index = valid.first
    else { return nil }
    return (
      .partialIndex,
      "index \(index.name) holds only rows with \(index.predicate ?? ""), and the conditions of the statement do "
        + "not imply that",
      index, [create(searched)]
    )
  }

  private func mismatch(_ all: [TableIndex], _ searched: SearchedColumn) -> Finding? {
    let metric = searched.distance.metric
    if let other = all.first(where: { SearchedColumn.bare($0) == searched.operand }) {
      return (
        .wrongOperator,
        "index \(other.name) serves \(other.metricName) (\(other.sign)), and the order is by "
          + "\(metric) (\(searched.distance.sign))", other,
        [create(searched)]
      )
    }
    // `e`, `e::halfvec` and `binary_quantize(e)` are meant for an index on `e::halfvec(3)` or on bits.
    let meant =
      all.first {
        $0.metricName == metric && SearchedColumn.bare($0).starts(with: searched.operand)
      }
      ?? all.first {
        $0.metricName == metric && $0.expression != nil && searched.operand == [$0.column]
      }
    if let meant {
      return (
        .castMissing,
        "index \(meant.name) is on \(meant.expression ?? meant.column) for \(meant.sign), and the order is by "
          + "\(searched.operandText) \(searched.distance.sign): both have to be the same expression",
        meant, []
      )
    }
    let names = all.map(\.name).joined(separator: ", ")
    return (
      .noIndex,
      "no approximate index on \(searched.operandText) for \(searched.distance.sign), only \(names): every row "
        + "is compared", nil, [create(searched)]
    )
  }

  /// The index that would serve the order as it is.
  private func create(_ searched: SearchedColumn) -> String {
    let table = SQLIdentifier(schema: searched.table.schema, searched.table.name).sql
    let column = SQLIdentifier(searched.column.name).sql
    let storage = searched.column.type
    let metric = searched.distance.metric
    let start = "CREATE INDEX CONCURRENTLY ON \(table) USING hnsw"
    guard searched.operand == [searched.column.name] else {
      let types = searched.operand.indices.filter { searched.operand[$0] == "::" }
      let type = types.last.map { searched.operand[$0 + 1] } ?? storage
      let expression = searched.operandText.replacing(
        SQLIdentifier(searched.alias).sql + ".",
        with: ""
      )
      return "\(start) ((\(expression)) \(type)_\(metric)_ops);"
    }
    guard let dimension = searched.column.dimension else {
      return "ALTER TABLE \(table) ALTER COLUMN \(column) TYPE \(storage)(N);"
    }
    guard dimension > searched.column.maximumIndexedDimension else {
      return "\(start) (\(column) \(storage)_\(metric)_ops);"
    }
    return dimension <= VectorStorage.halfvec.maximumIndexedDimension
      ? "\(start) ((\(column)::halfvec(\(dimension))) halfvec_\(metric)_ops);"
      : "\(start) ((binary_quantize(\(column))::bit(\(dimension))) bit_hamming_ops);"
  }
}
