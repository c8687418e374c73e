public import PQClient
import PGCatalog
public import TextEncoders

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// Writes the vectors of a file into the column of an encoder: all of them, or none.
///
/// Rows that the file has no vector for stay as they are. What is written is of the rows' present texts,
/// and of unit length.
public struct EmbedFile {
  /// How far the job is.
  public enum Progress: Sendable, Hashable {
    /// The file is read, so many bytes of so many; no total for a pipe.
    case reading(bytes: Int, of: Int?)
    /// So many vectors are compared with the rows.
    case checking(vectors: Int)
    /// So many vectors are written.
    case writing(vectors: Int)
  }

  private let encoder: RegisteredEncoder
  private let progress: (Progress) throws -> Void

  /// Prepares the job.
  ///
  /// - Parameters:
  ///   - encoder: The encoder, from the registry.
  ///   - progress: Called now and then; what it throws ends the job, and nothing is written.
  public init(_ encoder: RegisteredEncoder, progress: @escaping (Progress) throws -> Void) {
    self.encoder = encoder
    self.progress = progress
  }

  /// Opens a file of vectors.
  ///
  /// - Parameters:
  ///   - path: The file, `-` for stdin.
  ///   - ids: The file of ids that a NumPy array needs.
  /// - Returns: The file, at its beginning.
  /// - Throws: ``ActionError`` for what is neither a file nor a model; `EncoderError` about the file.
  public static func open(_ path: String, ids: String?) throws -> VectorFile {
    guard path == "-" || FileManager.default.fileExists(atPath: path) else {
      throw ActionError(
        .notFound,
        "\"\(path)\" is neither a file nor a model",
        advice: "take a file of vectors (JSON Lines, or .npy with --ids), or \(EncoderSource.forms)"
      )
    }
    return try VectorFile(path: path, ids: ids)
  }

  /// Runs the job.
  ///
  /// - Parameters:
  ///   - file: The file, at its beginning.
  ///   - embedding: What it is for.
  ///   - db: A connection outside a transaction.
  /// - Returns: What was done.
  /// - Throws: `EncoderError` about the file, ``ActionError`` about its ids or the database,
  ///   `PostgresError` from the server; nothing is written then.
  public func run(
    _ file: VectorFile,
    into embedding: RegisteredEmbedding,
    on db: inout PQConnection
  ) throws -> EmbeddingReport {
    try VectorExtension.require(on: &db)
    try VectorExtension.makeVisible(on: &db)
    try encoder.checkColumn(of: embedding, on: &db)
    try checkDimension(of: file)
    let start = ContinuousClock.now
    let staged = try StagedVectors(file, for: embedding, encoder: encoder, on: &db) { file in
      let (read, total) = file.progress
      try progress(.reading(bytes: read, of: total))
    }
    try progress(.checking(vectors: staged.count))
    try staged.match(on: &db)
    let census = try staged.census(on: &db)
    var report = EmbeddingReport(table: embedding.shownTable)
    report.embedded = census.loaded
    report.textless = census.textless
    report.unchanged = census.unchanged
    report.waiting = census.rows - census.loaded - census.textless - census.unchanged
    try progress(.writing(vectors: staged.count))
    let presence = try EmbeddingPresence(embedding, on: &db)
    try presence.prepare(changes: census.loaded, of: census.rows, on: &db)
    try write(staged, presence, on: &db)
    report.duration = start.duration(to: .now)
    try StagedVectors.drop(on: &db)
    report.indexes = try presence.leave(on: &db)
    return report
  }

  private func checkDimension(of file: VectorFile) throws(ActionError) {
    guard let dimension = file.dimension, dimension != encoder.dimension else { return }
    throw ActionError(
      .badData,
      "\(file.path): its vectors have \(dimension) elements, encoder \"\(encoder.name)\" has "
        + "\(encoder.dimension)",
      advice: "take the file of this encoder, or name the encoder of this file"
    )
  }

  /// Writes; the indexes come back where the server refuses, but not while somebody waits for the end.
  private func write(
    _ staged: StagedVectors,
    _ presence: EmbeddingPresence,
    on db: inout PQConnection
  ) throws {
    do {
      try staged.write(on: &db)
    } catch {
      let isCancelled = (error as? PostgresError)?.sqlState == .queryCanceled
      if !isCancelled, !db.isBroken { _ = try? presence.leave(on: &db) }
      throw error
    }
  }
}
