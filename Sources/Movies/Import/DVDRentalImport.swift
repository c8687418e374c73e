package import PQClient
import VectorSQL

/// Loads a dump of the DVDRental sample database into the fifteen tables of our own.
///
/// Archives are written out as SQL by `pg_restore`, plain dumps are read as they are. Their rows go in
/// over our own connection, as an ordinary role, in one transaction: foreign keys are checked at its end,
/// and the triggers that fill columns run. Nothing else that stands in a dump is executed.
package struct DVDRentalImport: Sendable {
  /// The tables of the sample, parents first.
  static let tables = [
    "language", "country", "city", "address", "staff", "store", "customer", "actor", "category",
    "film", "film_actor", "film_category", "inventory", "rental", "payment",
  ]

  private let path: String
  private let existing: ExistingRows
  private let pgRestore: [String]

  /// - Parameters:
  ///   - path: An archive (custom, tar, directory), an SQL file, or a zip file with one of them.
  ///   - existing: What to do with rows that the tables have already.
  ///   - pgRestore: Where a `pg_restore` may be; the newest that reads the archive is used.
  package init(path: String, existing: ExistingRows = .refuse, pgRestore: [String]) {
    self.path = path
    self.existing = existing
    self.pgRestore = pgRestore
  }

  /// Runs the import.
  ///
  /// - Throws: `ImportError` about the dump or the tables, `PostgresError`, or what the observer throws.
  package func run(
    on db: inout PQConnection,
    observer: ImportObserver = { _ in }
  ) async throws -> ImportReport {
    let format = try DumpFormat.detect(path)
    guard format == .zip else { return try await load(path, format, &db, observer) }
    let folder = try TemporaryFolder()
    defer { folder.remove() }
    let inner = try await ZipFile(path: path).unpackDump(into: folder.path)
    return try await load(inner, DumpFormat.detect(inner), &db, observer)
  }

  private func load(
    _ file: String,
    _ format: DumpFormat,
    _ db: inout PQConnection,
    _ observer: ImportObserver
  ) async throws -> ImportReport {
    switch format {
    case .script:
      return try load(ByteReader(path: file, what: "a dump"), &db, observer)
    case .archive:
      return try await loadArchive(file, &db, observer)
    case .zip:
      throw ImportError(.badData, path: path, "the zip file holds another zip file and no dump")
    }
  }

  private func loadArchive(
    _ file: String,
    _ db: inout PQConnection,
    _ observer: ImportObserver
  ) async throws -> ImportReport {
    let programs = await PgRestore.find(among: pgRestore)
    var refusal: String?
    for program in programs {
      let outcome = try await program.read(file) { pipe in
        try load(ByteReader(descriptor: pipe, path: path), &db, observer)
      }
      switch outcome {
      case .loaded(let report): return report
      case .failed(let error): throw error
      case .refused(let complaint): refusal = refusal ?? "\(complaint) (\(program.path))"
      }
    }
    throw ImportError(
      .configuration,
      path: path,
      refusal == nil
        ? "this archive needs pg_restore, and there is none here"
        : "no pg_restore of this machine can read the archive",
      detail: refusal,
      advice:
        "install PostgreSQL's client programs of the version that made it, or give a plain dump"
    )
  }

  private func load(
    _ input: ByteReader,
    _ db: inout PQConnection,
    _ observer: ImportObserver
  ) throws -> ImportReport {
    let tables = try db.importTables(Self.tables, path: path)
    return try db.importing { db in
      try db.makeRoom(in: tables, existing, path: path)
      var loader = DumpLoader(DumpReader(input), tables: tables)
      return try loader.load(into: &db, observer: observer)
    }
  }
}
