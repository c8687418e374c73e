import TestSupport
import VectorSQL

/// Statements of every kind that the builder makes, over the tables of a world.
struct FuzzCases {
  enum Kind: CaseIterable {
    case select, neighbors, twoStage, hybrid, everySubject, shares, topItems, labels, counts
  }

  let world: FuzzWorld
  var values: FuzzValues

  mutating func statement(_ kind: Kind) throws -> SQLStatement {
    switch kind {
    case .select: select()
    case .neighbors: try search().statement
    case .twoStage:
      try search().firstStage(.init(values.pick([.binary, .halfvec]), candidates: values.limit()))
        .statement
    case .hybrid: try hybrid()
    case .everySubject:
      try search(probe: .profile(profile())).statementForEverySubject ?? search().statement
    case .shares: try shares()
    case .topItems: topItems()
    case .labels: labels()
    case .counts: try counts()
    }
  }

  /// An index on one of the world's columns, within the ranges that pgvector has.
  mutating func index(concurrently: Bool) -> SQLStatement {
    let metric = values.pick(DistanceMetric.allCases)
    let m = values.count(2...20)
    let index =
      switch values.count(0...3) {
      case 0: world.embedding.hnsw(by: metric, m: m)
      case 1: world.embedding.hnswOnHalfvec(by: metric, m: m)
      case 2: world.sideEmbedding.hnsw(by: metric, m: m)
      default: world.embedding.hnswOnBits(m: m)
      }
    return index.create(newName(), concurrently: concurrently)
  }

  /// A name that none of the tables has.
  mutating func newName() -> String {
    let tables = [world.items, world.notes, world.side, world.events].map { Array($0.name.utf8) }
    while true {
      let name = values.name()
      if !tables.contains(Array(name.utf8)) { return name }
    }
  }

  // MARK: Nearest neighbours

  private mutating func search(probe given: Probe? = nil) throws -> NearestNeighbors {
    let isSide = values.chance(3)
    let column = isSide ? world.sideEmbedding.column : world.embedding.column
    let probe = try given ?? self.probe(of: column)
    var search = try NearestNeighbors(
      column,
      to: probe,
      by: values.pick(DistanceMetric.allCases),
      limit: values.limit()
    )
    .mode(values.chance(2) ? .exact : .approximate(efSearchFloor: values.int()))
    if values.chance(2) {
      search = search.selecting(
        isSide
          ? [world.notes.column(world.noteLabel)]
          : [world.items.column(world.label), world.items.column(world.tags)]
      )
    }
    if values.chance(3) { search = search.where(condition(isSide: isSide)) }
    if values.chance(4) {
      search = search.excluding(.init(by: SQLBind(values.text()), world.interactions))
    }
    if values.chance(4) { search = search.within(values.double()) }
    if values.chance(4) { search = search.breakingTiesAfterLimit() }
    if values.chance(4) {
      search = search.diverse(.init(strength: values.double(), candidates: values.limit()))
    }
    if case .profile = probe, values.chance(2) {
      search = search.because(
        .init(label: world.items.column(world.label), count: values.limit())
      )
    }
    return search
  }

  private mutating func probe(of column: EmbeddingColumn) throws -> Probe {
    switch values.count(0...4) {
    case 0: .vector(try values.vector())
    case 1:
      .expression("(SELECT NULL::vector WHERE \(values.text()) <> \(literal: values.text()))")
    case 2: .row(SQLBind(values.int()), of: column)
    case 3: .mean(of: SQLBind([values.int(), values.int()]), column)
    default: .profile(profile())
    }
  }

  private mutating func profile() -> Profile {
    Profile(
      of: SQLBind(values.text()),
      interactions: world.interactions,
      items: world.embedding.column,
      weight: values.pick([.equal, .count, .rating, .recency(halfLifeDays: values.int())])
    )
  }

  private mutating func hybrid() throws -> SQLStatement {
    let search = try search()
    let label =
      search.searched.hasSideTable
      ? world.notes.column(world.noteLabel) : world.items.column(world.label)
    return HybridSearch(
      search,
      text: values.text(),
      in: [label, search.searched.row],
      configuration: world.configurationName,
      candidates: values.limit()
    ).statement
  }

  private mutating func counts() throws -> SQLStatement {
    let metric = values.pick(DistanceMetric.allCases)
    return switch values.count(0...3) {
    case 0: SQLStatement(profile().counts)
    case 1: SQLStatement(profile().isEmpty(by: metric))
    case 2: SQLStatement(topRanking().newest)
    default: SQLStatement(try search().countOfMatchingRows)
    }
  }

