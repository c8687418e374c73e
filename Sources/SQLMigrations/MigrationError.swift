public import PQClient

/// Why a run stopped, and what had happened by then.
///
/// **What happens when migration 3 of 5 fails?** Migrations 1 and 2 stay applied and recorded: each
/// committed together with its history row. Of migration 3 nothing stays, its row included, since one
/// transaction held both. Migrations 4 and 5 were not begun. ``applied`` names 1 and 2, ``failed``
/// names 3, and ``place`` says where in the file. Correct the file and run again: the run starts with
/// migration 3.
///
/// A section with `transaction:false` commits statement by statement. There the statements before the
/// failing one stay; the history row says how many they are, and the next run goes on after them.
public struct MigrationError: Error, Sendable {
  /// What kind of failure it is; the program's exit code follows from it.
  public enum Category: Sendable, Hashable {
    /// A value that makes no sense.
    case usage
    /// Failing SQL, a file that cannot be read as a migration, or files that disagree with history.
    case badData
    /// A named file, folder or version is not there.
    case absent
    /// The connection is gone.
    case unreachable
    /// A lock or a timeout: the same command may succeed later.
    case tryAgain
    /// The role may not do it.
    case rights
    /// The database is not set up for it.
    case configuration
  }

  /// A place in a migration file.
  public struct Place: Sendable, Hashable {
    /// The file with its folder.
    public var file: String
    /// Line and column, if the failure has them.
    public var location: SourceLocation?
    /// The line of SQL and a caret below, if the server gave a position.
    public var excerpt: String?
  }

  /// What kind of failure it is.
  public var category: Category
  /// What failed, in one line.
  public var message: String
  /// What the server adds.
  public var detail: String?
  /// What to do.
  public var advice: String?
  /// Where in which file.
  public var place: Place?
  /// The names of the files that this run had applied (or reverted) before.
  public var applied: [String] = []
  /// The name of the file that failed.
  public var failed: String?
  /// The server's error.
  public var postgres: PostgresError?

  init(
    _ category: Category,
    _ message: String,
    detail: String? = nil,
    advice: String? = nil
  ) {
    self.category = category
    self.message = message
    self.detail = detail
    self.advice = advice
  }

  /// A file that could not be read.
  init(_ error: MigrationParsingError) {
    self.init(.badData, error.problem, advice: error.advice)
    place = Place(file: error.file, location: error.location, excerpt: error.excerpt)
  }
}

extension MigrationError: CustomStringConvertible {
  /// At most four lines: what and where, the line with its caret, the server's detail, what to do.
  public var description: String { lines.joined(separator: "\n") }

  /// The lines of ``description``.
  public var lines: [String] {
    let prefix = place.map { place in
      [place.file, place.location?.description].compactMap(\.self).joined(separator: ":") + ": "
    }
    var lines = [(prefix ?? "") + message]
    if let excerpt = place?.excerpt {
      lines += excerpt.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
      let last = [detail, advice].compactMap(\.self).joined(separator: " ")
      if !last.isEmpty { lines.append(last) }
    } else {
      lines += [detail, advice].compactMap(\.self)
    }
    return lines.map { $0.split(whereSeparator: \.isNewline).joined(separator: " ") }
  }
}
