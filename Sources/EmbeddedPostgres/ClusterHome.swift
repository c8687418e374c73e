/// The directory of one cluster: its data, log, socket and lock.
///
/// Its name carries the server's major version, because data made by one cannot be read by another.
struct ClusterHome: Sendable {
  /// The directory that the caller asked for, and the one that is used for it.
  let wanted: String
  let place: String
  let major: Int
  let user: ServerUser

  init(wanted: String, major: Int) throws {
    self.wanted = wanted
    self.major = major
    place = ClusterPlace.resolve(wanted, for: try ServerUser())
    user = try ServerUser(owning: "\(place)/postgres-\(major)")
  }

  var directory: String { "\(place)/postgres-\(major)" }
  var dataDirectory: String { directory + "/data" }
  var socketDirectory: String { ClusterPlace.socketDirectory(home: directory) }
  var socket: String { socketDirectory + "/.s.PGSQL.5432" }
  var log: ServerLog { ServerLog(path: directory + "/server.log") }
  /// Beside the directory, so that it outlives its removal.
  var lockFile: String { "\(place)/postgres-\(major).lock" }

  /// Whether there is a database in it: `PG_VERSION` comes with the rename that ends the creation.
  var hasData: Bool { Files.exists(dataDirectory + "/PG_VERSION") }

  /// The homes that exist in a directory, newest version first.
  static func existing(in wanted: String) throws -> [ClusterHome] {
    let place = ClusterPlace.resolve(wanted, for: try ServerUser())
    return try Files.list(place)
      .compactMap { name in
        name.hasPrefix("postgres-") ? Int(name.dropFirst("postgres-".count)) : nil
      }
      .sorted(by: >)
      .map { try ClusterHome(wanted: wanted, major: $0) }
  }

  /// Makes the directories, private to the server's user.
  func create() throws {
    try ClusterPlace.create(place, wanted: wanted)
    try user.makePrivateDirectory(directory)
  }

  /// Makes the socket's directory, and refuses one that somebody else prepared in /tmp.
  func createSocketDirectory() throws {
    try user.makePrivateDirectory(socketDirectory)
    guard let found = Files.ownership(socketDirectory), found.isDirectory, found.user == user.id,
      found.permissions & 0o077 == 0
    else {
      throw EmbeddedPostgresError(
        .notPermitted,
        "\(socketDirectory) is not a private directory of the server's user",
        advice: "remove it and try again"
      )
    }
  }

  /// Refuses the cluster of another user, whose server the caller could neither see nor reach.
  func requireAccess() throws {
    guard let found = Files.ownership(directory), found.user != user.id else { return }
    throw EmbeddedPostgresError(
      .notPermitted,
      "the server in \(directory) belongs to another user",
      advice: "run dbtool as that user or as root"
    )
  }

  // MARK: - The program files it was started with

  private var programsFile: String { directory + "/programs" }

  /// The directory of the programs that last started the server.
  var binDirectory: String? {
    Files.text(programsFile)?.split(separator: "\n").first.map(String.init)
  }

  func remember(_ installation: EmbeddedServerInstallation) throws {
    if binDirectory != installation.binDirectory {
      try Files.write(installation.binDirectory + "\n", to: programsFile)
    }
  }

  // MARK: - The running server

  /// The postmaster on this data directory, if one really runs.
  var postmaster: PostmasterFile? {
    guard let file = PostmasterFile(dataDirectory: dataDirectory),
      ProcessTable.serves(file.pid, dataDirectory: Files.canonical(dataDirectory))
    else { return nil }
    return file
  }

  /// The server, if it accepts connections.
  var server: EmbeddedServer? {
    guard let postmaster, postmaster.state == .ready, Files.exists(socket), let binDirectory else {
      return nil
    }
    return EmbeddedServer(
      processID: postmaster.pid,
      major: major,
      binDirectory: binDirectory,
      dataDirectory: dataDirectory,
      socketDirectory: socketDirectory,
      logFile: log.path
    )
  }
}
