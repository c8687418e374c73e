package import PQClient
import VectorSQL

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// Loads the course catalogue (JSON) into `movie`, joined by IMDb's number with what is there.
///
/// A film that the table has already, from MovieLens or an earlier catalogue, keeps what this catalogue says
/// nothing about: a summary is never replaced by none.
package struct MovieCatalogueImport: Sendable {
  private let path: String
  private let existing: ExistingRows
  /// Films in one statement: few round trips, and still a word of progress now and then.
  private static let batchSize = 500

  /// - Parameters:
  ///   - path: The JSON file, `films.film[]`.
  ///   - existing: What to do when an earlier catalogue is in the table. `replace` deletes its films, but for
  ///     those that MovieLens knows, which are brought up to date.
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
    let table = try db.importTables(["movie"], path: path)[0]
    let movies = try readMovies(observer)
    return try db.importing { db in
      try makeRoom(in: table, &db)
      var rows = 0
      var joined = 0
      for start in stride(from: 0, to: movies.count, by: Self.batchSize) {
        let batch = Array(movies[start..<min(start + Self.batchSize, movies.count)])
        let counts = try upsert(batch, into: table, &db)
        rows += counts.rows
        joined += counts.joined
        try observer(ImportProgress(table: table.name, bytesRead: rows, bytesTotal: movies.count))
      }
      let warnings =
        joined == 0
        ? [] : ["\(joined) of the films were in the table already and were brought up to date"]
      return ImportReport(tables: [.init(table: table.name, rows: rows)], warnings: warnings)
    }
  }

  // MARK: The table

  private func makeRoom(in table: ImportTable, _ db: inout PQConnection) throws {
    switch existing {
    case .append:
      return
    case .refuse:
      // MovieLens brings neither summaries nor films without its own number.
      let rows: Int = try db.query(
        """
        SELECT count(*)
        FROM \(table.identifier)
        WHERE movielens_id IS NULL OR summary IS NOT NULL
        """
      ).scalar()
      if rows > 0 { throw rowsInTheWay(table.name, rows, path) }
    case .replace:
      try db.execute("DELETE FROM \(table.identifier) WHERE movielens_id IS NULL")
      try db.forgetEmbeddings(of: [table])
    }
  }

  private func upsert(
    _ movies: [CatalogueMovie],
    into table: ImportTable,
    _ db: inout PQConnection
  ) throws -> (rows: Int, joined: Int) {
    let json = String(decoding: try JSONEncoder().encode(movies), as: UTF8.self)
    let counts = try db.query(
      """
      WITH written AS (
        INSERT INTO \(table.identifier) AS movie (
          imdb_id, title, year, genres, countries, language, duration, summary, director, writers,
          "cast", poster
        )
        SELECT
          imdb_id, title, year, genres, countries, language, duration, summary, director, writers,
          "cast", poster
        FROM jsonb_to_recordset(\(json)::jsonb) AS film (
          imdb_id text, title text, year integer, genres text[], countries text[], language text,
          duration integer, summary text, director text, writers text[], "cast" text[], poster text
        )
        ON CONFLICT (imdb_id) DO UPDATE SET
          title     = excluded.title,
          year      = coalesce(excluded.year, movie.year),
          genres    = coalesce(nullif(excluded.genres, '{}'), movie.genres),
          countries = coalesce(nullif(excluded.countries, '{}'), movie.countries),
          language  = coalesce(excluded.language, movie.language),
          duration  = coalesce(excluded.duration, movie.duration),
          summary   = coalesce(excluded.summary, movie.summary),
          director  = coalesce(excluded.director, movie.director),
          writers   = coalesce(nullif(excluded.writers, '{}'), movie.writers),
          "cast"    = coalesce(nullif(excluded."cast", '{}'), movie."cast"),
          poster    = coalesce(excluded.poster, movie.poster)
        RETURNING xmax <> 0 AS was_there
      )
      SELECT count(*) AS rows, count(*) FILTER (WHERE was_there) AS joined
      FROM written
      """
    )[0]
    return (try counts["rows"], try counts["joined"])
  }

  // MARK: The file

  private func readMovies(_ observer: ImportObserver) throws -> [CatalogueMovie] {
    let films = try decode(readFile()).films.film.elements
    var movies: [CatalogueMovie] = []
    var numbers: [String: Int] = [:]
    for (index, film) in films.enumerated() {
      do {
        movies.append(try CatalogueMovie(film))
      } catch {
        throw failure("film \(index + 1)\(named(film)): \(error.text)")
      }
      let id = movies[index].imdb_id
      if let earlier = numbers.updateValue(index + 1, forKey: id) {
        throw failure("the films \(earlier) and \(index + 1)\(named(film)) have the same _id \(id)")
      }
    }
    guard !movies.isEmpty else { throw failure("the file holds no films") }
    return movies
  }

  private func named(_ film: MovieCatalogue.Film) -> String {
    film.titre?.text.map { " (\($0))" } ?? ""
  }

  private func readFile() throws -> Data {
    let reader = try ByteReader(path: path, what: "a JSON file")
    while try reader.fill() {}
    if try reader.starts(with: [0xEF, 0xBB, 0xBF]) { reader.start += 3 }
    let bytes = reader.buffer
    let range = reader.start..<reader.end
    guard !range.isEmpty else { throw failure("the file is empty") }
    if let index = UTF8Check.firstInvalid(in: bytes.span, range) {
      guard bytes[index] != 0 else { throw failure("this is no text file, and so no JSON") }
      var error = failure(
        "the byte 0x\(String(bytes[index], radix: 16, uppercase: true)) is not UTF-8"
      )
      let lines = bytes[range.lowerBound..<index].split(
        separator: CopyText.newline,
        omittingEmptySubsequences: false
      )
      error.line = lines.count
      error.column = (lines.last?.count(where: { $0 & 0xC0 != 0x80 }) ?? 0) + 1
      error.advice = "if the file is Latin-1, convert it: iconv -f LATIN1 -t UTF-8 FILE > NEW_FILE"
      throw error
    }
    return Data(bytes[range])
  }

  private func decode(_ data: Data) throws -> MovieCatalogue {
    do {
      return try JSONDecoder().decode(MovieCatalogue.self, from: data)
    } catch let error as DecodingError {
      throw failure(error)
    }
  }

  private func failure(_ error: DecodingError) -> ImportError {
    let advice = "the file should hold films.film, a list of films"
    switch error {
    case .dataCorrupted(let context) where context.codingPath.isEmpty:
      return failure(
        "this is no valid JSON, or it is cut short",
        detail: context.underlyingError.map { "\($0)" } ?? context.debugDescription
      )
    case .keyNotFound(let key, let context):
      return failure("\(Self.place(context.codingPath + [key])) is missing", advice: advice)
    case .typeMismatch(_, let context), .valueNotFound(_, let context), .dataCorrupted(let context):
      return failure(
        "\(Self.place(context.codingPath)) is not what it should be",
        detail: context.debugDescription,
        advice: advice
      )
    @unknown default:
      return failure("the file cannot be understood", detail: "\(error)")
    }
  }

  /// A place in the file, such as `films.film[12].annee`.
  private static func place(_ path: [any CodingKey]) -> String {
    path.reduce("") { text, key in
      if let index = key.intValue { return text + "[\(index)]" }
      return text.isEmpty ? key.stringValue : text + "." + key.stringValue
    }
  }

  private func failure(
    _ sentence: String,
    detail: String? = nil,
    advice: String? = nil
  ) -> ImportError {
    ImportError(.badData, path: path, sentence, detail: detail, advice: advice)
  }
}
