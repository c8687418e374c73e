import TestSupport
import Testing
import TextEncoders

/// Expects that something is refused, in words that a user can act on and with the path at fault.
func expectRefusal(
  _ kind: EncoderError.Kind,
  _ message: String,
  at path: String,
  sourceLocation: SourceLocation = #_sourceLocation,
  _ body: () throws -> Void
) {
  let error = #expect(throws: EncoderError.self, sourceLocation: sourceLocation) { try body() }
  guard let error else { return }
  #expect(error.kind == kind, sourceLocation: sourceLocation)
  #expect(error.message.contains(message), sourceLocation: sourceLocation)
  #expect(error.message.contains(path), sourceLocation: sourceLocation)
  expectReadable(error, sourceLocation: sourceLocation)
}

extension SmallModel {
  /// Writes the model and expects that it is refused as bad data, in words that a user can act on.
  func expectRefusal(
    _ message: String,
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    try TextEncodersTests.expectRefusal(
      .badData,
      message,
      of: write(),
      sourceLocation: sourceLocation
    )
  }
}

/// Expects that a model folder is refused.
func expectRefusal(
  _ kind: EncoderError.Kind,
  _ message: String,
  of model: ScratchFolder,
  sourceLocation: SourceLocation = #_sourceLocation
) {
  expectRefusal(kind, message, at: model.path, sourceLocation: sourceLocation) {
    _ = try BERTEncoder(folder: model.path)
  }
}

/// Expects two short lines, a message and an advice, without what only a programmer knows.
func expectReadable(
  _ error: EncoderError,
  sourceLocation: SourceLocation = #_sourceLocation
) {
  for line in [error.message, error.advice ?? ""] {
    #expect(!line.isEmpty && line.utf8.count < 700, sourceLocation: sourceLocation)
    #expect(!line.unicodeScalars.contains { $0.value < 32 }, sourceLocation: sourceLocation)
    for word in ["Swift", "Decoding", "Error", "Optional(", "nil", "Domain="] {
      #expect(!line.contains(word), sourceLocation: sourceLocation)
    }
  }
}
