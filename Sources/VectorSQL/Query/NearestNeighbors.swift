/// The k rows nearest to a probe: a statement that an index can serve by construction.
///
/// The distance operator ascending, a LIMIT as a literal, the probe as a scalar sub-select, the primary
/// key as tie-break. There is no way to order by similarity, and none to leave out the LIMIT.
///
/// ```swift
/// Product.embeddingMinilm
///   .nearest(to: .row(7, of: Product.embeddingMinilm), by: .cosine, limit: 5)
///   .selecting(Product.name.column)
///   .where(Product.price < 10)
///   .statement
/// ```
///
/// ```sql
/// WITH probe AS MATERIALIZED (
///   SELECT product.embedding_minilm AS embedding
///   FROM product
///   WHERE product.id = $1
///     AND vector_norm(product.embedding_minilm) > 0
/// )
/// SELECT product.id, product.name,
///        product.embedding_minilm <=> (SELECT embedding FROM probe) AS distance
/// FROM product
/// WHERE product.embedding_minilm IS NOT NULL
///   AND (SELECT embedding FROM probe) IS NOT NULL
///   AND product.id <> $1
///   AND product.price < $2
/// ORDER BY product.embedding_minilm <=> (SELECT embedding FROM probe),
///          product.id
/// LIMIT 5
/// ```
public struct NearestNeighbors: Sendable {
  /// The vectors that are searched.
  public private(set) var searched: EmbeddingColumn
  /// What they are near to.
  public private(set) var probe: Probe
  /// The distance.
  public let metric: DistanceMetric
  /// The rows to find at most.
  public let limit: Int
  /// The columns to show besides the key, of the rows' table.
  public private(set) var columns: [Column] = []
  /// Which rows may be found.
  public private(set) var filter: SQLPredicate?
  /// Whose items are not to be found.
  public private(set) var seen: Seen?
  /// The largest distance that counts as near.
  public private(set) var threshold: Double?
  /// The coarse search that finds candidates for the exact one.
  public private(set) var firstStage: FirstStage?
  /// How much the rows have to differ from each other.
  public private(set) var diversity: Diversity?
  /// What is told about each row.
  public private(set) var reasons: Reasons?
  /// Whether an index may answer.
  public private(set) var mode: SearchMode = .approximate(efSearchFloor: 40)
  private var hasLateTieBreak = false

  /// A search whose encoder is only known at run time.
  ///
  /// - Parameters:
  ///   - searched: The vectors.
  ///   - probe: What they are near to.
  ///   - metric: The distance.
  ///   - limit: The rows to find at most.
  /// - Throws: ``EncoderMismatch`` where the probe's vectors were made by another encoder.
  public init(
    _ searched: EmbeddingColumn,
    to probe: Probe,
    by metric: DistanceMetric,
    limit: Int
  ) throws(EncoderMismatch) {
    if let items = probe.items {
      guard searched.encoder == items.encoder,
        searched.dimension == items.dimension || searched.dimension == nil || items.dimension == nil
      else { throw EncoderMismatch(searched: searched, probe: items) }
    }
    self.init(unchecked: searched, to: probe, by: metric, limit: limit)
  }

  init(unchecked searched: EmbeddingColumn, to probe: Probe, by metric: DistanceMetric, limit: Int)
  {
    self.searched = searched
    self.probe = probe
    self.metric = metric
    self.limit = limit
  }

  // MARK: What else is asked

  /// Shows columns of the rows besides their key.
  public func selecting(_ columns: Column...) -> NearestNeighbors { selecting(columns) }

  /// Shows columns of the rows besides their key.
  public func selecting(_ columns: [Column]) -> NearestNeighbors { with { $0.columns += columns } }

  /// Finds only rows of which a condition holds; it may name the columns of their table.
  public func `where`(_ condition: SQLPredicate) -> NearestNeighbors {
    with { $0.filter = $0.filter.map { $0 && condition } ?? condition }
  }

  /// Leaves out what a subject used already.
  public func excluding(_ seen: Seen) -> NearestNeighbors { with { $0.seen = seen } }

  /// Leaves out rows that are farther away; of the ``limit`` nearest, so that an index can serve them.
  public func within(_ distance: Double) -> NearestNeighbors { with { $0.threshold = distance } }

  /// Finds candidates by a coarse copy of the vectors, and compares those exactly; nil for no such stage.
  public func firstStage(_ stage: FirstStage?) -> NearestNeighbors {
    with { $0.firstStage = stage }
  }

  /// Chooses rows that differ from each other, in the order of their choice.
  public func diverse(_ diversity: Diversity) -> NearestNeighbors {
    with { $0.diversity = diversity }
  }

  /// Tells for each row which items of the profile are nearest to it.
  public func because(_ reasons: Reasons) -> NearestNeighbors { with { $0.reasons = reasons } }

