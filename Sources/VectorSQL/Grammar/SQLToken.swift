/// One lexical piece of an SQL script, as psql's scanner sees it.
///
/// Tokens follow each other without holes: joined, their ranges are the script.
package struct SQLToken: Sendable, Hashable {
  /// What a token is, as far as it matters to where a statement ends.
  package enum Kind: Sendable, Hashable {
    case whitespace
    /// `-- …` up to, but without, the end of the line.
    case lineComment
    /// `/* … */`, nested ones included.
    case blockComment
    /// A keyword or an unquoted identifier.
    case word
    /// `"…"` or `U&"…"`.
    case quotedIdentifier
    /// `'…'` in any of its forms, and its continuations on following lines.
    case string
    /// `$tag$ … $tag$`.
    case dollarString
    case number
    /// `$1`.
    case parameter
    case openParenthesis
    case closeParenthesis
    case semicolon
    /// A backslash outside of quotes: the start of a psql command.
    case backslash
    /// An operator or any other single byte.
    case other
  }

  package let kind: Kind
  /// Byte offsets into the script.
  package let range: Range<Int>
  /// False for a quote or a comment that the end of the script cut off.
  package let isTerminated: Bool

  package init(kind: Kind, range: Range<Int>, isTerminated: Bool = true) {
    self.kind = kind
    self.range = range
    self.isTerminated = isTerminated
  }

  /// True for what neither starts nor belongs to a statement.
  package var isGap: Bool {
    switch kind {
    case .whitespace, .lineComment, .blockComment: true
    default: false
    }
  }
}
