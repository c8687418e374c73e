/// Makes a server's programs readable for the user who shall run them.
///
/// Root's server runs as another user, who cannot read a checkout below `/root`. PostgreSQL finds its files
/// relative to its programs, so that a copy of the three directories works anywhere.
enum InstallationCopy {
  /// The installation itself, or where `user` cannot reach it, a copy in the user's directory.
  ///
  /// - Throws: `EmbeddedPostgresError` when it cannot be copied.
  static func readable(
    _ installation: EmbeddedServerInstallation,
    by user: ServerUser,
    copyingInto directory: String
  ) async throws -> EmbeddedServerInstallation {
    if user.canReach(installation.binDirectory) && user.canReach(installation.shareDirectory) {
      return installation
    }
    let prefix = Files.parent(of: installation.binDirectory)
    guard Files.canonical(installation.shareDirectory).hasPrefix(prefix + "/") else {
      throw EmbeddedPostgresError(
        .notPermitted,
        "the user of the server may not read \(installation.shareDirectory)",
        advice: "make it readable for all, or name another PostgreSQL in DBTOOL_POSTGRES_BIN"
      )
    }
    // A server that was replaced by another version in the same place is another server.
    let identity =
      "\(prefix) \(installation.version) \(installation.pgvectorVersion?.description ?? "")"
    let target = "\(directory)/server-\(ClusterPlace.digest(identity))"
    if !Files.exists(target) {
      for old in Files.list(directory) where old.hasPrefix("server-") {
        try Files.remove("\(directory)/\(old)")
      }
      try await copy(prefix, to: target)
    }

    let copied = Layout(prefix: prefix, below: target).prefix
    return EmbeddedServerInstallation(
      binDirectory: copied + "/bin",
      shareDirectory: copied + installation.shareDirectory.dropFirst(prefix.count),
      version: installation.version,
      pgvectorVersion: installation.pgvectorVersion
    )
  }

  /// Keeps the last two names of the path: programs find bundled libraries in `../../../NAME.libs`.
  private struct Layout {
    let package: String
    let prefix: String

    init(prefix original: String, below target: String) {
      package = target + "/" + Files.name(of: Files.parent(of: original))
      prefix = package + "/" + Files.name(of: original)
    }
  }

  private static func copy(_ prefix: String, to target: String) async throws {
    let scratch = target + ".unfinished"
    defer { try? Files.remove(scratch) }

    let layout = Layout(prefix: prefix, below: scratch)
    try Files.makeDirectory(layout.prefix, permissions: 0o755)
    let parts = ["bin", "lib", "share"].map { "\(prefix)/\($0)" }.filter(Files.exists)
    try await require("/bin/cp", ["-R"] + parts + [layout.prefix])
    let bundle = Files.parent(of: Files.parent(of: prefix))
    let libraries = Files.list(bundle).filter { $0.hasSuffix(".libs") }.map { "\(bundle)/\($0)" }
    if !libraries.isEmpty { try await require("/bin/cp", ["-R"] + libraries + [scratch]) }
    try await require("/bin/chmod", ["-R", "a+rX", scratch])
    try Files.move(scratch, to: target)
  }

  private static func require(_ program: String, _ arguments: [String]) async throws {
    let outcome = try await Program.run(program, arguments)
    guard outcome.succeeded else {
      throw EmbeddedPostgresError(
        .startFailed,
        "could not copy the server for the user who runs it: \(program) failed",
        logTail: outcome.errors.split(separator: "\n").suffix(1).map(String.init),
        advice: "look at the space there"
      )
    }
  }
}
