import EmbeddedPostgres
import Foundation
import TestSupport
import Testing

/// `docs/tutorial.md`, run as it stands: its commands in one shell, and what they print compared with what it shows.
///
/// With `DBTOOL_RECORD` set the file gets what they print.
@Suite("docs/tutorial.md", .timeLimit(.minutes(30)))
struct TutorialTests {
  /// A command with what it prints, of a block of the tutorial.
  private struct Step {
    var command: String
    var output: [String]
  }

  /// The lines of the file: text as it is, and blocks of commands.
  private enum Part {
    case text(String)
    case block([Step])
  }

  private static func parts(of text: String) -> [Part] {
    var parts: [Part] = []
    var lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)[...]
    while let line = lines.popFirst() {
      parts.append(.text(line))
      guard line == "```console" else { continue }
      var steps: [Step] = []
      while let next = lines.popFirst(), next != "```" {
        guard next.hasPrefix("$ ") else {
          steps[steps.count - 1].output.append(next)
          continue
        }
        var command = String(next.dropFirst(2))
        // What a here-document holds belongs to the command.
        if command.hasSuffix("<<'SQL'") {
          while let line = lines.popFirst() {
            command += "\n" + line
            if line == "SQL" { break }
          }
        }
        steps.append(Step(command: command, output: []))
      }
      parts += [.block(steps), .text("```")]
    }
    return parts
  }

  /// The output without what differs from run to run.
  private static func normalized(_ lines: [String]) -> [String] {
    // The last column of such a table says how fast it went.
    let isTimed = lines.contains { $0.hasSuffix("rows/s") }
    return lines.map { line in
      let plain = line.replacing(#/20\d{12}(?=_)/#, with: "…").replacing(
        #/\(\d+ ms\)/#,
        with: "(… ms)"
      )
      .replacing(#/in .*(?=\/\.dbtool)/#, with: "in …")
      return isTimed ? plain.replacing(#/ +[0-9,]+$/#, with: " …") : plain
    }
  }

  @Test(.enabled(if: TestServer.major >= 18, "once is enough: the embedded server is the newest"))
  func `does what it says`() async throws {
    let path = PackageDirectory.path("docs/tutorial.md")
    let parts = Self.parts(of: try String(contentsOfFile: path, encoding: .utf8))
    let steps = parts.flatMap { part in if case .block(let steps) = part { steps } else { [Step]() }
    }
    try #require(steps.count > 30)

    // A project like the checkout, whose cluster is nobody's.
    let folder = try ScratchFolder()
    for name in ["migrations", "seeds", "dbtool.json"] {
      try FileManager.default.createSymbolicLink(
        atPath: folder.path(name),
        withDestinationPath: PackageDirectory.path(name)
      )
    }
    let mark = "@@ step"
    let script = steps.map { "echo '\(mark)'\n\($0.command)\necho \"\(mark) $?\"" }
    try folder.write("run.sh", (["exec 2>&1"] + script).joined(separator: "\n") + "\n")
    let programs = URL(filePath: DBToolProcess.executable).deletingLastPathComponent()
    let outcome = try await Program.run(
      "/usr/bin/env",
      [
        "-i", "-C", folder.path, "HOME=\(folder.path)", "LC_ALL=C.UTF-8",
        "PATH=\(programs.path(percentEncoded: false)):/usr/bin:/bin", "/bin/bash", "run.sh",
      ]
    )
    var results = outcome.output.components(separatedBy: mark + "\n").dropFirst().map { text in
      text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    }
    try #require(results.count == steps.count, "\(outcome.output)")
    for (index, step) in steps.enumerated() {
      let end = try #require(results[index].lastIndex { $0.hasPrefix(mark) })
      #expect(results[index][end] == "\(mark) 0", "\(step.command): \(results[index])")
      results[index] = Self.normalized(Array(results[index][..<end]))
    }
    if ProcessInfo.processInfo.environment["DBTOOL_RECORD"] != nil {
      try record(parts, results, to: path)
    } else {
      for (step, output) in zip(steps, results) {
        #expect(output == step.output, "\(step.command)")
      }
    }
  }

  private func record(_ parts: [Part], _ results: [[String]], to path: String) throws {
    var rest = results[...]
    let lines = parts.flatMap { part -> [String] in
      switch part {
      case .text(let line): [line]
      case .block(let steps): steps.flatMap { ["$ " + $0.command] + (rest.popFirst() ?? []) }
      }
    }
    try Data(lines.joined(separator: "\n").utf8).write(to: URL(filePath: path))
  }
}
