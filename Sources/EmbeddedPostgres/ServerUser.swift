#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// The operating-system user that runs the server: the caller, but never root.
package struct ServerUser: Sendable {
  let id: uid_t
  let group: gid_t
  /// True when the caller is root and the server's programs must be started as somebody else.
  package let isDropped: Bool

  /// Chooses the user; for root it is the owner of what exists at `path`, else an account made for this.
  ///
  /// - Throws: `EmbeddedPostgresError` when root has no unprivileged user to drop to.
  package init(owning path: String? = nil) throws {
    guard geteuid() == 0 else {
      (id, group, isDropped) = (geteuid(), getegid(), false)
      return
    }
    if let owner = path.flatMap(Files.ownership), owner.user != 0 {
      (id, group, isDropped) = (owner.user, owner.group, true)
      return
    }
    for name in ["postgres", "_postgres", "nobody"] {
      guard let entry = getpwnam(name) else { continue }
      (id, group, isDropped) = (entry.pointee.pw_uid, entry.pointee.pw_gid, true)
      return
    }
    throw EmbeddedPostgresError(
      .notPermitted,
      "PostgreSQL refuses to run as root, and there is no user postgres or nobody to run it",
      advice: "create one (useradd --system postgres), or run dbtool as an ordinary user"
    )
  }

  #if os(Linux)
  /// The start of a command line that runs the rest of it as this user.
  ///
  /// - Throws: `EmbeddedPostgresError` where the system has no `setpriv`.
  var setpriv: [String] {
    get throws {
      guard let path = ["/usr/bin/setpriv", "/bin/setpriv"].first(where: Files.exists) else {
        throw EmbeddedPostgresError(
          .notPermitted,
          "PostgreSQL refuses to run as root, and there is no setpriv to start it as another user",
          advice: "install util-linux, or run dbtool as an ordinary user"
        )
      }
      return [path, "--reuid", "\(id)", "--regid", "\(group)", "--clear-groups", "--"]
    }
  }
  #endif

  /// Makes a directory that this user alone may enter (root may anyway).
  func makePrivateDirectory(_ path: String) throws {
    try Files.makeDirectory(path, permissions: 0o700)
    try own(path)
  }

  func own(_ path: String) throws {
    if isDropped { try Files.give(path, to: id, group) }
  }

  /// Whether this user may pass through every existing directory of the path.
  ///
  /// Parts that do not exist yet are made by dbtool, and enterable.
  func canReach(_ path: String) -> Bool {
    guard isDropped else { return true }
    var existing = path
    while !Files.exists(existing) && existing != "/" { existing = Files.parent(of: existing) }
    existing = Files.canonical(existing)
    while true {
      guard mayEnter(existing) else { return false }
      if existing == "/" { return true }
      existing = Files.parent(of: existing)
    }
  }

  private func mayEnter(_ path: String) -> Bool {
    guard let found = Files.ownership(path) else { return false }
    if found.user == id { return found.permissions & 0o100 != 0 }
    if found.group == group { return found.permissions & 0o010 != 0 }
    return found.permissions & 0o001 != 0
  }
}
