public import TextEncoders

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// What runs an encoder's model: `bert:NAME`, `ollama:MODEL`, `openai:MODEL`.
public struct EncoderSource: Sendable, Hashable, CustomStringConvertible {
  /// The ways to run a model, by their names in the registry.
  public enum Kind: String, Sendable, CaseIterable {
    /// PostgreSQL itself, as the lexical encoder is.
    case sql
    /// This process, from a folder of weights.
    case bert
    /// A server that speaks Ollama's API.
    case ollama
    /// A server that speaks OpenAI's API.
    case openai
    /// Nothing: its vectors come in files.
    case file
  }

  /// The way.
  public let kind: Kind
  /// The model's name there.
  public let model: String
  /// The server's address, where it is not what the environment says.
  public let url: String?

  /// Names a model and what runs it.
  public init(_ kind: Kind, model: String, url: String? = nil) {
    self.kind = kind
    self.model = model
    self.url = url
  }

  /// Reads `KIND:MODEL`.
  ///
  /// - Throws: ``ActionError`` for another form, or a kind that is none.
  public init(parsing text: String, url: String? = nil) throws(ActionError) {
    let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
    guard parts.count == 2, !parts[1].isEmpty, let kind = Kind(rawValue: String(parts[0])),
      [.bert, .ollama, .openai].contains(kind)
    else {
      throw ActionError(
        .usage,
        "\"\(text)\" names no model",
        advice: "take bert:FOLDER, ollama:MODEL or openai:MODEL"
      )
    }
    self.init(kind, model: String(parts[1]), url: url)
  }

  /// The form that ``init(parsing:url:)`` reads.
  public var description: String { "\(kind.rawValue):\(model)" }
}

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
    case .bert: model = try BERTEncoder(folder: folder(of: source.model, for: encoder))
    case .ollama, .openai, .sql, .file:
      throw ActionError(
        .configuration,
        "encoder \"\(encoder)\" has no model that could be run",
        advice: "its vectors come in a file: dbtool embed --encoder \(encoder) --from FILE"
      )
    }
    guard let dimension, model.dimension != dimension else { return model }
    throw ActionError(
      .configuration,
      "encoder \"\(encoder)\" has \(dimension) dimensions, the model \(source) makes \(model.dimension)",
      advice: "take the model that the encoder is named for, or register another encoder"
    )
  }

  /// The folder of a model's files: a path, or the last part of its name in one of the places.
  private func folder(of model: String, for encoder: String) throws(ActionError) -> String {
    if isDirectory(model) { return model }
    let name = model.split(separator: "/").last.map(String.init) ?? model
    let candidates = folders.map { "\($0)/\(name)" }
    if let found = candidates.first(where: isDirectory) { return found }
    throw ActionError(
      .unavailable,
      "the model of encoder \"\(encoder)\" is not on this machine: no folder \(name)",
      detail: "looked in \(folders.first ?? "") and the folders beside the program",
      advice: "put the files of \(model) there, or name the folder above them in DBTOOL_MODELS"
    )
  }

  private func isDirectory(_ path: String) -> Bool {
    (try? FileManager.default.contentsOfDirectory(atPath: path)) != nil
  }
}
