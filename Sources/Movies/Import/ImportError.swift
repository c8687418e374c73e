/// Why an import stopped, with the place in the file; nothing was changed in the database.
///
/// It prints as at most three parts, each a line: what and where, the server's own words, what to do.
package struct ImportError: Error, Sendable, Hashable, CustomStringConvertible {
  /// What kind of failure it is; the command line turns it into its exit code.
  package enum Category: Sendable, Hashable {
    /// The command asks for something that cannot be: a folder instead of a file, rows in the way.
    case usage
    /// The file's content is not what it should be.
    case badData
    /// The file, or a table named in it, is not there.
    case absent
    /// The file may not be read.
    case rights
    /// A program or a table that the import needs is missing.
    case configuration
  }

  /// What kind of failure it is.
  package let category: Category
  /// The file as the caller named it.
  package let path: String
  /// The line in the file, from 1.
  package var line: Int?
  /// The column in that line, in characters from 1.
  package var column: Int?
  /// What is wrong, in one sentence without its full stop.
  package let sentence: String
  /// What the server or a program that was asked for help said about it.
  package var detail: String?
  /// What the user can do about it.
  package var advice: String?

  init(
    _ category: Category,
    path: String,
    line: Int? = nil,
    column: Int? = nil,
    _ sentence: String,
    detail: String? = nil,
    advice: String? = nil
  ) {
    self.category = category
    self.path = path
    self.line = line
    self.column = column
    self.sentence = sentence
    self.detail = detail
    self.advice = advice
  }

  /// The file with line and column, as compilers write it: `shows.csv:12:3`.
  package var place: String {
    ([path] + [line, column].compactMap { $0.map(String.init) }).joined(separator: ":")
  }

  /// The place and the sentence, then the detail and the advice where there are any.
  package var description: String {
    (["\(place): \(sentence)"] + [detail, advice].compactMap { $0 }).joined(separator: "\n")
  }
}
