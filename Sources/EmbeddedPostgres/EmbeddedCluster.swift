/// A PostgreSQL of the caller's own, kept in a directory and started when it is needed.
///
/// It listens on a Unix socket alone, never runs as root, and is on its own: it outlives the process that
/// started it, and Ctrl-C in the terminal does not reach it. Whatever killed it, `start` brings it back.
/// Any number of processes may call at once.
public struct EmbeddedCluster: Sendable {
  /// What there is now.
  public enum Status: Sendable, Hashable {
    /// No cluster was created here.
    case absent
    /// There is a cluster, made by this major version, and its server does not run.
    case stopped(major: Int)
    /// The server runs but does not accept connections yet, or not any more.
    case changing(major: Int)
    /// The server accepts connections.
    case running(EmbeddedServer)
  }

  /// The directory that holds the cluster.
  public let directory: String

  private let search: InstallationSearch
  private let major: Int?
  private let settings: [String: String]

  /// Describes a cluster; nothing happens yet.
  ///
  /// - Parameters:
  ///   - directory: Where it lives; see `ClusterPlace`.
  ///   - search: Where to look for a server.
  ///   - major: The major version to use. Without it the data that exists decides, else the newest
  ///     server found does.
  ///   - settings: Settings of `postgresql.conf` for a server that has to be started.
  public init(
    directory: String,
    search: InstallationSearch,
    major: Int? = nil,
    settings: [String: String] = [:]
  ) {
    self.directory = Files.absolute(directory)
    self.search = search
    self.major = major
    self.settings = settings
  }

  /// Starts the server, after creating the cluster when there is none; returns at once when it runs.
  ///
  /// - Parameter notice: Called with one line before something is started that takes time.
  /// - Returns: The server, which accepts connections.
  /// - Throws: `EmbeddedPostgresError`.
  public func start(notice: (String) -> Void = { _ in }) async throws -> EmbeddedServer {
    if let server = try homes().lazy.compactMap(\.server).first(where: isWanted) { return server }

    let (home, installation) = try await choose()
    try home.requireAccess()
    return try await ClusterLock.hold(home.lockFile, preparing: home.create) {
      let control = ServerControl(home: home, settings: settings)
      if let server = try await control.settled() { return server }
      let verb = home.hasData ? "starting" : "creating"
      notice("\(verb) the embedded PostgreSQL \(installation.version) in \(home.directory)")
      return try await control.start(installation)
    }
  }

  /// Stops the server; false when none ran.
  ///
  /// - Throws: `EmbeddedPostgresError`.
  @discardableResult
  public func stop() async throws -> Bool {
    var stopped = false
    for home in try homes() {
      try home.requireAccess()
      guard home.postmaster != nil else { continue }
      try await ClusterLock.hold(home.lockFile) {
        try await ServerControl(home: home, settings: [:]).stop()
      }
      stopped = true
    }
    return stopped
  }

  /// Looks at the files and processes; nothing is started or changed.
  ///
  /// - Throws: `EmbeddedPostgresError` when the cluster belongs to another user.
  public func status() throws -> Status {
    let homes = try homes()
    for home in homes { try home.requireAccess() }
    if let server = homes.lazy.compactMap(\.server).first { return .running(server) }
    if let home = homes.first(where: { $0.postmaster != nil }) {
      return .changing(major: home.major)
    }
    return homes.first(where: \.hasData).map { .stopped(major: $0.major) } ?? .absent
  }

  /// Stops the server and removes the cluster with all of its databases; false when there was none.
  ///
  /// - Throws: `EmbeddedPostgresError`.
  @discardableResult
  public func destroy() async throws -> Bool {
    let homes = try homes()
    for home in homes {
      try home.requireAccess()
      try await ClusterLock.hold(home.lockFile) {
        let control = ServerControl(home: home, settings: [:])
        try await control.stop()
        try await control.clearRemains()
        try remove(home)
      }
      ClusterPlace.removeIfEmpty(home.place, wanted: home.wanted)
    }
    return !homes.isEmpty
  }

  /// A removal that is interrupted leaves no half of a database behind: the rename takes it away first.
  private func remove(_ home: ClusterHome) throws {
    let control = ServerControl(home: home, settings: [:])
    try control.removeUnfinished()
    if Files.exists(home.dataDirectory) {
      try Files.move(home.dataDirectory, to: "\(home.directory)/\(ServerControl.unfinished)removal")
    }
    try Files.remove(home.socketDirectory)
    try Files.remove(home.directory)
    try Files.remove(home.lockFile)
  }

  /// The clusters that exist in the directory, those with data first, then the newest first.
  private func homes() throws -> [ClusterHome] {
    let existing = try ClusterHome.existing(in: directory).filter {
      major == nil || $0.major == major
    }
    return existing.filter(\.hasData) + existing.filter { !$0.hasData }
  }

  /// A named installation is not served by the server of another one.
  private func isWanted(_ server: EmbeddedServer) -> Bool {
    search.explicit == nil || search.explicit == server.binDirectory
  }

  /// Existing data decides which server is started, so that a newer one does not hide it.
  private func choose() async throws -> (ClusterHome, EmbeddedServerInstallation) {
    let data = search.explicit == nil ? try homes().first(where: \.hasData) : nil
    do {
      let installation = try await search.newest(major: major ?? data?.major)
      let home = try ClusterHome(wanted: directory, major: installation.version.major)
      return (home, installation)
    } catch let error as EmbeddedPostgresError where data != nil && major == nil {
      throw EmbeddedPostgresError(
        error.code,
        "\(error.message); the data in \(directory) needs it",
        advice: "\(error.advice); dbtool cluster destroy gives the data up"
      )
    }
  }
}
