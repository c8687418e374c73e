import ArgumentParser
import DBToolActions
import TextEncoders

/// `embed --from FILE`: vectors that were made elsewhere.
extension EmbedCommand {
  /// The file, where `--from` names one and no model.
  var file: String? {
    from.flatMap { EncoderSource.isMeant(by: $0.text) ? nil : $0.text }
  }

  /// Refuses what does not go with a file.
  func validateFile() throws {
    guard let file else {
      guard ids == nil else { throw ValidationError("--ids is for a .npy file: --from FILE") }
      return
    }
    let others = [
      ("--force", force), ("--limit", limit != nil), ("--workers", workers != nil),
      ("--batch-size", batchSize != nil), ("--preview", preview != nil),
    ]
    if let option = others.first(where: \.1) {
      throw ValidationError("\(option.0) does not go with a file of vectors, \(Text.oneLine(file))")
    }
    guard encoder != nil || text != nil || textFile != nil else {
      throw ValidationError("which encoder made the vectors of the file? name it: --encoder")
    }
  }

  /// Loads the file, all of it or nothing.
  func embedFile(_ path: String, _ session: Session) async throws {
    let file = try EmbedFile.open(path, ids: ids?.text)
    var db = try await session.open()
    let encoder = try RegisteredEncoder.find(encoder?.text, on: &db)
    let embedding = try only(
      RegisteredEmbedding.find(encoder: encoder.name, table: table?.text, on: &db),
      "the vectors of \(file.path) are of which table?"
    )
    let meter = ProgressMeter(unit: "MB")
    let job = EmbedFile(encoder) { progress in
      // A COPY is only cancelled at its end.
      if Interruption.signal != nil { throw CancellationError() }
      switch progress {
      case .reading(let bytes, let total):
        meter.show(embedding.shownTable, done: bytes / 1_000_000, of: total.map { $0 / 1_000_000 })
      case .checking(let vectors):
        meter.show(
          "\(embedding.shownTable): comparing \(Figures.grouped(vectors)) ids with its rows"
        )
      case .writing(let vectors):
        meter.show("\(embedding.shownTable): writing \(Figures.grouped(vectors)) vectors")
      }
    }
    let report = try job.run(file, into: embedding, on: &db)
    Console.progress(nil)
    EmbedOutput(encoder: encoder.name, [report]).print(output.format)
  }
}
