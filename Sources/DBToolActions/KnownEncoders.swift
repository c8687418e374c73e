/// Encoders that dbtool knows by name where there is no registry to ask.
///
/// A database that registers them may say otherwise, and then it comes first.
public struct KnownEncoder: Sendable, Hashable {
  /// The name.
  public let name: String
  /// What runs it.
  public let source: EncoderSource
  /// The number of elements in its vectors.
  public let dimension: Int
  /// Put before a text that is searched for.
  public let queryPrefix: String
  /// Put before a text that is stored.
  public let passagePrefix: String

  private init(
    _ name: String,
    _ kind: EncoderSource.Kind,
    _ model: String,
    _ dimension: Int,
    query: String = "",
    passage: String = ""
  ) {
    self.name = name
    source = EncoderSource(kind, model: model)
    self.dimension = dimension
    queryPrefix = query
    passagePrefix = passage
  }

  /// All of them.
  public static let all: [KnownEncoder] = [
    KnownEncoder(EmbedLexical.encoder, .sql, "hashed english lexemes", 512),
    KnownEncoder("minilm", .bert, "sentence-transformers/all-MiniLM-L6-v2", 384),
    KnownEncoder("gte", .bert, "thenlper/gte-large", 1024),
    KnownEncoder(
      "e5_large",
      .bert,
      "intfloat/e5-large-v2",
      1024,
      query: "query: ",
      passage: "passage: "
    ),
    KnownEncoder(
      "bge_large",
      .bert,
      "BAAI/bge-large-en-v1.5",
      1024,
      query: "Represent this sentence for searching relevant passages: "
    ),
    KnownEncoder("bart", .file, "facebook/bart-large", 1024),
    KnownEncoder(
      "nomic",
      .ollama,
      "nomic-embed-text",
      768,
      query: "search_query: ",
      passage: "search_document: "
    ),
    KnownEncoder("ada002", .openai, "text-embedding-ada-002", 1536),
    KnownEncoder("mpnet", .openai, "sentence-transformers/all-mpnet-base-v2", 768),
    KnownEncoder("multi_qa", .openai, "sentence-transformers/multi-qa-mpnet-base-cos-v1", 768),
    KnownEncoder("roberta", .openai, "sentence-transformers/all-roberta-large-v1", 1024),
  ]

  /// Finds one by its name.
  ///
  /// - Throws: ``ActionError`` for a name that is not known.
  public static func find(_ name: String) throws(ActionError) -> KnownEncoder {
    if let found = all.first(where: { $0.name == name }) { return found }
    throw ActionError(
      .notFound,
      "no encoder \"\(name)\" is known without a database",
      advice: "take one of \(all.map(\.name).joined(separator: ", ")), or name its model: --from"
    )
  }
}
