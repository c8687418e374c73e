/// What happens while recall is measured.
package enum RecallEvent: Sendable {
  /// A table is copied, which may take long.
  case copying(String)
  /// An index is built on the copy, which may take longer.
  case building(String)
  /// Something that a person should know.
  case note(String)
  /// So many statements of so many have run.
  case measuring(String, done: Int, of: Int)
}
