import Testing
import TextEncoders

/// A refusal that is not tried again, and the error for it.
struct Refusal: Sendable, CustomTestStringConvertible {
  let status: Int
  let body: String
  let kind: EncoderError.Kind
  let words: String
  let advice: String?
  var testDescription: String { words }

  init(
    _ status: Int,
    _ body: String,
    _ kind: EncoderError.Kind,
    _ words: String,
    advice: String? = nil
  ) {
    (self.status, self.body, self.kind) = (status, body, kind)
    (self.words, self.advice) = (words, advice)
  }
}
