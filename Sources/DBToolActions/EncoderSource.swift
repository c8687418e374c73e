/// What runs an encoder's model: `bert:FOLDER`, `ollama:MODEL`, `openai:MODEL`.
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

  /// The kinds that a command can name.
  static let runnable: [Kind] = [.bert, .ollama, .openai]
  /// How they are named.
  static let forms = "bert:FOLDER, ollama:MODEL or openai:MODEL"

  /// Reads `KIND:MODEL`, or `ollama` alone for what `OLLAMA_EMBEDDING_MODEL` says.
  ///
  /// - Parameters:
  ///   - text: The text.
  ///   - settings: Where the variable is read.
  ///   - url: The server's address, where it is not what the environment says.
  /// - Throws: ``ActionError`` for another form, or a kind that is none.
  public init(
    parsing text: String,
    settings: Settings,
    url: String? = nil
  ) throws(ActionError) {
    let parts = text.split(separator: ":", maxSplits: 1).map(String.init)
    guard let kind = Self.runnable.first(where: { $0.rawValue == parts.first }) else {
      throw ActionError(.usage, "\"\(text)\" names no model", advice: "take \(Self.forms)")
    }
    let usual = kind == .ollama && text == kind.rawValue ? settings["OLLAMA_EMBEDDING_MODEL"] : nil
    guard let model = parts.count == 2 ? parts[1] : usual else {
      throw ActionError(
        .usage,
        "\"\(text)\" names no model",
        advice: "take \(Self.forms); ollama alone is the model of OLLAMA_EMBEDDING_MODEL"
      )
    }
    self.init(kind, model: model, url: url)
  }

  /// Whether a text means a model and not a file of vectors.
  public static func isMeant(by text: String) -> Bool {
    runnable.contains { text == $0.rawValue || text.hasPrefix($0.rawValue + ":") }
  }

  /// The form that ``init(parsing:settings:url:)`` reads.
  public var description: String { "\(kind.rawValue):\(model)" }
}
