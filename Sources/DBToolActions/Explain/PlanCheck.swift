package import PQClient
import PlanVerdict
import VectorSQL

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// Statements kept in files, and the plans that they are expected to have.
///
/// The plans stand in `plans.txt` beside the files, those of each server version by themselves, as outlines
/// that change when a plan flips and with nothing else. A script's EXECUTE gives the values to plan with; a
/// statement with parameters and no values gets its generic plan.
package struct PlanCheck: Sendable {
  /// What came of one file.
  package struct Outcome: Sendable {
    /// The file.
    package let path: String
    /// The plan that was kept for this server version; nil where none was.
    package let kept: String?
    /// The plan that the server has now.
    package let plan: String

    /// Whether it is the plan that was kept.
    package var isKept: Bool { kept == plan }
  }

  private let sources: [(path: String, source: StatementSource)]

  /// Reads the files.
  ///
  /// - Parameter files: Their paths and texts.
  /// - Throws: ``ActionError`` for what is not a single SELECT.
  package init(_ files: [(path: String, text: String)]) throws(ActionError) {
    var sources: [(path: String, source: StatementSource)] = []
    for file in files {
      sources.append((file.path, try StatementSource(file.text, named: file.path)))
    }
    self.sources = sources
  }

  /// Plans each statement; runs none.
  ///
  /// - Parameters:
  ///   - isRecording: Whether the plans are kept from now on.
  ///   - db: The connection.
  /// - Returns: The outcomes in the order of the files.
  /// - Throws: ``ActionError`` for a statement that cannot be planned, or plans that cannot be written;
  ///   `PostgresError` from the server.
  package func run(
    recording isRecording: Bool,
    on db: inout PQConnection
  ) throws -> [Outcome] {
    let version = db.serverVersion / 10_000
    var kept: [String: KeptPlans] = [:]
    var outcomes: [Outcome] = []
    for (path, source) in sources {
      let (folder, name) = Self.parts(of: path)
      var plans = try kept[folder] ?? KeptPlans(folder: folder)
      let plan = try Self.plan(source, on: &db)
      outcomes.append(Outcome(path: path, kept: plans[name, version], plan: plan))
      if isRecording { plans[name, version] = plan }
      kept[folder] = plans
    }
    if isRecording { for plans in kept.values { try plans.write() } }
    return outcomes
  }

  private static func parts(of path: String) -> (folder: String, name: String) {
    guard let slash = path.lastIndex(of: "/") else { return (".", path) }
    return (String(path[..<slash]), String(path[path.index(after: slash)...]))
  }

  private static func plan(
    _ source: StatementSource,
    on db: inout PQConnection
  ) throws -> String {
    var explain: ExplainStatement
    if source.arguments.isEmpty {
      explain = ExplainStatement(generic: source)
    } else {
      explain = try ExplainStatement(source, values: [], on: &db)
    }
    explain.analyzes = false
    return try explain.plan(on: &db).outline
  }
}

/// The plans that are kept in a folder.
private struct KeptPlans {
  private struct Key: Hashable {
    let name: String
    let version: Int
  }

  private let path: String
  private var plans: [Key: String] = [:]

  private static let heading = "-- "
  private static let separator = ", PostgreSQL "

  init(folder: String) throws {
    path = folder + "/plans.txt"
    guard let data = FileManager.default.contents(atPath: path) else { return }
    let unreadable = ActionError(
      .badData,
      "\(path): not a file of plans",
      advice: "move it away, and --record"
    )
    guard let text = String(data: data, encoding: .utf8) else { throw unreadable }
    var key: Key?
    for line in text.split(separator: "\n") {
      if line.hasPrefix(Self.heading) {
        let words = line.dropFirst(Self.heading.count).components(separatedBy: Self.separator)
        guard words.count == 2, let version = Int(words[1]) else { throw unreadable }
        key = Key(name: words[0], version: version)
      } else if let key {
        plans[key] = plans[key].map { $0 + "\n" + line } ?? String(line)
      } else {
        throw unreadable
      }
    }
  }

  subscript(name: String, version: Int) -> String? {
    get { plans[Key(name: name, version: version)] }
    set { plans[Key(name: name, version: version)] = newValue }
  }

  func write() throws {
    let sections = plans.sorted { ($0.key.name, $0.key.version) < ($1.key.name, $1.key.version) }
      .map { key, plan in
        "\(Self.heading)\(key.name)\(Self.separator)\(key.version)\n\(plan)\n"
      }
    do {
      try Data(sections.joined(separator: "\n").utf8).write(
        to: URL(fileURLWithPath: path),
        options: .atomic
      )
    } catch {
      throw ActionError(
        .rights,
        "\(path) cannot be written",
        advice: "is it a file, and may you write it?"
      )
    }
  }
}
