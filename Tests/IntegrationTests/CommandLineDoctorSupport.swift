import Foundation
import TestSupport
import Testing

/// `doctor --format json`.
struct DoctorReport: Decodable {
  enum Severity: String, Decodable { case ok, hint, problem }

  struct Finding: Decodable, Hashable {
    var subject: String
    var severity: Severity
    var fact: String
    var advice: [String]
  }

  struct Index: Decodable, Hashable {
    var name: String
    var partition: String?
    var method: String
    var expression: String?
    var predicate: String?
    var operator_class: String
    var serves: String?
    var valid: Bool
    var options: [String: String]
    var bytes: Int
  }

  struct Column: Decodable {
    var schema: String
    var table: String
    var column: String
    var type: String
    var dimension: Int?
    var dimensions_found: [Int]
    var encoder: String?
    var rows: Int?
    var rows_read: Int?
    var sample: Bool?
    var nulls: Int?
    var zero: Int?
    var non_unit: Int?
    /// Nil where they could not be read.
    var known: [Index]?
    var findings: [Finding]

    var indexes: [Index] { known ?? [] }

    enum CodingKeys: String, CodingKey {
      case schema, table, column, type, dimension, dimensions_found, encoder, rows, rows_read,
        sample
      case nulls, zero, non_unit, findings, known = "indexes"
    }
  }

  var needs_hand: Bool
  var environment: [Finding]
  var columns: [Column]
  var registry: [Finding]

  var findings: [Finding] { environment + columns.flatMap(\.findings) + registry }

  /// The column of a name, in whichever table.
  func column(_ name: String) throws -> Column {
    try #require(columns.first { $0.column == name }, "\(columns.map(\.column))")
  }

  /// The findings about something that say this.
  func all(_ severity: Severity, _ subject: String, _ words: String) -> [Finding] {
    findings.filter {
      $0.severity == severity && $0.subject == subject && $0.fact.contains(words)
    }
  }

  /// The one finding about something that says this.
  func one(
    _ severity: Severity,
    _ subject: String,
    _ words: String,
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws -> Finding {
    let found = all(severity, subject, words)
    try #require(found.count == 1, "\(findings)", sourceLocation: sourceLocation)
    return found[0]
  }
}

extension TestDatabase {
  /// Runs `doctor --format json`; its exit code has to agree with what it says.
  func doctor(
    _ arguments: String...,
    url: String? = nil,
    environment: [String: String] = [:],
    sourceLocation: SourceLocation = #_sourceLocation
  ) async throws -> DoctorReport {
    let outcome = try await DBToolProcess.run(
      ["doctor", "--format", "json"] + arguments,
      environment: environment.merging(["DATABASE_URL": url ?? self.url]) { $1 }
    )
    let code = try #require(outcome.status, "\(outcome)", sourceLocation: sourceLocation)
    try #require(code == 0 || code == 1, "\(outcome)", sourceLocation: sourceLocation)
    #expect(outcome.stderr == "", sourceLocation: sourceLocation)
    let report = try JSONDecoder().decode(DoctorReport.self, from: Data(outcome.stdout.utf8))
    #expect(report.needs_hand == (code == 1), sourceLocation: sourceLocation)
    let worst = report.findings.contains { $0.severity == .problem }
    #expect(report.needs_hand == worst, sourceLocation: sourceLocation)
    return report
  }
}
