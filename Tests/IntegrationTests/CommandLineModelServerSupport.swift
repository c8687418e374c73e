import Foundation
import PQClient
import TestSupport
import VectorSQL

/// What a server of models makes of texts.
enum ModelServer {
  /// The texts of a request, of Ollama's or OpenAI's form.
  static func texts(_ request: ScriptedServer.Request) -> [String] {
    struct Body: Decodable { let input: [String] }
    return (try? JSONDecoder().decode(Body.self, from: Data(request.body.utf8)).input) ?? []
  }

  /// A vector that depends on the text alone.
  static func vector(_ text: String, dimension: Int) -> [Float] {
    let seed = text.utf8.reduce(0xcbf2_9ce4_8422_2325 as UInt64) {
      ($0 ^ UInt64($1)) &* 0x100_0000_01b3
    }
    var generator = SeededGenerator(seed: seed)
    return generator.unitVector(dimension: dimension)
  }

  /// What a server that is well answers.
  static func well(_ request: ScriptedServer.Request) -> Reply {
    .ollama(texts(request).map { vector($0, dimension: 768) })
  }
}

extension TestDatabase {
  /// The movie database with its seeds.
  func seedMovies() async throws {
    try await succeed("migrate")
    try await succeed("seed")
  }

  /// Films that have a vector of an encoder, and rows of all tables whose text is on record.
  func written(encoder: String = "nomic") throws -> [Int] {
    var db = try connect()
    return try db.query(
      """
      SELECT ARRAY[
        (SELECT count(\(ident: "embedding_" + encoder)) FROM film),
        (SELECT count(*) FROM dbtool.embedding_state JOIN dbtool.embedding USING (embedding_id)
         WHERE encoder = \(encoder) AND text_hash IS NOT NULL)]
      """
    ).scalar()
  }
}
