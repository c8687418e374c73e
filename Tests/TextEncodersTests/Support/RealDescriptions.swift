import Foundation
import TestSupport

/// The descriptions of the real list of shows, in the file's order.
enum RealDescriptions {
  static func all() throws -> [String] {
    let text = try String(contentsOfFile: RealData.path("netflix_titles.csv"), encoding: .utf8)
    let records = records(of: text)
    guard let column = records.first?.firstIndex(of: "description") else { return [] }
    return records.dropFirst().map { $0[column] }
  }

  /// RFC 4180, for a file that keeps to it.
  private static func records(of text: String) -> [[String]] {
    var records: [[String]] = []
    var record: [String] = []
    var field = String.UnicodeScalarView()
    var isQuoted = false
    for scalar in text.unicodeScalars {
      switch scalar {
      // A doubled quote closes and opens again, and stands for itself.
      case "\"":
        isQuoted.toggle()
        field.append(scalar)
      case "," where !isQuoted:
        record.append(value(field))
        field = .init()
      case "\n" where !isQuoted:
        records.append(record + [value(field)])
        record = []
        field = .init()
      case "\r" where !isQuoted: break
      default: field.append(scalar)
      }
    }
    if !record.isEmpty { records.append(record + [value(field)]) }
    return records
  }

  private static func value(_ field: String.UnicodeScalarView) -> String {
    let text = String(field)
    guard text.hasPrefix("\""), text.count > 1 else { return text }
    return String(text.dropFirst().dropLast().replacing("\"\"", with: "\""))
  }
}
