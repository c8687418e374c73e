import SQLMigrations
import Testing
import VectorSQL

@Suite struct PlanTests {
  private func file(_ name: String, _ content: String = "-- migrate:up\n") throws -> MigrationFile {
    try MigrationFile(name: name, folder: "m", bytes: Array(content.utf8))
  }

  private func record(
    _ file: MigrationFile,
    _ state: MigrationRecord.State = .applied
  ) -> MigrationRecord {
    MigrationRecord(
      version: file.version,
      name: file.name,
      checksum: file.checksum,
      appliedAt: PGTimestamp(microseconds: 0),
      appliedBy: "someone",
      seconds: 0,
      state: state
    )
  }

  private func states(_ plan: MigrationPlan) -> [String] {
    plan.entries.map { "\($0.version) \($0.state.rawValue)" }
  }

  @Test func `without history everything is pending, in the order of the names`() throws {
    let files = [try file("10_b.sql"), try file("2_c.sql"), try file("20260101000000_a.sql")]
    let plan = MigrationPlan(files: files.reversed(), history: [])
    #expect(states(plan) == ["10 pending", "20260101000000 pending", "2 pending"])
    #expect(!plan.isUpToDate)
    #expect(try plan.up().map(\.file.version) == ["10", "20260101000000", "2"])
    #expect(try plan.up(to: "10").map(\.file.version) == ["10"])
  }

  @Test func `what ran does not run again`() throws {
    let files = [try file("1_a.sql"), try file("2_b.sql")]
    let plan = MigrationPlan(files: files, history: [record(files[0])])
    #expect(states(plan) == ["1 applied", "2 pending"])
    #expect(try plan.up().map(\.file.version) == ["2"])
    #expect(MigrationPlan(files: files, history: files.map { record($0) }).isUpToDate)
  }

  @Test func `an edited file stops everything`() throws {
    let old = try file("1_a.sql")
    let edited = try file("1_a.sql", "-- migrate:up\nSELECT 1;\n")
    let plan = MigrationPlan(files: [edited, try file("2_b.sql")], history: [record(old)])
    #expect(states(plan) == ["1 changed", "2 pending"])
    #expect(!MigrationPlan(files: [edited], history: [record(old)]).isUpToDate)
    let error = #expect(throws: MigrationError.self) { try plan.up() }
    #expect(error?.category == .badData)
    #expect(error?.message == "1_a.sql was edited after it was applied")
    #expect(error?.failed == "1_a.sql")
    #expect(throws: MigrationError.self) { try plan.down(1) }
  }

  @Test func `line ends and a byte order mark are no edit`() throws {
    let unix = try file("1_a.sql", "-- migrate:up\nSELECT 1;\n")
    let windows = try file("1_a.sql", "\u{FEFF}-- migrate:up\r\nSELECT 1;\r\n")
    #expect(unix.checksum == windows.checksum)
    #expect(
      unix.checksum == "2be38f331755cac1a312dea121c3da64832ace82d37707cfd1a81ccd39dffbdf"
    )
  }

  @Test func `a missing file stops everything`() throws {
    let gone = try file("1_a.sql")
    let plan = MigrationPlan(files: [try file("2_b.sql")], history: [record(gone)])
    #expect(states(plan) == ["1 missing", "2 pending"])
    #expect(throws: MigrationError.self) { try plan.up() }
    #expect(throws: MigrationError.self) { try plan.down(nil) }
  }

  @Test func `a half-run file that is gone was not applied`() throws {
    let plan = MigrationPlan(files: [], history: [record(try file("1_a.sql"), .applying)])
    let error = #expect(throws: MigrationError.self) { try plan.up() }
    #expect(error?.message == "1_a.sql was begun and not finished, and its file is gone")
  }

  @Test func `a late file runs only when allowed`() throws {
    let files = [try file("1_a.sql"), try file("2_b.sql"), try file("3_c.sql")]
    let plan = MigrationPlan(files: files, history: [record(files[1])])
    #expect(states(plan) == ["1 out of order", "2 applied", "3 pending"])
    let error = #expect(throws: MigrationError.self) { try plan.up() }
    #expect(error?.advice?.contains("--allow-out-of-order") == true)
    #expect(try plan.up(allowOutOfOrder: true).map(\.file.version) == ["1", "3"])
    #expect(try plan.up(to: "2", allowOutOfOrder: true).map(\.file.version) == ["1"])
  }

  @Test func `an unknown version is absent`() throws {
    let plan = MigrationPlan(files: [try file("1_a.sql")], history: [])
    let error = #expect(throws: MigrationError.self) { try plan.up(to: "01") }
    #expect(error?.category == .absent)
  }

  @Test func `down takes the last ones, the last first`() throws {
    let files = [try file("1_a.sql"), try file("2_b.sql"), try file("3_c.sql")]
    let plan = MigrationPlan(files: files, history: files.prefix(2).map { record($0) })
    #expect(try plan.down(1).map(\.file.version) == ["2"])
    #expect(try plan.down(nil).map(\.file.version) == ["2", "1"])
    #expect(try plan.down(9).map(\.file.version) == ["2", "1"])
  }

  @Test func `an unfinished migration is finished in the direction it began`() throws {
    let files = [try file("1_a.sql"), try file("2_b.sql")]
    let up = MigrationPlan(files: files, history: [record(files[0], .applying)])
    #expect(states(up) == ["1 unfinished", "2 pending"])
    #expect(try up.up().map(\.file.version) == ["1", "2"])
    #expect(throws: MigrationError.self) { try up.down(1) }
    let down = MigrationPlan(files: files, history: [record(files[0], .reverting)])
    #expect(throws: MigrationError.self) { try down.up() }
    #expect(try down.down(1).map(\.file.version) == ["1"])
  }

  @Test func `a baseline records all or nothing`() throws {
    let files = [try file("1_a.sql"), try file("2_b.sql")]
    #expect(
      try MigrationPlan(files: files, history: []).baseline(to: "1").map(\.version) == ["1"]
    )
    let begun = MigrationPlan(files: files, history: [record(files[0])])
    #expect(throws: MigrationError.self) { try begun.baseline(to: nil) }
    #expect(try begun.baseline(to: "1").isEmpty)
  }

  @Test func `a long list of problems stays one line`() throws {
    let files = try (1...5).map { try file("\($0)_x.sql") }
    let plan = MigrationPlan(files: [], history: files.map { record($0) })
    let error = #expect(throws: MigrationError.self) { try plan.up() }
    #expect(
      error?.message
        == "1_x.sql, 2_x.sql, 3_x.sql and 2 more were applied, the files are gone"
    )
    #expect((error?.lines.count ?? 9) <= 4)
  }
}
