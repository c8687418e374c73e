import EmbeddedPostgres
import Foundation
import TestSupport
import Testing

@Suite("The Makefile")
struct MakefileTests {
  private func make(_ target: String) async throws -> Program.Outcome {
    // Under `make test` this would otherwise be a part of that run.
    try await Program.run(
      "/usr/bin/env",
      [
        "-u", "MAKEFLAGS", "-u", "MAKELEVEL", "-u", "MFLAGS",
        "make", "--no-print-directory", "-C", PackageDirectory.path(""), target,
      ]
    )
  }

  @Test func `setup has nothing to do the second time`() async throws {
    let first = try await make("setup")
    #expect(first.succeeded, "\(first.errors)")
    let second = try await make("setup")
    #expect(second.succeeded, "\(second.errors)")
    let lines = second.output.split(separator: "\n")
    #expect(lines.last == "setup: nothing to do")
    #expect(lines.dropLast().allSatisfy { $0.hasSuffix(": already there") }, "\(second.output)")
    #expect(second.errors == "")
  }

  @Test func `help lists every target in a line`() async throws {
    let help = try await make("help")
    #expect(help.succeeded)
    let lines = help.output.split(separator: "\n")
    #expect(lines.allSatisfy { $0.hasPrefix("make ") && $0.count <= 120 })
    for target in [
      "setup", "demo", "test", "torture", "bench", "install", "format", "lint", "check",
    ] {
      #expect(lines.contains { $0.hasPrefix("make \(target) ") }, "\(target)")
    }
  }
}
