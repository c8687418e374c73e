#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// Creates, starts and ends the server of a home.
///
/// The caller holds the home's lock.
struct ServerControl {
  let home: ClusterHome
  let settings: [String: String]

  /// The server once it is ready, if one runs or is about to; nil when none does.
  ///
  /// Also ends a server that nobody can connect to any more, because its socket was removed.
  func settled() async throws -> EmbeddedServer? {
    while let postmaster = home.postmaster {
      switch postmaster.state {
      case .ready where Files.exists(home.socket) && home.binDirectory != nil:
        return home.server
      case .ready:
        try await stop()
      case .starting:
        if let server = try await ready(postmaster.pid) { return server }
      case .stopping:
        try await end([postmaster.pid], with: [(nil, .seconds(60))])
      }
    }
    return nil
  }

  /// Starts a server on data that no process serves.
  func start(_ installation: EmbeddedServerInstallation) async throws -> EmbeddedServer {
    let usable = try await InstallationCopy.readable(
      installation,
      by: home.user,
      copyingInto: home.directory
    )
    try await clearRemains()
    if !home.hasData { try await createData(usable) }
    try home.createSocketDirectory()
    try home.log.rotate()
    try home.remember(installation)

    let position = home.log.position
    let pid = try await launch(usable)
    if let server = try await ready(pid) { return server }
    throw EmbeddedPostgresError(
      .startFailed,
      "PostgreSQL \(installation.version) did not start on \(home.dataDirectory)",
      logTail: home.log.tail(since: position),
      advice: "all of its messages are in \(home.log.path)"
    )
  }

  /// Ends the server: running statements are cancelled, nothing is lost.
  func stop() async throws {
    guard let postmaster = home.postmaster else { return }
    try await end([postmaster.pid], with: [(SIGINT, .seconds(60)), (SIGQUIT, .seconds(10))])
  }

  /// Ends what a killed server left behind, and removes the files that would keep a new one from starting.
  func clearRemains() async throws {
    let data = Files.canonical(home.dataDirectory)
    // Backends that were busy when their postmaster was killed keep its shared memory.
    let orphans = ProcessTable.processes(servingDataDirectory: data)
    try await end(
      orphans,
      with: [(SIGTERM, .seconds(10)), (SIGQUIT, .seconds(5)), (SIGKILL, .seconds(5))]
    )
    if let file = PostmasterFile(dataDirectory: data), ProcessTable.exists(file.pid) {
      // A zombie, or a program that has got the process id since. PostgreSQL would take it for a
      // server; of an id that does not exist it makes sure by itself.
      try Files.remove(PostmasterFile.path(data))
    }
    try Files.remove(home.socket)
    try Files.remove(home.socket + ".lock")
  }

  /// Creates the data in a directory of another name: the rename makes it count.
  private func createData(_ installation: EmbeddedServerInstallation) async throws {
    // An initdb that outlived its interrupted caller may still write there; the next start removes it.
    try? removeUnfinished()
    let scratch = "\(home.directory)/\(Self.unfinished)\(getpid())"
    defer { try? Files.remove(scratch) }
    try home.user.makePrivateDirectory(scratch)
    let outcome = try await Program.run(
      installation.program("initdb"),
      ["--pgdata", scratch, "--username", "postgres", "--encoding", "UTF8", "--no-sync"]
        + ["--auth-local", "trust", "--auth-host", "reject", "--no-instructions"]
        + Self.locale(installation.version.major),
      as: home.user,
      in: home.directory
    )
    guard outcome.succeeded else {
      throw EmbeddedPostgresError(
        .startFailed,
        "initdb of PostgreSQL \(installation.version) failed in \(home.directory)",
        logTail: outcome.errors.split(separator: "\n").filter { $0.contains("error") }
          .prefix(2).map(String.init),
        advice: "look at the space and the permissions there"
      )
    }
    try Files.remove(home.dataDirectory)
    try Files.move(scratch, to: home.dataDirectory)
  }

  static let unfinished = "unfinished-"

  /// Removes what an interrupted creation or removal left.
  func removeUnfinished() throws {
    for name in Files.list(home.directory) where name.hasPrefix(Self.unfinished) {
      try Files.remove("\(home.directory)/\(name)")
    }
  }

  /// Sorting that is the same on every machine: PostgreSQL's own since 17, before it the system's.
  private static func locale(_ major: Int) -> [String] {
    major >= 17
      ? ["--locale", "C", "--locale-provider", "builtin", "--builtin-locale", "C.UTF-8"]
      : ["--locale", Program.locale]
  }

  /// Starts the postmaster and returns its process id without waiting for it.
  private func launch(_ installation: EmbeddedServerInstallation) async throws -> pid_t {
    // In this order: a caller's setting may not open another door than the socket.
    var arguments = settings.sorted { $0.key < $1.key }.flatMap { ["-c", "\($0.key)=\($0.value)"] }
    let quoted = home.socketDirectory.split(separator: "\"", omittingEmptySubsequences: false)
    arguments += [
      "-c", "listen_addresses=", "-c", "port=5432",
      "-c", "unix_socket_directories=\"\(quoted.joined(separator: "\"\""))\"",
      "-c", "unix_socket_permissions=0700",
    ]
    // The shell goes as soon as the server runs, which leaves the server to the init process.
    let script = #"log=$1; shift; "$@" </dev/null >>"$log" 2>&1 & echo $!"#
    let outcome = try await Program.run(
      "/bin/sh",
      [
        "-c", script, "sh", home.log.path, installation.program("postgres"), "-D",
        home.dataDirectory,
      ]
        + arguments,
      as: home.user,
      in: home.directory
    )
    guard let pid = outcome.lines.first.flatMap({ pid_t($0) }) else {
      throw EmbeddedPostgresError(
        .startFailed,
        "could not run \(installation.program("postgres"))",
        logTail: outcome.errors.split(separator: "\n").prefix(1).map(String.init),
        advice: "all of its messages are in \(home.log.path)"
      )
    }
    return pid
  }

  /// Waits for the server to accept connections; nil when it ended instead.
  ///
  /// After a crash it recovers first, which may take minutes.
  private func ready(_ pid: pid_t) async throws -> EmbeddedServer? {
    let deadline = ContinuousClock.now + .seconds(120)
    var pause = Duration.milliseconds(2)
    while ProcessTable.isRunning(pid) {
      if let server = home.server, server.processID == pid { return server }
      guard ContinuousClock.now < deadline else {
        throw EmbeddedPostgresError(
          .busy,
          "the server on \(home.dataDirectory) is still starting after 120 seconds",
          logTail: home.log.tail(since: 0),
          advice: "try again later; its messages are in \(home.log.path)"
        )
      }
      try await Task.sleep(for: pause)
      pause = min(pause * 3 / 2, .milliseconds(50))
    }
    return nil
  }

  /// Sends each signal in turn to the processes that are left, and waits for them to end.
  private func end(_ pids: [pid_t], with signals: [(signal: CInt?, wait: Duration)]) async throws {
    var left = pids
    for (signal, wait) in signals {
      for pid in left { if let signal { kill(pid, signal) } }
      let deadline = ContinuousClock.now + wait
      while true {
        left = left.filter(ProcessTable.isRunning)
        if left.isEmpty { return }
        if ContinuousClock.now > deadline { break }
        try await Task.sleep(for: .milliseconds(5))
      }
    }
    throw EmbeddedPostgresError(
      .stopFailed,
      "the server on \(home.dataDirectory) does not end (process \(left[0]))",
      advice: "its messages are in \(home.log.path)"
    )
  }
}
