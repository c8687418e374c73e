#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// Where a cluster's files live: all of the policy is in this file.
///
/// A project keeps its cluster in `.dbtool/`; what runs outside of one shares a cluster below the user's
/// state directory. The server of root runs as another user, who may be unable to enter that place
/// (a checkout below `/root`): then the cluster lives in `/var/lib/dbtool/`, and a file `location` in
/// the wanted place says where.
public enum ClusterPlace {
  /// The directory for a project's cluster, or for the one that is shared outside of projects.
  public static func directory(project: String?, environment: [String: String]) -> String {
    if let project { return project + "/.dbtool" }
    if let state = environment["XDG_STATE_HOME"], state.hasPrefix("/") { return state + "/dbtool" }
    return (environment["HOME"] ?? "") + "/.local/state/dbtool"
  }

  private static let sharedDirectory = "/var/lib/dbtool"

  /// The place that is really used for a wanted directory.
  static func resolve(_ wanted: String, for user: ServerUser) -> String {
    if let location = location(of: wanted) { return location }
    return user.canReach(wanted) ? wanted : sharedDirectory + "/" + digest(wanted)
  }

  /// Makes the place ready for the first cluster in it.
  static func create(_ place: String, wanted: String) throws {
    try Files.makeDirectory(wanted, permissions: 0o755)
    if place != wanted {
      try Files.makeDirectory(place, permissions: 0o755)
      if location(of: wanted) != place { try Files.write(place + "\n", to: locationFile(wanted)) }
    }
    // A project whose own .gitignore does not know this directory shall not commit databases.
    let ignore = wanted + "/.gitignore"
    if !Files.exists(ignore) { try Files.write(ignoreAll, to: ignore) }
  }

  /// Takes away what `create` made, if nothing else is in it.
  static func removeIfEmpty(_ place: String, wanted: String) {
    if place != wanted && rmdir(place) == 0 {
      try? Files.remove(locationFile(wanted))
      rmdir(sharedDirectory)
    }
    if Files.list(wanted) == [".gitignore"], Files.text(wanted + "/.gitignore") == ignoreAll {
      try? Files.remove(wanted)
    }
  }

  private static let ignoreAll = "*\n"

  /// The folder of the server's socket: beside its data where the path is short enough.
  ///
  /// A socket's path has room for about a hundred bytes, and libpq takes a comma for the end of a host. The
  /// folder in /tmp is this cluster's alone, and the server touches its socket once an hour, which
  /// keeps the cleaners of /tmp away.
  static func socketDirectory(home: String) -> String {
    let beside = home + "/socket"
    let fits = beside.utf8.count <= longestSocketDirectory && !beside.contains(",")
    return fits ? beside : "/tmp/dbtool-" + digest(home)
  }

  static let longestSocketDirectory =
    MemoryLayout.size(ofValue: sockaddr_un().sun_path) - 1 - "/.s.PGSQL.5432".utf8.count

  /// A short name for a long path (FNV-1a, 64 bits).
  static func digest(_ path: String) -> String {
    let hash = path.utf8.reduce(UInt64(0xcbf2_9ce4_8422_2325)) { hash, byte in
      (hash ^ UInt64(byte)) &* 0x100_0000_01b3
    }
    return String(hash, radix: 36)
  }

  private static func locationFile(_ wanted: String) -> String { wanted + "/location" }

  private static func location(of wanted: String) -> String? {
    guard let line = Files.text(locationFile(wanted))?.split(separator: "\n").first else {
      return nil
    }
    return line.hasPrefix("/") ? String(line) : nil
  }
}
