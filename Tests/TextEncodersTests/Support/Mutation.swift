import Foundation
import TestSupport

/// Damages files, the same way in every run.
struct Mutation {
  /// How many times a file is damaged: 500, or as often as `DBTOOL_FUZZ_ROUNDS` says.
  static let rounds =
    ProcessInfo.processInfo.environment["DBTOOL_FUZZ_ROUNDS"].flatMap { Int($0) } ?? 500

  private static let words = [
    "0", "-1", "1e30", "1e-400", "9223372036854775807", "-9223372036854775808", "4294967296", "1.5",
    "null", "true", "{}", "[[[[", "]]", "\"\"", "\"", ",", ":", "}", "\\u0000", "\\ud800", "\u{0}",
    "\n", "\r\n", "[CLS]", "##", "(", ")", "F16", "<f2", "é", "\u{301}", "\u{FEFF}",
  ]

  private var random: SeededGenerator

  init(seed: UInt64) { random = SeededGenerator(seed: seed) }

  /// A file with one to four damages, half of them within its head.
  ///
  /// In every second file only numbers change, so that what reads it comes further.
  mutating func damaged(_ file: [UInt8], head: Int) -> [UInt8] {
    var bytes = file
    let isReadable = Bool.random(using: &random)
    for _ in 0..<Int.random(in: 1...4, using: &random) {
      let end = isReadable || Bool.random(using: &random) ? min(head, bytes.count) : bytes.count
      let place = Int.random(in: 0...end, using: &random)
      if isReadable { changeNumber(in: &bytes, from: place) } else { damage(&bytes, at: place) }
    }
    return bytes
  }

  private mutating func damage(_ bytes: inout [UInt8], at place: Int) {
    let rest = bytes.count - place
    let part = place..<place + min(rest, Int.random(in: 1...16, using: &random))
    switch Int.random(in: 0..<7, using: &random) {
    case 0 where rest > 0: bytes[place] ^= 1 << UInt8.random(in: 0..<8, using: &random)
    case 1 where rest > 0: bytes[place] = .random(in: 0...255, using: &random)
    case 2: bytes.removeSubrange(part)
    case 3: bytes.insert(contentsOf: Array(bytes[part]), at: place)
    case 4:
      let inserted = part.map { _ in UInt8.random(in: 0...255, using: &random) }
      bytes.insert(contentsOf: inserted, at: place)
    case 5 where Int.random(in: 0..<4, using: &random) == 0: bytes.removeSubrange(place...)
    default:
      let word = Self.words.randomElement(using: &random) ?? ""
      bytes.replaceSubrange(part.prefix(part.count / 4), with: word.utf8)
    }
  }

  private mutating func changeNumber(in bytes: inout [UInt8], from place: Int) {
    let digits = UInt8(ascii: "0")...UInt8(ascii: "9")
    guard let start = bytes[place...].firstIndex(where: digits.contains) else { return }
    let end = bytes[start...].firstIndex { !digits.contains($0) } ?? bytes.count
    let number = Int(String(decoding: bytes[start..<end], as: UTF8.self)) ?? 0
    let other =
      switch Int.random(in: 0..<4, using: &random) {
      case 0: number &+ Int.random(in: -33...33, using: &random)
      case 1: number &<< Int.random(in: 0...62, using: &random)
      case 2: [0, -1, .max, .min, 1 << 31, 1 << 32].randomElement(using: &random) ?? 0
      default: Int.random(in: 0...64, using: &random)
      }
    bytes.replaceSubrange(start..<end, with: String(other).utf8)
  }
}
