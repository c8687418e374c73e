public import TextEncoders

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// Where vectors come from, as `--from` names it: a model, or a file of vectors that were made before.
public enum VectorSource: Sendable, Hashable {
  /// A model that makes them.
  case model(EncoderSource)
  /// A file, `-` for stdin.
  case file(String)

  /// Reads `bert:…`, `ollama:…` and `openai:…` as models, and anything else as a path.
  ///
  /// - Throws: ``ActionError`` for a kind without a model.
  public init(parsing text: String) throws(ActionError) {
    let isModel = EncoderSource.runnable.contains { text.hasPrefix($0.rawValue + ":") }
    self = isModel ? .model(try EncoderSource(parsing: text)) : .file(text)
  }

  /// Opens a file of vectors.
  ///
  /// - Parameters:
  ///   - path: What `--from` named.
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
}
