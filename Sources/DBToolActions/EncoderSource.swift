import TextEncoders

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
  public static let runnable: [Kind] = [.bert, .ollama, .openai]
  /// The kinds that a column can be registered for.
  public static let registrable = runnable + [.file]
  /// How they are named.
  static let forms = "bert:FOLDER, ollama:MODEL or openai:MODEL"

  /// Reads `KIND:MODEL`, or `ollama` alone for what `OLLAMA_EMBEDDING_MODEL` says.
  ///
  /// - Parameters:
  ///   - text: The text.
  ///   - kinds: The kinds that it may be of.
  ///   - settings: Where the variable is read.
  ///   - url: The server's address, where it is not what the environment says.
  /// - Throws: ``ActionError`` for another form, or a kind that is none; `EncoderError` for an address that
  ///   cannot be one.
  public init(
    parsing text: String,
    of kinds: [Kind] = runnable,
    settings: Settings,
    url: String? = nil
  ) throws {
    let parts = text.split(separator: ":", maxSplits: 1).map(String.init)
    let forms = Self.forms + (kinds.contains(.file) ? ", or file:NAME" : "")
    guard let kind = kinds.first(where: { $0.rawValue == parts.first }) else {
      throw ActionError(.usage, "\"\(text)\" names no model", advice: "take \(forms)")
    }
    let usual = kind == .ollama && text == kind.rawValue ? settings["OLLAMA_EMBEDDING_MODEL"] : nil
    guard let model = parts.count == 2 ? parts[1] : usual else {
      throw ActionError(
        .usage,
        "\"\(text)\" names no model",
        advice: "take \(forms); ollama alone is the model of OLLAMA_EMBEDDING_MODEL"
      )
    }
    try Self.check(url, for: kind)
    self.init(kind, model: model, url: url)
  }

  /// Checks an address of the encoder's own.
  ///
  /// - Throws: ``ActionError`` for a kind that asks no server, `EncoderError` for what is no address.
  public static func check(_ url: String?, for kind: Kind) throws {
    guard let url else { return }
    guard kind == .ollama || kind == .openai else {
      throw ActionError(.usage, "--url is for models on a server, not for \(kind.rawValue)")
    }
    try HTTPEncoder.check(url: url)
  }

  /// The address for people; one that cannot be read is not repeated, since it may hold a password.
  public var shownURL: String? {
    url.map { (try? HTTPEncoder.check(url: $0)) == nil ? "****" : $0 }
  }

  /// Whether a text means a model and not a file of vectors.
  public static func isMeant(by text: String) -> Bool {
    runnable.contains { text == $0.rawValue || text.hasPrefix($0.rawValue + ":") }
  }

  /// The form that ``init(parsing:settings:url:)`` reads.
  public var description: String { "\(kind.rawValue):\(model)" }
}
