/// The five characters by which PostgreSQL classifies an error (manual, appendix A).
public struct SQLState: Sendable, Hashable, RawRepresentable, CustomStringConvertible {
  /// The five characters.
  public let rawValue: String

  /// A code as the server sent it.
  public init(rawValue: String) { self.rawValue = rawValue }

  /// The five characters.
  public var description: String { rawValue }

  /// The first two characters: the class of the condition.
  public var conditionClass: String { String(rawValue.prefix(2)) }

  /// `feature_not_supported`.
  public static let featureNotSupported = SQLState(rawValue: "0A000")
  /// `unique_violation`.
  public static let uniqueViolation = SQLState(rawValue: "23505")
  /// `active_sql_transaction`: a transaction is open where none may be.
  public static let activeTransaction = SQLState(rawValue: "25001")
  /// `no_active_sql_transaction`.
  public static let noActiveTransaction = SQLState(rawValue: "25P01")
  /// `in_failed_sql_transaction`.
  public static let inFailedTransaction = SQLState(rawValue: "25P02")
  /// `read_only_sql_transaction`.
  public static let readOnlyTransaction = SQLState(rawValue: "25006")
  /// `invalid_authorization_specification`.
  public static let invalidAuthorization = SQLState(rawValue: "28000")
  /// `invalid_password`.
  public static let invalidPassword = SQLState(rawValue: "28P01")
  /// `invalid_catalog_name`: the database does not exist.
  public static let databaseMissing = SQLState(rawValue: "3D000")
  /// `invalid_schema_name`.
  public static let schemaMissing = SQLState(rawValue: "3F000")
  /// `deadlock_detected`.
  public static let deadlockDetected = SQLState(rawValue: "40P01")
  /// `insufficient_privilege`.
  public static let insufficientPrivilege = SQLState(rawValue: "42501")
  /// `syntax_error`.
  public static let syntaxError = SQLState(rawValue: "42601")
  /// `undefined_table`.
  public static let undefinedTable = SQLState(rawValue: "42P01")
  /// `undefined_column`.
  public static let undefinedColumn = SQLState(rawValue: "42703")
  /// `undefined_object`: a type, a setting, an operator class.
  public static let undefinedObject = SQLState(rawValue: "42704")
  /// `undefined_function`.
  public static let undefinedFunction = SQLState(rawValue: "42883")
  /// `lock_not_available`.
  public static let lockNotAvailable = SQLState(rawValue: "55P03")
  /// `query_canceled`: a cancel request, or a statement timeout.
  public static let queryCanceled = SQLState(rawValue: "57014")
  /// `undefined_file`: the extension's files are not on the server.
  public static let undefinedFile = SQLState(rawValue: "58P01")
}
