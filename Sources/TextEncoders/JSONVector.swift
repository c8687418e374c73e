#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// A vector in JSON.
///
/// `null`, which many programs write for NaN, becomes NaN: the caller refuses that row alone.
struct JSONVector: Decodable {
  let elements: [Float]

  init(from decoder: any Decoder) throws {
    // Four times as fast as to decode `[Double?]`, which takes 0.13 s for 256 vectors of 1024
    // elements. As doubles, since the decoder takes a number below the smallest float for an error.
    var container = try decoder.unkeyedContainer()
    var elements: [Float] = []
    elements.reserveCapacity(container.count ?? 0)
    do {
      while !container.isAtEnd {
        elements.append(try container.decodeIfPresent(Double.self).map(Float.init) ?? .nan)
      }
    } catch let error where !(error is DecodingError) {
      // The decoder's own, of a number beyond every double or with a zero before it: it would become one
      // that names no place.
      throw DecodingError.dataCorrupted(
        DecodingError.Context(codingPath: container.codingPath, debugDescription: "\(error)")
      )
    }
    self.elements = elements
  }
}

extension DecodingError {
  /// What JSON lacks that should have vectors, as the end of a sentence that begins with it; nil
  /// where it is no JSON at all.
  var lack: String? {
    switch self {
    case .keyNotFound(let key, _): "has no \"\(key.stringValue)\""
    case .typeMismatch(_, let context), .valueNotFound(_, let context):
      context.codingPath.isEmpty ? "is no object" : "has something else in \(context.place)"
    case .dataCorrupted(let context):
      context.codingPath.isEmpty ? nil : "has a number that cannot be read in \(context.place)"
    @unknown default: nil
    }
  }

  /// The word that made an object malformed, where it is one that programs write for numbers that
  /// JSON does not have.
  func notANumber(in json: Data) -> String? {
    guard lack == nil, json.first(where: { !" \t\r\n".utf8.contains($0) }) == UInt8(ascii: "{")
    else { return nil }
    return ["NaN", "Infinity"].first { json.firstRange(of: Data($0.utf8)) != nil }
  }
}

extension DecodingError.Context {
  fileprivate var place: String {
    codingPath.map { $0.intValue.map { "[\($0)]" } ?? ".\($0.stringValue)" }.joined()
  }
}
