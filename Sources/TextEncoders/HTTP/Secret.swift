#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// A key or a password: sent where it belongs, printed nowhere, not even by reflection.
struct Secret: Sendable, Hashable, CustomStringConvertible, CustomReflectable {
  let value: String

  var description: String { "****" }
  var customMirror: Mirror { Mirror(self, children: []) }
}

/// A user and password as HTTP's Basic authentication wants them.
struct Credentials: Sendable {
  let password: Secret
  /// `user:password` in Base64.
  let encoded: Secret

  /// Reads `user:password` out of a URL.
  init(_ text: Substring) {
    let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
      .map(Self.percentDecoded)
    let (user, password) = (parts.first ?? "", parts.count == 2 ? parts[1] : "")
    self.password = Secret(value: password)
    encoded = Secret(value: Data("\(user):\(password)".utf8).base64EncodedString())
  }

  /// FoundationEssentials has this for whole URLs only, and traps on what is none.
  private static func percentDecoded(_ text: Substring) -> String {
    var bytes: [UInt8] = []
    var rest = text.utf8
    while let byte = rest.popFirst() {
      let digits = Substring(rest.prefix(2))
      let isCode = byte == UInt8(ascii: "%") && digits.count == 2 && digits.allSatisfy(\.isHexDigit)
      if isCode, let value = UInt8(digits, radix: 16) {
        bytes.append(value)
        rest = rest.dropFirst(2)
      } else {
        bytes.append(byte)
      }
    }
    return String(decoding: bytes, as: UTF8.self)
  }
}

extension String {
  /// What somebody else wrote, fit to be shown: one line of sane length, without control characters
  /// (a terminal would obey them) and without these secrets, which servers like to repeat.
  ///
  /// What is shorter than four characters is no secret, and its stars would hide the rest.
  func shown(hiding secrets: [Secret], upTo length: Int = 200) -> String {
    var text = self
    for secret in secrets where secret.value.utf8.count >= 4 {
      text = text.replacing(secret.value, with: "\(secret)")
    }
    let words = text.split {
      $0.isWhitespace || $0.unicodeScalars.contains { $0.properties.generalCategory == .control }
    }
    let line = words.joined(separator: " ")
    return line.count > length ? line.prefix(length - 1) + "…" : line
  }
}
