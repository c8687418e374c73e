import TextEncoders

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// Whether what an encoder is made of can be had right now, and what to do if not.
public struct ModelStatus: Sendable {
  /// Whether a text could be embedded.
  public let isReady: Bool
  /// What was found, or why it is not ready, in one line.
  public let finding: String
  /// The folder's files with their sizes in bytes.
  public let files: [(name: String, bytes: Int)]
  /// The commands that make it available.
  public let commands: [String]

  /// Looks at a model: its files are read, a server is asked once.
  ///
  /// - Parameters:
  ///   - encoder: The encoder.
  ///   - models: Where models are looked for.
  /// - Returns: What was found; a failure is a finding too.
  public static func read(_ encoder: RegisteredEncoder, _ models: ModelLoader) async -> ModelStatus
  {
    let source = encoder.source
    switch source.kind {
    case .sql: return ModelStatus(true, "runs in the database")
    case .file:
      return ModelStatus(
        false,
        "its vectors come in files",
        commands: ["dbtool embed --encoder \(encoder.name) --from FILE"]
      )
    case .bert:
      let folder = try? models.folder(of: source.model, for: encoder.name)
      let commands = [
        encoder.name == RegisteredEncoder.usual
          ? "make setup"
          : "hf download \(source.model) --local-dir \(models.suggestedFolder(for: source.model))"
      ]
      do {
        _ = try models.load(source, for: encoder.name, dimension: encoder.dimension)
        return ModelStatus(true, "in \(folder ?? "")", files(in: folder), commands: commands)
      } catch {
        return ModelStatus(false, sentence(of: error), files(in: folder), commands: commands)
      }
    case .ollama, .openai:
      return await server(encoder, models)
    }
  }

  private init(
    _ isReady: Bool,
    _ finding: String,
    _ files: [(name: String, bytes: Int)] = [],
    commands: [String] = []
  ) {
    self.isReady = isReady
    self.finding = finding
    self.files = files
    self.commands = commands
  }

  private static func server(_ encoder: RegisteredEncoder, _ models: ModelLoader) async
    -> ModelStatus
  {
    let source = encoder.source
    let commands =
      source.kind == .ollama
      ? ["ollama serve", "ollama pull \(source.model)"]
      : ["export OPENAI_API_KEY=…", "export OPENAI_BASE_URL=…   # a server other than OpenAI's"]
    do {
      let model = try models.load(source, for: encoder.name, dimension: encoder.dimension)
      guard let server = model as? HTTPEncoder else { return ModelStatus(true, "ready") }
      let state = try await server.probe()
      return ModelStatus(
        state.hasModel ?? true,
        state.hasModel == false
          ? "\(server.address) answers, and does not have the model" : "\(server.address) answers",
        commands: commands
      )
    } catch {
      return ModelStatus(false, sentence(of: error), commands: commands)
    }
  }

  private static func sentence(of error: any Error) -> String {
    switch error {
    case let error as EncoderError: error.message
    case let error as ActionError: error.message
    default: "\(error)"
    }
  }

  private static func files(in folder: String?) -> [(name: String, bytes: Int)] {
    guard let folder else { return [] }
    return [
      "config.json", "vocab.txt", "model.safetensors", "1_Pooling/config.json", "modules.json",
      "sentence_bert_config.json", "tokenizer_config.json",
    ].compactMap { name in
      let attributes = try? FileManager.default.attributesOfItem(atPath: "\(folder)/\(name)")
      return (attributes?[.size] as? any BinaryInteger).map { (name, Int($0)) }
    }
  }
}
