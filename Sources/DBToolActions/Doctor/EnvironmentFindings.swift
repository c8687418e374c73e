import EmbeddedPostgres
import PGCatalog
import PQClient
import VectorSQL

/// What there is to say about a server and the programs around it.
enum EnvironmentFindings {
  typealias Finding = Diagnosis.Finding

  // MARK: The server

  static func server(_ server: ServerState) -> Finding {
    let fact =
      "PostgreSQL \(server.version)\(server.isStandby ? ", a standby: what is advised here goes to its primary" : "")"
    guard server.isTooOld else { return Finding(.ok, "server", fact) }
    return Finding(
      .problem,
      "server",
      "PostgreSQL \(server.version) is too old: dbtool works with \(ServerState.oldestMajor) and newer",
      ["pg_upgrade --help   # https://www.postgresql.org/docs/current/upgrading.html"]
    )
  }

  static func memory(_ server: ServerState) -> Finding {
    Finding(
      .ok,
      "memory",
      "shared_buffers \(Figures.size(server.sharedBuffers)), maintenance_work_mem "
        + Figures.size(server.maintenanceMemory)
    )
  }

  // MARK: pgvector

  /// What is wrong with versions of pgvector: the first that has it no more, and what it is.
  private static let faults: [(until: DottedVersion, what: String)] = [
    (
      [0, 8, 2],
      "before 0.8.2 a parallel build of an HNSW index writes beyond its buffer"
    ),
    ([0, 8, 3], "before 0.8.3 VACUUM can corrupt HNSW indexes"),
    ([0, 8, 4], "before 0.8.4 VACUUM can fail with \"hnsw graph not repaired\""),
  ]
  private static let withFailingAverage: DottedVersion = [0, 8, 6]
  static let update = "ALTER EXTENSION vector UPDATE;"

  /// - Parameters:
  ///   - vector: What the database has.
  ///   - packaged: The version whose files the server has.
  ///   - isNeeded: Whether somebody counts on vectors in this database.
  /// - Returns: What is known to be wrong with it, or that it is in order.
  static func pgvector(_ vector: VectorExtension, packaged: String?, isNeeded: Bool) -> Finding {
    guard let installed = vector.installed else {
      return Finding(
        isNeeded ? .problem : .hint,
        "pgvector",
        "is not in this database, and no vector can be"
          + (isNeeded ? "; the registry names some" : ""),
        (packaged == nil
          ? [
            "apt-get install postgresql-NN-pgvector   # or build it: https://github.com/pgvector/pgvector"
          ] : [])
          + ["CREATE EXTENSION vector;   -- as a superuser"]
      )
    }
    let place = vector.schema.map { $0 == "public" ? "" : ", in schema \($0)" } ?? ""
    let version = DottedVersion(in: installed) ?? []
    let present = faults.filter { version < $0.until }.map(\.what)
    let newer = packaged.flatMap { DottedVersion(in: $0) }.flatMap { version < $0 ? packaged : nil }
    guard present.isEmpty else {
      return Finding(
        .problem,
        "pgvector",
        "\(installed) is too old\(place): \(present.joined(separator: "; "))",
        (newer == nil
          ? ["apt-get install --only-upgrade postgresql-NN-pgvector   # on the server"] : [])
          + [update, "REINDEX INDEX CONCURRENTLY NAME;   -- each HNSW index"]
      )
    }
    if version == withFailingAverage {
      return Finding(
        .hint,
        "pgvector",
        "\(installed)\(place): its avg() fails where a parallel worker finds no row",
        [
          "SET max_parallel_workers_per_gather = 0;   -- for statements that average, until pgvector is newer"
        ]
      )
    }
    if let newer {
      return Finding(
        .hint,
        "pgvector",
        "\(installed)\(place), and the server has \(newer)",
        [update]
      )
    }
    return Finding(.ok, "pgvector", installed + place)
  }

  // MARK: The registry

  static func registry(_ registry: DoctorRegistry, role: String) -> Finding {
    switch registry {
    case .absent:
      return Finding(
        .ok,
        "registry",
        "none in this database; search and embed need one, nothing else"
      )
    case .unreadable:
      return Finding(
        .hint,
        "registry",
        "role \(role) may not read it: nothing is said of encoders and coverage",
        [
          "GRANT USAGE ON SCHEMA dbtool TO \(quoted(role));",
          "GRANT SELECT ON ALL TABLES IN SCHEMA dbtool TO \(quoted(role));",
        ]
      )
    case .read(let encoders, let embeddings):
      return Finding(
        .ok,
        "registry",
        "\(Figures.count(encoders.count, "encoder")), \(Figures.count(embeddings.count, "column"))"
      )
    }
  }

  // MARK: This machine

  static func libpq() -> Finding { Finding(.ok, "libpq", PQConnection.libraryVersion) }

  /// The embedded server: running, or what there is to run.
  static func embedded(_ session: Session) async -> Finding {
    let subject = "embedded server"
    let isUsed = session.isEmbedded ? "" : "; not used, since a connection is configured"
    do {
      switch try session.cluster.status() {
      case .running(let server):
        return Finding(
          .ok,
          subject,
          "PostgreSQL \(server.major) runs in \(server.dataDirectory)\(isUsed)"
        )
      case .changing(let major):
        return Finding(.ok, subject, "PostgreSQL \(major) starts or stops\(isUsed)")
      case .stopped(let major):
        return Finding(.ok, subject, "PostgreSQL \(major) does not run\(isUsed)")
      case .absent: break
      }
      let installation = try await session.search.newest()
      let vector = installation.pgvectorVersion.map { " with pgvector \($0)" } ?? ""
      return Finding(
        .ok,
        subject,
        "PostgreSQL \(installation.version)\(vector) in \(installation.binDirectory)\(isUsed)"
      )
    } catch let error as EmbeddedPostgresError {
      // Whoever has a server of his own needs no other.
      return Finding(
        session.isEmbedded ? .hint : .ok,
        subject,
        error.message + isUsed,
        session.isEmbedded ? [error.advice] : []
      )
    } catch {
      return Finding(.hint, subject, "\(error)")
    }
  }

  /// An encoder's model: it is only needed for what is to be embedded from now on.
  static func model(_ encoder: RegisteredEncoder, _ status: ModelStatus, isFilled: Bool) -> Finding
  {
    let subject = "model \(encoder.name)"
    if encoder.source.kind == .file {
      return Finding(.ok, subject, status.finding, isFilled ? [] : status.commands)
    }
    guard !status.isReady else { return Finding(.ok, subject, status.finding) }
    let use =
      isFilled
      ? "its vectors stay, new rows get none and texts cannot be searched for"
      : "no column has its vectors yet"
    return Finding(.hint, subject, "\(status.finding); \(use)", status.commands)
  }

  private static func quoted(_ role: String) -> String { SQLIdentifier.quoted(role) }
}
