import EmbeddedPostgres
public import PQClient

/// The settings of a run, each with the place that it came from.
///
/// A value on the command line wins, then the process's environment, then the project's `.env`.
public struct Settings: Sendable {
  /// Where a value came from.
  public enum Source: Sendable, Hashable, CustomStringConvertible {
    /// An option of this call.
    case option(String)
    /// A variable of the process.
    case environment
    /// A line of a file.
    case file(String)
    /// Nobody said anything.
    case builtIn

    /// Names the place.
    public var description: String {
      switch self {
      case .option(let name): "option \(name)"
      case .environment: "environment"
      case .file(let path): path
      case .builtIn: "default"
      }
    }
  }

  /// A setting with its source.
  public struct Value: Sendable, Hashable {
    /// The variable's name.
    public let name: String
    /// The value, masked where it is a secret.
    public let shown: String
    /// The value itself.
    let value: String
    /// Where it came from.
    public let source: Source
  }

  /// The project, where there is one.
  public let project: Project?
  /// The process's variables with those of `.env` behind them.
  public let environment: [String: String]
  private let sources: [String: Source]
  private let option: String?

  /// libpq's variables that say where to connect; any of them means that a connection is configured.
  static let connectionVariables = [
    "PGHOST", "PGHOSTADDR", "PGPORT", "PGDATABASE", "PGUSER", "PGSERVICE",
  ]
  /// What `dbtool config` shows besides.
  static let otherVariables = [
    "PGPASSWORD", "PGPASSFILE", "PGSSLMODE", "PGCONNECT_TIMEOUT", "PGOPTIONS",
    "DBTOOL_DATABASE", "DBTOOL_CLUSTER", "DBTOOL_POSTGRES_BIN", "DBTOOL_MODELS",
    "DBTOOL_SIMD", "DBTOOL_LOCK_TIMEOUT", "NO_COLOR",
    "OLLAMA_HOST", "OLLAMA_EMBEDDING_MODEL", "OLLAMA_TIMEOUT", "OPENAI_API_KEY", "OPENAI_BASE_URL",
    "EMBEDDING_BATCH_SIZE", "MAX_WORKERS",
  ]

  /// Gathers the settings.
  ///
  /// - Parameters:
  ///   - databaseURL: The value of `--database-url`.
  ///   - directory: The folder to look for a project from.
  ///   - environment: The process's variables.
  /// - Throws: ``ActionError`` for a `.env` or `dbtool.json` that cannot be read.
  public init(
    databaseURL: String?,
    directory: String,
    environment: [String: String]
  ) throws(ActionError) {
    project = try Project.find(from: directory)
    option = databaseURL
    var merged = environment
    var sources = environment.mapValues { _ in Source.environment }
    let path = (project?.directory ?? directory) + "/.env"
    let names = ["DATABASE_URL"] + Self.connectionVariables + Self.otherVariables
    let file = try EnvironmentFile(path: path, known: Set(names))
    for name in names where merged[name] == nil {
      guard let value = file.values[name] else { continue }
      merged[name] = value
      sources[name] = .file(path)
    }
    try Self.checkDatabaseName(merged["DBTOOL_DATABASE"])
    self.environment = merged
    self.sources = sources
  }

  /// libpq would take a name with `=` or `://` for a whole connection string.
  private static func checkDatabaseName(_ name: String?) throws(ActionError) {
    guard let name, !name.isEmpty else { return }
    let isPlain = !name.contains("=") && !name.contains("://") && name.utf8.count <= 63
    guard isPlain, !["template0", "template1"].contains(name) else {
      throw ActionError(
        .usage,
        "DBTOOL_DATABASE is no plain name of a database",
        advice: "it names one in the embedded cluster, at most 63 bytes; elsewhere use DATABASE_URL"
      )
    }
  }

  /// Where unpacked servers and models may be: the project's folder, and those beside the program.
  var toolsDirectories: [String] {
    InstallationSearch.toolsDirectories(
      project: project?.directory,
      executable: CommandLine.arguments.first.flatMap(Executable.path)
    )
  }

  /// A variable's value, from the environment or `.env`; empty counts as unset.
  public subscript(name: String) -> String? { environment[name].flatMap { $0.isEmpty ? nil : $0 } }

