/// A migration file that cannot be read: nothing has been sent to a server.
public struct MigrationParsingError: Error, Sendable, Hashable {
  /// What is wrong with the file.
  public enum Reason: Sendable, Hashable {
    /// The name does not start with digits, or does not end in `.sql`.
    case badName
    /// Another file has the same version.
    case sameVersion(as: String)
    /// A byte that is not UTF-8, or a NUL.
    case notUTF8
    /// There is no `-- migrate:up`.
    case noUpSection
    /// The section is there twice.
    case sectionTwice(String)
    /// `-- migrate:down` comes first.
    case downBeforeUp
    /// SQL stands before the first section.
    case textBeforeSections
    /// `-- migrate:` with a word that is neither `up` nor `down`.
    case unknownDirective(String)
    /// An option that is not `transaction:true` or `transaction:false`.
    case unknownOption(String)
    /// White space stands before a directive, which makes it a comment for other tools.
    case indentedDirective
    /// The end of the file came inside of a quote or a comment.
    case unterminated(String)
    /// A psql command other than `\restrict` and `\unrestrict`.
    case backslashCommand(String)
    /// The data of `COPY … FROM stdin` have no line `\.` at their end.
    case copyDataWithoutEnd
    /// Something follows `COPY … FROM stdin;` on its line.
    case textAfterCopy
    /// `COPY … TO stdout`: nobody would read it.
    case copyToStdout
    /// `BEGIN`, `COMMIT` and their like, in a section that is a transaction already.
    case transactionControl(String)
  }

  /// The file as it was named to the reader.
  public var file: String
  /// Where in the file, if the reason has a place.
  public var location: SourceLocation?
  /// What is wrong.
  public var reason: Reason
  /// The line and a caret under the place, if there is one.
  public var excerpt: String?

  init(_ reason: Reason, file: String) {
    self.reason = reason
    self.file = file
  }

  init(_ reason: Reason, at offset: Int, in source: SourceText) {
    self.reason = reason
    self.file = source.name
    self.location = source.location(of: offset)
    self.excerpt = reason == .notUTF8 ? nil : source.excerpt(at: offset)
  }
}

extension MigrationParsingError: CustomStringConvertible {
  /// `file:line:column: what is wrong`.
  public var description: String {
    guard let location else { return "\(file): \(problem)" }
    return "\(file):\(location): \(problem)"
  }

  /// What is wrong, as a sentence without its end.
  public var problem: String {
    switch reason {
    case .badName: "a migration is named VERSION_name.sql, where VERSION is digits"
    case .sameVersion(let other): "has the same version as \(other)"
    case .notUTF8: "is not UTF-8 here"
    case .noUpSection: "has no '-- migrate:up' line"
    case .sectionTwice(let name): "a second '-- migrate:\(name)'"
    case .downBeforeUp: "'-- migrate:down' before '-- migrate:up'"
    case .textBeforeSections: "SQL before '-- migrate:up'"
    case .unknownDirective(let name): "unknown directive 'migrate:\(name)'"
    case .unknownOption(let option): "unknown option '\(option)'"
    case .indentedDirective: "a directive starts at the beginning of its line"
    case .unterminated(let what): "\(what) has no end"
    case .backslashCommand(let name): "psql's command \\\(name) does not work in a migration"
    case .copyDataWithoutEnd: "the data of COPY … FROM stdin have no line '\\.' at their end"
    case .textAfterCopy: "the data of COPY … FROM stdin start on the next line"
    case .copyToStdout: "COPY … TO stdout has no reader in a migration"
    case .transactionControl(let word): "\(word) inside of the migration's own transaction"
    }
  }

  /// What to do about it.
  public var advice: String {
    switch reason {
    case .badName: "Rename it (dbtool migrate new NAME makes a right one) or move it elsewhere."
    case .sameVersion: "Give one of the two another version."
    case .notUTF8: "Save the file as UTF-8."
    case .noUpSection: "Put '-- migrate:up' on a line of its own before the SQL."
    case .sectionTwice: "Make it two files: each is recorded by itself."
    case .downBeforeUp, .textBeforeSections: "Put '-- migrate:up' first."
    case .unknownDirective: "There are '-- migrate:up' and '-- migrate:down'."
    case .unknownOption: "There is 'transaction:false'."
    case .indentedDirective: "Remove the white space before it."
    case .unterminated: "Close it."
    case .backslashCommand: "Write SQL in its place."
    case .copyDataWithoutEnd: "End the data with a line of '\\.' alone."
    case .textAfterCopy: "Move what follows after the data."
    case .copyToStdout: "Remove it."
    case .transactionControl:
      "Remove it, or say 'transaction:false' after the section's directive."
    }
  }
}
