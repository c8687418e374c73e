import Crypto
import Foundation

/// SHA-256 over lines of text, or numbers.
struct TextHash {
  private var hash = SHA256()

  mutating func update(_ text: String) { hash.update(data: Data(text.utf8)) }

  mutating func update(_ values: [Float]) {
    values.withUnsafeBytes { hash.update(bufferPointer: $0) }
  }

  var hexadecimal: String {
    hash.finalize().map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
  }
}
