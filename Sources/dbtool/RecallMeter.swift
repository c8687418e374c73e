import DBToolActions

/// Shows how far the measuring of recall is; on a terminal only, and not before it has taken two seconds.
final class RecallMeter: Sendable {
  private let meter = ProgressMeter(unit: "queries")
  private let watch: IndexWatch

  /// Watches the server's process that measures.
  init(_ session: Session, of pid: Int) { watch = IndexWatch(session, of: pid) }

  /// Takes what the measuring tells.
  func take(_ event: RecallEvent) {
    switch event {
    case .building(let index): watch.take(.building(index: index))
    case .note(let text):
      watch.stop()
      Console.note("dbtool: " + text)
    case .copying(let table):
      watch.stop()
      meter.show("copying \(table)")
    case .measuring(let what, let done, let total):
      watch.stop()
      meter.show(what, done: done, of: total)
    }
  }
}
