import DBToolActions
import PQClient
import SQLMigrations

/// Prints what a migration run says.
enum MigrationOutput {
  /// A line per migration on stdout; notes and notices on stderr.
  static func report(_ verb: String) -> (MigrationEvent) -> Void {
    { event in
      switch event {
      case .waiting(let holder):
        let who = holder.map { ": pid \($0.pid), \(Text.oneLine($0.application))" } ?? ""
        Console.note("dbtool: another session migrates this database; waiting\(who)")
      case .started(let name, let number, let count):
        Console.progress("\(number)/\(count) \(name)")
      case .resumed(let name, let statement, let mayHaveRun):
        Console.progress(nil)
        let doubt = mayHaveRun ? "; it may have run before" : ""
        Console.note("dbtool: \(name) goes on with statement \(statement)\(doubt)")
      case .notice(let notice):
        // IF NOT EXISTS says on every second run that it had nothing to do.
        guard !["42P06", "42P07", "42710", "42701"].contains(notice.sqlState?.rawValue) else {
          return
        }
        Console.progress(nil)
        Console.note(Text.oneLine(notice.description))
      case .finished(let result):
        Console.progress(nil)
        let seconds = result.duration.components
        let milliseconds = Double(seconds.seconds) * 1e3 + Double(seconds.attoseconds) / 1e15
        Console.print("\(verb) \(result.name) (\(Text.fixed(milliseconds, decimals: 0)) ms)")
        Console.flush()
      }
    }
  }

  /// The files beside the history.
  static func print(_ plan: MigrationPlan, _ format: FormatOption.Format) {
    switch format {
    case .table:
      var table = TextTable([
        ("version", .left), ("state", .left), ("applied", .left), ("file", .left),
      ])
      for entry in plan.entries {
        table.add([
          entry.version, entry.state.rawValue, entry.record.map { "\($0.appliedAt)" } ?? "",
          entry.name,
        ])
      }
      if plan.entries.isEmpty { Console.print("no migrations") } else { table.print() }
      let counts = Dictionary(grouping: plan.entries, by: \.state.rawValue).mapValues(\.count)
      let parts = counts.sorted { $0.key < $1.key }.map { "\($0.value) \($0.key)" }
      if !parts.isEmpty { Console.print(parts.joined(separator: ", ")) }
    case .json:
      let entries = plan.entries.map { entry in
        JSON.object([
          ("version", .string(entry.version)),
          ("name", .string(entry.name)),
          ("state", .string(entry.state.rawValue)),
          ("applied_at", .optional(entry.record.map { "\($0.appliedAt)" })),
          ("applied_by", .optional(entry.record?.appliedBy)),
        ])
      }
      Console.print(
        JSON.object([
          ("command", .string("migrate status")),
          ("up_to_date", .bool(plan.isUpToDate)),
          ("migrations", .array(entries)),
        ]).pretty
      )
    }
  }
}
