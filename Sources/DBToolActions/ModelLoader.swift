public import TextEncoders

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// Opens the models that encoders are made of.
public struct ModelLoader: Sendable {
  private let settings: Settings
  private let folders: [String]

  /// A loader that looks for weights in `DBTOOL_MODELS`, then where `make setup` and `make install` put
  /// them.
  public init(settings: Settings) {
    self.settings = settings
    folders =
      settings["DBTOOL_MODELS"].map { [$0] } ?? settings.toolsDirectories.map { $0 + "/models" }
  }

  /// Opens a model.
  ///
  /// - Parameters:
  ///   - source: What runs it.
  ///   - encoder: The encoder's name, for messages.
  ///   - dimension: The number of elements that its vectors must have, nil for whatever they have.
  /// - Returns: The model, ready to use; a server is not asked before the first text.
  /// - Throws: ``ActionError`` where there is nothing to run, or the model makes other vectors;
  ///   `EncoderError` where its files or settings are wrong.
  public func load(
    _ source: EncoderSource,
    for encoder: String,
    dimension: Int?
  ) throws -> any TextEncoder {
    let model: any TextEncoder
    switch source.kind {
    case .bert:
      try limitInstructions()
      model = try BERTEncoder(folder: folder(of: source.model, for: encoder))
    case .ollama:
      model = try HTTPEncoder.ollama(
        model: source.model,
        dimension: dimension,
        url: source.url,
        environment: settings.environment
      )
    case .openai:
      model = try HTTPEncoder.openAI(
        model: source.model,
        dimension: dimension,
        url: source.url,
        environment: settings.environment
      )
    case .sql, .file:
      throw ActionError(
        .configuration,
        "encoder \"\(encoder)\" has no model that could be run",
        advice: source.kind == .sql
          ? "it is made in SQL: dbtool embed --encoder \(encoder)"
          : "its vectors come in a file: dbtool embed --encoder \(encoder) --from FILE"
      )
    }
    guard let dimension, let found = model.dimension, found != dimension else { return model }
    throw ActionError(
      .configuration,
      "encoder \"\(encoder)\" has \(dimension) dimensions, the model \(source) makes \(found)",
      advice: "take the model that the encoder is named for, or register another encoder"
    )
  }

  /// `DBTOOL_SIMD`, with which an older processor can be measured on a newer one.
  private func limitInstructions() throws(ActionError) {
    guard let name = settings["DBTOOL_SIMD"] else { return }
    guard let set = InstructionSet(rawValue: name) else {
      throw ActionError(
        .configuration,
        "DBTOOL_SIMD is \"\(name)\"",
        advice:
          "set it to \(InstructionSet.allCases.map(\.rawValue).joined(separator: ", ")), or unset it"
      )
    }
    set.limit()
  }

  /// The folder of a model's files: a path, or the last part of its name in one of the places.
  func folder(of model: String, for encoder: String) throws(ActionError) -> String {
    if isDirectory(model) { return model }
    let name = Self.folderName(of: model)
    let candidates = folders.map { "\($0)/\(name)" }
    if let found = candidates.first(where: isDirectory) { return found }
    throw ActionError(
      .unavailable,
      "the model of encoder \"\(encoder)\" is not on this machine: no folder \(name)",
      detail: "looked in \(folders.first ?? "") and the folders beside the program",
      advice: "put the files of \(model) there, or name the folder above them in DBTOOL_MODELS"
    )
  }

  /// Where a model's files would be found if they were put there.
  func suggestedFolder(for model: String) -> String {
    "\(folders.first ?? ".")/\(Self.folderName(of: model))"
  }

  private static func folderName(of model: String) -> String {
    model.split(separator: "/").last.map(String.init) ?? model
  }

  private func isDirectory(_ path: String) -> Bool {
    (try? FileManager.default.contentsOfDirectory(atPath: path)) != nil
  }

  /// The texts of a batch: what `EMBEDDING_BATCH_SIZE` says, if it says anything.
  ///
  /// - Throws: ``ActionError`` where that is no number of texts.
  public func batchSize() throws(ActionError) -> Int? {
    try number("EMBEDDING_BATCH_SIZE", in: 1...2_000)
  }

  /// Batches at once: what `MAX_WORKERS` says, else one per core for a model in this process and four
  /// for a server.
  ///
  /// - Throws: ``ActionError`` where the variable holds no number of workers.
  public func workers(for source: EncoderSource, cores: Int) throws(ActionError) -> Int {
    try number("MAX_WORKERS", in: 1...64) ?? (source.kind == .bert ? cores : 4)
  }

  private func number(
    _ variable: String,
    in range: ClosedRange<Int>
  ) throws(ActionError) -> Int? {
    guard let text = settings[variable] else { return nil }
    if let number = Int(text), range.contains(number) { return number }
    throw ActionError(
      .configuration,
      "\(variable) is \"\(text)\"",
      advice: "set it to a number from \(range.lowerBound) to \(range.upperBound), or unset it"
    )
  }
}
