/// Finds the PostgreSQL servers of this machine.
///
/// Looked at are, unless one directory is named explicitly: the server of the `pg_config` on PATH, the
/// usual places of Debian and Homebrew, and the directories into which `make setup` and `make install`
/// unpack a server.
public struct InstallationSearch: Sendable {
  /// The one directory of programs to look at, when the user names it.
  public let explicit: String?
  /// Where `postgres-VERSION` directories with unpacked servers may be.
  public let toolsDirectories: [String]

  private let path: [String]

  /// Creates a search.
  ///
  /// - Parameters:
  ///   - explicit: A directory of server programs, which then must qualify. The default is the value
  ///     of `DBTOOL_POSTGRES_BIN`.
  ///   - toolsDirectories: Directories of unpacked servers.
  ///   - environment: Read for `DBTOOL_POSTGRES_BIN` and `PATH`.
  public init(
    explicit: String? = nil,
    toolsDirectories: [String],
    environment: [String: String]
  ) {
    let named = explicit ?? environment["DBTOOL_POSTGRES_BIN"]
    self.explicit = named.flatMap { $0.isEmpty ? nil : Files.canonical(Files.absolute($0)) }
    self.toolsDirectories = toolsDirectories
    path = (environment["PATH"] ?? "").split(separator: ":").map(String.init)
  }

  /// The places of unpacked servers: a project's, and those beside a program (built or installed).
  public static func toolsDirectories(project: String?, executable: String?) -> [String] {
    var directories = project.map { [$0 + "/.tools"] } ?? []
    if let executable {
      var above = Files.parent(of: Files.canonical(executable))
      directories.append(Files.parent(of: above) + "/lib/dbtool")
      while above != "/" {
        directories.append(above + "/.tools")
        above = Files.parent(of: above)
      }
    }
    return directories
  }

  /// All servers found, newest first, with and without pgvector.
  public func all() async -> [EmbeddedServerInstallation] {
    var found: [EmbeddedServerInstallation] = []
    for directory in await binDirectories() {
      guard let installation = await Self.inspect(directory) else { continue }
      found.append(installation)
    }
    // Stable, so that of two equal ones the machine's own comes before an unpacked one.
    return found.enumerated()
      .sorted { ($1.element.version, $0.offset) < ($0.element.version, $1.offset) }
      .map(\.element)
  }

  /// The newest server that qualifies: PostgreSQL 16 or newer with pgvector 0.8.4 or newer.
  ///
  /// - Parameter major: Only servers of this major version.
  /// - Returns: The server; of two equal ones, the machine's own rather than an unpacked one.
  /// - Throws: `EmbeddedPostgresError` when there is none, saying what was found instead.
  public func newest(major: Int? = nil) async throws -> EmbeddedServerInstallation {
    let found = await all()
    let candidates = found.filter { major == nil || $0.version.major == major }
    if let best = candidates.first(where: { $0.objection == nil }) { return best }

    let needed = "PostgreSQL \(major.map { "\($0)" } ?? "16 or newer") with pgvector 0.8.4 or newer"
    let instead = (candidates.first ?? found.first).map {
      "\($0.objection ?? "PostgreSQL \($0.version)"), in \($0.binDirectory)"
    }
    if let explicit {
      throw EmbeddedPostgresError(
        .unsuitableInstallation,
        "\(explicit) holds no \(needed)\(instead.map { " (\($0))" } ?? "")",
        advice: "set DBTOOL_POSTGRES_BIN to a directory with such postgres, initdb and pg_config"
      )
    }
    throw EmbeddedPostgresError(
      .noInstallation,
      "no \(needed) was found\(instead.map { "; the nearest is: \($0)" } ?? "")",
      advice:
        "install one, or name one in DBTOOL_POSTGRES_BIN; in dbtool's own checkout: make setup"
    )
  }

  /// The directories to look at, most preferred first, each once.
  private func binDirectories() async -> [String] {
    if let explicit { return [explicit] }
    var directories: [String] = []
    if let config = path.map({ $0 + "/pg_config" }).first(where: Files.isExecutable),
      let directory = await Self.output(config, "--bindir").first
    {
      directories.append(directory)
    }
    for version in Files.list("/usr/lib/postgresql") {
      directories.append("/usr/lib/postgresql/\(version)/bin")
    }
    for cellar in ["/opt/homebrew/opt", "/usr/local/opt"] {
      for formula in Files.list(cellar) where formula.hasPrefix("postgresql") {
        directories.append("\(cellar)/\(formula)/bin")
      }
    }
    directories += toolsDirectories.flatMap(Self.unpackedServers)

    var seen: Set<String> = []
    return directories.map(Files.canonical).filter { seen.insert($0).inserted }
  }

  /// The directories of programs in `postgres-VERSION/PACKAGE/SERVER/bin` and `postgres-VERSION/bin`.
  private static func unpackedServers(in tools: String) -> [String] {
    Files.list(tools).filter { $0.hasPrefix("postgres-") }.flatMap { unpacked in
      let root = "\(tools)/\(unpacked)"
      let nested = Files.list(root).flatMap { package in
        Files.list("\(root)/\(package)").map { "\(root)/\(package)/\($0)/bin" }
      }
      return ([root + "/bin"] + nested).filter { Files.isExecutable($0 + "/postgres") }
    }
  }

  /// Reads a server's versions from its own `pg_config` and its extension files; no server is started.
  private static func inspect(_ directory: String) async -> EmbeddedServerInstallation? {
    let programs = ["postgres", "initdb", "pg_config"].map { directory + "/" + $0 }
    guard programs.allSatisfy(Files.isExecutable) else { return nil }
    let answers = await output(directory + "/pg_config", "--version", "--sharedir")
    guard answers.count == 2, let version = DottedVersion(in: answers[0]) else { return nil }
    return EmbeddedServerInstallation(
      binDirectory: directory,
      shareDirectory: answers[1],
      version: version,
      pgvectorVersion: pgvectorVersion(in: answers[1])
    )
  }

  private static func pgvectorVersion(in shareDirectory: String) -> DottedVersion? {
    Files.text(shareDirectory + "/extension/vector.control")?
      .split(separator: "\n")
      .first { $0.hasPrefix("default_version") }
      .flatMap { DottedVersion(in: $0) }
  }

  /// The lines that a program prints; none when it fails.
  private static func output(_ program: String, _ arguments: String...) async -> [String] {
    guard let outcome = try? await Program.run(program, arguments), outcome.succeeded else {
      return []
    }
    return outcome.lines
  }
}