  /// Compares every row, or lets an index answer.
  public func mode(_ mode: SearchMode) -> NearestNeighbors { with { $0.mode = mode } }

  /// Orders rows at one distance after the LIMIT only.
  ///
  /// Before PostgreSQL 17 no index serves an order by a distance and a key. Which of several rows at the last
  /// distance is found is not determined then; an exact search keeps its order whole.
  public func breakingTiesAfterLimit() -> NearestNeighbors { with { $0.hasLateTieBreak = true } }

  /// Whether the scan itself orders rows at one distance.
  var scanBreaksTies: Bool { !hasLateTieBreak || mode == .exact }

  /// The same question from another probe, without what is shown and chosen among the rows found: for measuring how
  /// many of the nearest rows an index finds.
  ///
  /// - Parameters:
  ///   - probe: A probe of the same encoder; what the subject of a profile used is left out where that of the search's
  ///     own was.
  ///   - copy: The vectors to search in the place of its own, where they are in a copy of the table. A condition names
  ///     the columns of the table itself, and cannot be asked of a copy.
  /// - Returns: A search that shows keys and distances.
  public func measured(from probe: Probe, in copy: EmbeddingColumn? = nil) -> NearestNeighbors {
    with {
      $0.probe = probe
      if let copy { $0.searched = copy }
      if case .profile(let profile) = probe, let seen = $0.seen {
        $0.seen = Seen(by: profile.subject, seen.interactions)
      }
      $0.columns = []
      $0.diversity = nil
      $0.reasons = nil
    }
  }

  /// The same search among copies of the rows that it may find, which no filter needs to be asked of any more.
  func searching(copiesIn name: String) -> NearestNeighbors {
    let copies = Table(name)
    return with {
      $0.searched = EmbeddingColumn(
        table: copies,
        key: searched.key.name,
        column: searched.vector.name,
        encoder: searched.encoder,
        dimension: searched.dimension,
        storage: searched.storage,
        of: searched.hasSideTable ? searched.row : nil
      )
      $0.columns = searched.hasSideTable ? columns : columns.map { copies.column($0.name) }
      $0.filter = nil
    }
  }

  private func with(_ change: (inout NearestNeighbors) -> Void) -> NearestNeighbors {
    var copy = self
    change(&copy)
    return copy
  }

  // MARK: Parts

  /// Whose items are not to be found.
  public struct Seen: Sendable, Hashable {
    let subject: SQLBind
    let interactions: Interactions

    /// What a subject used, by an interactions relation whose items are the rows that are searched.
    public init(by subject: SQLBind, _ interactions: Interactions) {
      self.subject = subject
      self.interactions = interactions
    }
  }

  /// Why a row is near: the profile's own items nearest to it.
  public struct Reasons: Sendable, Hashable {
    let label: Column
    let count: Int

    /// Names the nearest items of the profile.
    ///
    /// - Parameters:
    ///   - label: What a person knows an item by, a column of the items' table.
    ///   - count: How many items to name.
    public init(label: Column, count: Int) {
      self.label = label
      self.count = count
    }
  }

  /// A search among coarse copies of the vectors, which an index holds in less space.
  public struct FirstStage: Sendable, Hashable {
    /// The copies that are searched.
    public let copy: VectorCopy
    /// How many of the rows found there are compared exactly.
    public let candidates: Int

    /// A first stage that passes so many candidates on; no fewer than the search's limit.
    public init(_ copy: VectorCopy, candidates: Int) {
      self.copy = copy
      self.candidates = candidates
    }
  }

  /// Rows that are near to the probe and far from each other: maximal marginal relevance.
  ///
  /// Each next row is the candidate with the least (1 − λ) · distance to the probe − λ · distance to the
  /// nearest row chosen before (Carbonell and Goldstein, SIGIR 1998, with distances in the place of
  /// similarities and λ counting for diversity).
  public struct Diversity: Sendable, Hashable {
    let strength: Double
    /// How many of the nearest rows to choose from.
    public let candidates: Int

    /// Chooses among so many candidates.
    ///
    /// - Parameters:
    ///   - strength: λ, 0 (nearest rows) to 1 (rows that differ most).
    ///   - candidates: How many of the nearest rows to choose from; no fewer than the search's limit.
    public init(strength: Double, candidates: Int) {
      self.strength = strength
      self.candidates = candidates
    }
  }
}

extension Embedding {
  /// The rows nearest to a probe of the same encoder; another encoder's does not compile.
  public func nearest(
    to probe: LabelledProbe<Encoder>,
    by metric: DistanceMetric,
    limit: Int
  ) -> NearestNeighbors {
    NearestNeighbors(unchecked: column, to: probe.probe, by: metric, limit: limit)
  }
}
