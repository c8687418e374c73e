public import TextEncoders

/// The vectors of texts, in their order, by several workers at once; no database is needed.
public struct EncodeTexts: Sendable {
  private let model: any TextEncoder
  private let batchSize: Int
  private let workers: Int

  /// Prepares the job.
  ///
  /// - Parameters:
  ///   - model: What makes the vectors.
  ///   - batchSize: The texts of one batch.
  ///   - workers: Batches at once.
  public init(model: any TextEncoder, batchSize: Int = 32, workers: Int = 1) {
    self.model = model
    self.batchSize = batchSize
    self.workers = workers
  }

  /// Makes the vectors, of unit length.
  ///
  /// - Parameters:
  ///   - texts: The texts.
  ///   - emit: Takes the vectors of one batch after the other, in the order of the texts.
  /// - Throws: `EncoderError` from the model; what was emitted stands.
  public func run(_ texts: [String], emit: ([[Float]]) throws -> Void) async throws {
    let starts = Array(stride(from: 0, to: texts.count, by: batchSize))
    try await withThrowingTaskGroup(of: (batch: Int, vectors: [[Float]]).self) { group in
      var waiting: [Int: [[Float]]] = [:]
      var emitted = 0
      var started = 0
      func startNext() {
        guard started < starts.count else { return }
        let batch = started
        let start = starts[batch]
        let part = Array(texts[start..<min(start + batchSize, texts.count)])
        started += 1
        group.addTask { [model] in (batch, try await model.vectors(for: part).map(\.normalized)) }
      }
      for _ in 0..<workers { startNext() }
      while let (batch, vectors) = try await group.next() {
        startNext()
        waiting[batch] = vectors
        while let next = waiting.removeValue(forKey: emitted) {
          try emit(next)
          emitted += 1
        }
      }
    }
  }
}
