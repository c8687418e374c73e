import Foundation
import TestSupport
import Testing

/// The object of `dbtool explain --format json`, as far as the tests read it.
struct ExplainReport: Decodable {
  struct Verdict: Decodable {
    let cause: String
    let sentence: String
    let index: String?
    let cost: Double
    let other_cost: Double?
    let remedies: [String]
    let corrected: Corrected?
  }

  struct Corrected: Decodable {
    let sql: String
    let is_taken: Bool
    let differences: [String]
    let cost: Double
  }

  struct Search: Decodable {
    let asked: Int?
    let returned: Int
    let visited: Int
    let stop: String
    let remedy: String?
    let probe: String?
    let selectivity: Double?
    let selectivity_expected: Double?
    let heap_blocks: Int
    let toast_blocks: Int
    let index_blocks: Int
  }

  struct Recall: Decodable {
    let share: Double?
    let found: Int
    let exact: Int
  }

  let sql: String
  let settings: [String: String]
  let verdict: Verdict
  let search: Search?
  let recall: Recall?
}

extension TestDatabase {
  /// Explains a statement from standard input, which has to succeed.
  func explain(_ sql: String, _ options: String...) async throws -> ExplainReport {
    let outcome = try await DBToolProcess.run(
      ["explain", "--sql", "-", "--format", "json"] + options,
      environment: ["DATABASE_URL": url],
      input: sql
    )
    try #require(outcome.status == 0, "\(sql)\n\(outcome)")
    return try JSONDecoder().decode(ExplainReport.self, from: Data(outcome.stdout.utf8))
  }

  /// Explains a command of dbtool's, which has to succeed.
  func explain(command: String..., options: [String] = []) async throws -> ExplainReport {
    let outcome = try await dbtool(["explain", "--format", "json"] + options + command)
    try #require(outcome.status == 0, "\(command): \(outcome)")
    return try JSONDecoder().decode(ExplainReport.self, from: Data(outcome.stdout.utf8))
  }
}