  /// A connection that somebody configured.
  public struct Connection: Sendable {
    /// What libpq is given.
    public let parameters: ConnectionParameters
    /// Where it came from.
    public let source: String
    /// The parameters for people, without the password.
    public let shown: String
    private let text: ConnectionText?

    fileprivate init(_ text: ConnectionText, filling others: [String: String]) {
      self.text = text
      parameters = text.parameters.filling(others)
      source = text.source
      shown = text.isReadable ? parameters.description : text.shown
    }

    fileprivate init(
      _ keywords: [String: String],
      source: String,
      shown: ConnectionParameters
    ) {
      text = nil
      parameters = ConnectionParameters(keywords)
      self.source = source
      self.shown = shown.description
    }

    /// Refuses a URL that libpq would misread, without repeating it.
    ///
    /// - Throws: ``ActionError`` of category `usage`.
    public func check() throws(ActionError) { try text?.check() }
  }

  /// Where to connect, if anybody said so; nil means the embedded cluster.
  public var connection: Connection? {
    if let url { return Connection(url, filling: libpqKeywords) }
    let named = Self.connectionVariables.filter { self[$0] != nil }
    guard !named.isEmpty else { return nil }
    return Connection(
      libpqKeywords,
      source: named.joined(separator: ", "),
      shown: ConnectionParameters(keywords(from: Self.keywords.keys.map(\.self)))
    )
  }

  private var url: ConnectionText? {
    if let option { return ConnectionText(text: option, source: "--database-url") }
    return self["DATABASE_URL"].map { ConnectionText(text: $0, source: "DATABASE_URL") }
  }

  private static let keywords = [
    "PGHOST": "host", "PGHOSTADDR": "hostaddr", "PGPORT": "port", "PGDATABASE": "dbname",
    "PGUSER": "user", "PGSERVICE": "service", "PGPASSWORD": "password", "PGPASSFILE": "passfile",
    "PGSSLMODE": "sslmode", "PGCONNECT_TIMEOUT": "connect_timeout", "PGOPTIONS": "options",
  ]

  /// What `.env` says in libpq's variables, as keywords: libpq itself only sees the process's own.
  private var libpqKeywords: [String: String] {
    keywords(
      from: Self.keywords.keys.filter { name in
        if case .file = sources[name] { true } else { false }
      }
    )
  }

  private func keywords(from variables: [String]) -> [String: String] {
    var out: [String: String] = [:]
    for variable in variables {
      if let keyword = Self.keywords[variable], let value = self[variable] { out[keyword] = value }
    }
    return out
  }

  /// An address without the credentials before its host.
  private static func masked(_ address: String) -> String {
    guard let at = address.lastIndex(of: "@") else { return address }
    let scheme = address.firstRange(of: "://").map { address[..<$0.upperBound] } ?? ""
    return scheme + "****" + address[at...]
  }

  /// Every setting that has a value, secrets masked.
  public var values: [Value] {
    var out: [Value] = []
    if let option {
      out.append(
        Value(
          name: "--database-url",
          shown: ConnectionText(text: option, source: "").shown,
          value: option,
          source: .option("--database-url")
        )
      )
    }
    for name in ["DATABASE_URL"] + Self.connectionVariables + Self.otherVariables {
      guard let value = self[name] else { continue }
      let shown =
        switch name {
        case "DATABASE_URL": ConnectionText(text: value, source: "").shown
        case "PGPASSWORD", "OPENAI_API_KEY": "****"
        case "OLLAMA_HOST", "OPENAI_BASE_URL": Self.masked(value)
        default: value
        }
      out.append(Value(name: name, shown: shown, value: value, source: sources[name] ?? .builtIn))
    }
    return out
  }
}

extension ConnectionParameters {
  /// These parameters, completed by others where they say nothing.
  fileprivate func filling(_ others: [String: String]) -> ConnectionParameters {
    guard let own = try? parsed() else { return self }
    return others.reduce(self) { parameters, other in
      own[other.key] == nil && other.key != "dbname"
        ? parameters.setting(other.key, to: other.value) : parameters
    }
  }
}