  // MARK: The others

  private mutating func shares() throws -> SQLStatement {
    let label = world.items.column(world.label)
    return try ProfileShares(
      of: profile(),
      to: SQLBind(values.int()),
      in: world.embedding.column,
      label: values.chance(3) ? nil : label,
      words: values.chance(2)
        ? nil
        : .init(ofItems: [label], ofRow: [label], configuration: world.configurationName),
      limit: values.limit()
    ).statement
  }

  private mutating func topRanking() -> TopItems {
    TopItems(
      world.interactions,
      of: world.items.column(world.key),
      by: values.pick(TopItems.Measure.allCases),
      selecting: values.chance(2) ? [] : [world.items.column(world.label)],
      where: values.chance(2) ? nil : condition(isSide: false),
      sinceDays: values.chance(2) ? nil : values.int(),
      limit: values.limit()
    )
  }

  private mutating func topItems() -> SQLStatement { topRanking().statement }

  private mutating func labels() -> SQLStatement {
    LabelSearch(
      values.text(),
      in: world.items.column(world.label),
      key: world.items.column(world.key),
      where: values.chance(2) ? nil : condition(isSide: false),
      hasTrigrams: false,
      configuration: world.configurationName,
      limit: values.limit()
    ).statement
  }

  // MARK: Select

  private mutating func select() -> SQLStatement {
    let other = world.items.named(newName())
    let (key, otherKey) = (
      TypedColumn<Int64>(world.items, world.key), TypedColumn<Int64>(other, world.key)
    )
    let item = TypedColumn<Int64?>(world.events, world.item)
    let price = TypedColumn<Double?>(world.items, world.price)
    let label = TypedColumn<String?>(other, world.label)
    guard values.chance(2) else {
      var select = Select(
        key,
        price,
        label.optional,
        SQLExpression<String>("\(values.text())::text")
      )
      .from(world.items)
      .leftJoin(other, on: otherKey != key && label < values.text())
      .where(condition(isSide: false))
      .order(by: key.ascending, label.descending)
      .limit(values.limit())
      if values.chance(2) { select = select.offset(values.limit()) }
      return select.statement
    }
    return Select(
      key,
      rowCount(),
      item.count,
      item.distinctCount,
      price.minimum,
      label.maximum,
      price.average,
      TypedColumn<PGNumeric?>(world.items, world.amount).sum
    )
    .from(world.items)
    .join(world.events, on: item == key)
    .leftJoin(other, on: otherKey == key || label == values.text())
    .where(condition(isSide: false))
    .group(by: key, price)
    .having(price.maximum > values.double() || !(rowCount() == Int64(values.int())))
    .order(by: rowCount().descending, key.ascending)
    .statement
  }

  /// A condition on the items, or on the notes.
  private mutating func condition(isSide: Bool) -> SQLPredicate {
    if values.chance(4) { return condition(isSide: isSide) && condition(isSide: isSide) }
    if values.chance(4) { return condition(isSide: isSide) || condition(isSide: isSide) }
    if values.chance(8) { return !condition(isSide: isSide) }
    let table = isSide ? world.notes : world.items
    let label = TypedColumn<String?>(table, isSide ? world.noteLabel : world.label)
    let price = TypedColumn<Double?>(table, isSide ? world.notePrice : world.price)
    let key = TypedColumn<Int64>(table, isSide ? world.noteKey : world.key)
    let item = TypedColumn<Int64?>(world.events, world.item)
    let subject = TypedColumn<String?>(world.events, world.subject)
    switch values.count(0...9) {
    case 0: return price <= values.double()
    case 1: return label == values.text()
    case 2: return label.like(values.text())
    case 3: return label.isOne(of: [values.text(), values.text()])
    case 4: return key >= Int64(values.int())
    case 5: return label.isNull
    case 6:
      return SQLPredicate(
        "\(label.sql) = \(literal: values.text()) OR \(label.sql) = \(values.text())"
      )
    case 7 where !isSide:
      return TypedColumn<[String]?>(table, world.tags).has(values.text())
    case 8 where !isSide:
      return TypedColumn<PGNumeric?>(table, world.amount) > values.numeric()
        && TypedColumn<PGTimestamp?>(table, world.made) < values.timestamp()
    default:
      return Select(SQLExpression<Int64>("1")).from(world.events)
        .where(item == key && subject != values.text()).exists
    }
  }
}
