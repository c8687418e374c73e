import Foundation
import TestSupport

/// The committed figures.
enum Fixtures {
  static func path(_ name: String) -> String {
    PackageDirectory.path("Tests/TextEncodersTests/Fixtures/" + name)
  }

  static func json<Value: Decodable>(_ name: String) throws -> Value {
    try JSONDecoder().decode(Value.self, from: Data(contentsOf: URL(filePath: path(name))))
  }

  /// One JSON value per line; a file that cannot be read has none, which a test's count shows.
  static func lines<Value: Decodable>(_ name: String) -> [Value] {
    guard let data = try? Data(contentsOf: URL(filePath: path(name))) else { return [] }
    let decoder = JSONDecoder()
    return data.split(separator: UInt8(ascii: "\n")).compactMap {
      try? decoder.decode(Value.self, from: $0)
    }
  }
}

func norm(_ vector: [Float]) -> Double {
  vector.reduce(into: 0.0) { $0 += Double($1) * Double($1) }.squareRoot()
}

func cosine(_ left: [Float], _ right: [Float]) -> Double {
  guard left.count == right.count else { return .nan }
  let product = zip(left, right).reduce(into: 0.0) { $0 += Double($1.0) * Double($1.1) }
  return product / norm(left) / norm(right)
}
