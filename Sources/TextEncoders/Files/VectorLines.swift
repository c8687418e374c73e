#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// Vectors in JSON Lines, `{"id": 17, "embedding": [0.1, …]}`: other members are passed over, and so are
/// blank lines.
final class VectorLines {
  let input: LineReader
  private let decoder = JSONDecoder()

  private struct Line: Decodable {
    let id: ID
    let embedding: JSONVector
  }

  /// A key, as text.
  private struct ID: Decodable {
    let text: String

    init(from decoder: any Decoder) throws {
      let container = try decoder.singleValueContainer()
      if let number = try? container.decode(Decimal.self) {
        text = number.description
      } else {
        text = try container.decode(String.self)
      }
    }
  }

  init(_ input: LineReader) { self.input = input }

  /// Reads the next vector, as it is written.
  ///
  /// - Returns: The id as text, and the elements; nil at the end of the file.
  /// - Throws: ``EncoderError`` with the line.
  func next() throws(EncoderError) -> (id: String, elements: [Float])? {
    while let range = try input.next() {
      let bytes = input.buffer[range]
      guard bytes.contains(where: { !" \t\r".utf8.contains($0) }) else { continue }
      let json = Data(bytes)
      // The decoder would guess that it is UTF-16; in UTF-8 no JSON has such a byte.
      guard !bytes.contains(0) else { throw failure(nil, in: json) }
      do {
        let line = try decoder.decode(Line.self, from: json)
        return (line.id.text, line.embedding.elements)
      } catch {
        throw failure(error, in: json)
      }
    }
    return nil
  }

  private func failure(_ error: (any Error)?, in json: Data) -> EncoderError {
    let error = error as? DecodingError
    let what =
      if String(validating: json, as: UTF8.self) == nil {
        "this line is not UTF-8"
      } else if let lack = error?.lack {
        "this line \(lack)"
      } else if let word = error?.notANumber(in: json) {
        "\(word) is no number in JSON"
      } else {
        "this line is not JSON"
      }
    return EncoderError(
      .badData,
      "\(input.path):\(input.line): \(what)",
      advice: "each line is one object: {\"id\": 17, \"embedding\": [0.1, …]}, in UTF-8"
    )
  }
}
