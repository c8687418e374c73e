import Configuration
public import PQClient
import SystemPackage

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

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
    "DBTOOL_DATABASE", "DBTOOL_CLUSTER", "DBTOOL_POSTGRES_BIN", "DBTOOL_LOCK_TIMEOUT", "NO_COLOR",
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
  ) async throws {
    project = try Project.find(from: directory)
    option = databaseURL
    var merged = environment
    var sources = environment.mapValues { _ in Source.environment }
    let path = (project?.directory ?? directory) + "/.env"
    let file: EnvironmentVariablesProvider
    do {
      file = try await EnvironmentVariablesProvider(
        environmentFilePath: FilePath(path),
        allowMissing: true
      )
    } catch {
      throw ActionError(.badData, "\(path): cannot be read as KEY=value lines", detail: "\(error)")
    }
    for name in ["DATABASE_URL"] + Self.connectionVariables + Self.otherVariables
    where merged[name] == nil {
      guard let value = try file.environmentValue(forName: name) else { continue }
      merged[name] = value
      sources[name] = .file(path)
    }
    self.environment = merged
    self.sources = sources
  }

  /// A variable's value, from the environment or `.env`; empty counts as unset.
  public subscript(name: String) -> String? { environment[name].flatMap { $0.isEmpty ? nil : $0 } }

  /// Where to connect, if anybody said so; nil means the embedded cluster.
  public var connection: (parameters: ConnectionParameters, source: String)? {
    if let option { return (ConnectionParameters(uri: option), "--database-url") }
    if let url = self["DATABASE_URL"] {
      return (ConnectionParameters(uri: url).filling(libpqKeywords), "DATABASE_URL")
    }
    let named = Self.connectionVariables.filter { self[$0] != nil }
    guard !named.isEmpty else { return nil }
    return (
      ConnectionParameters(libpqKeywords), named.joined(separator: ", ")
    )
  }

  /// What `.env` says in libpq's variables, as keywords: libpq itself only sees the process's own.
  private var libpqKeywords: [String: String] {
    let keywords = [
      "PGHOST": "host", "PGHOSTADDR": "hostaddr", "PGPORT": "port", "PGDATABASE": "dbname",
      "PGUSER": "user", "PGSERVICE": "service", "PGPASSWORD": "password", "PGPASSFILE": "passfile",
      "PGSSLMODE": "sslmode", "PGCONNECT_TIMEOUT": "connect_timeout", "PGOPTIONS": "options",
    ]
    var out: [String: String] = [:]
    for (variable, keyword) in keywords {
      guard case .file = sources[variable], let value = self[variable] else { continue }
      out[keyword] = value
    }
    return out
  }

  /// Every setting that has a value, secrets masked.
  public var values: [Value] {
    var out: [Value] = []
    if let option {
      out.append(
        Value(
          name: "--database-url",
          shown: Self.masked(url: option),
          value: option,
          source: .option("--database-url")
        )
      )
    }
    for name in ["DATABASE_URL"] + Self.connectionVariables + Self.otherVariables {
      guard let value = self[name] else { continue }
      let shown =
        switch name {
        case "DATABASE_URL": Self.masked(url: value)
        case "PGPASSWORD": "****"
        default: value
        }
      out.append(Value(name: name, shown: shown, value: value, source: sources[name] ?? .builtIn))
    }
    return out
  }

  private static func masked(url: String) -> String { ConnectionParameters(uri: url).description }
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
