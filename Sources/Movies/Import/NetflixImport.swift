package import PQClient
import VectorSQL

/// Loads a file of Netflix titles (CSV) into `netflix_shows`.
///
/// ```swift
/// let report = try NetflixImport(path: "netflix_titles.csv").run(on: &db)
/// // COPY netflix_shows (show_id, type, …) FROM STDIN
/// ```
///
/// All in one transaction: after an error the table is as it was.
package struct NetflixImport: Sendable {
  /// The twelve columns that every known edition has.
  static let columns = [
    "show_id", "type", "title", "director", "cast", "country", "date_added", "release_year",
    "rating", "duration", "listed_in", "description",
  ]

  /// What other editions call a column.
  static let renames = [
    "casts": "cast",
    "cast_members": "cast",
  ]

  private let path: String
  private let existing: ExistingRows

  /// - Parameters:
  ///   - path: The CSV file; columns in any order, delimited by comma, semicolon or tab, in UTF-8.
  ///   - existing: What to do with shows that the table has already.
  package init(path: String, existing: ExistingRows = .refuse) {
    self.path = path
    self.existing = existing
  }

  /// Runs the import.
  ///
  /// - Throws: `ImportError` about the file or the table, `PostgresError`, or what the observer throws.
  package func run(
    on db: inout PQConnection,
    observer: ImportObserver = { _ in }
  ) throws -> ImportReport {
    let table = try db.importTables(["netflix_shows"], path: path)[0]
    let file = try CSVTable(
      path: path,
      table: table,
      renames: Self.renames,
      required: Self.columns
    )
    return try db.importing { db in
      try db.makeRoom(in: [table], existing, path: path)
      let before = existing == .append ? try Oddities(on: &db) : Oddities()
      let rows = try file.load(into: &db, observer: observer)
      // A file that was cut after its first line must not empty the table.
      guard rows > 0 else {
        throw ImportError(.badData, path: path, "the file has a header line and no rows")
      }
      let after = try Oddities(on: &db)
      return ImportReport(
        tables: [.init(table: table.name, rows: rows)],
        warnings: after.warnings(since: before)
      )
    }
  }

  /// Rows that were loaded as they stand and that a user should know of.
  private struct Oddities {
    var unreadDates = 0
    var strayDurations = 0

    init() {}

    init(on db: inout PQConnection) throws {
      let counts = try db.query(
        """
        SELECT count(*) FILTER (WHERE added_on IS NULL AND btrim(date_added) <> '') AS unread_dates,
               count(*) FILTER (WHERE right(rating, 4) = ' min') AS stray_durations
        FROM netflix_shows
        """
      )[0]
      unreadDates = try counts["unread_dates"]
      strayDurations = try counts["stray_durations"]
    }

    func warnings(since before: Oddities) -> [String] {
      let dates = unreadDates - before.unreadDates
      let durations = strayDurations - before.strayDurations
      var warnings: [String] = []
      if dates > 0 {
        warnings.append(
          "\(rowCount(dates)) a date_added in none of the three known forms; added_on is NULL there"
        )
      }
      if durations > 0 {
        warnings.append("\(rowCount(durations)) a duration in the column rating; kept as it is")
      }
      return warnings
    }

    private func rowCount(_ count: Int) -> String {
      count == 1 ? "1 row has" : "\(count) rows have"
    }
  }
}
