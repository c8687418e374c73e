import Synchronization
import TestSupport
import Testing
import TextEncoders

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// Pauses that take no time, kept to be looked at.
final class PauseLog: Sendable {
  private let pauses = Mutex<[Duration]>([])

  var all: [Duration] { pauses.withLock { $0 } }

  /// A policy that waits for nothing, with this much of the jitter, at noon of 6 November 1994.
  func policy(random: Double = 1) -> RetryPolicy {
    RetryPolicy(
      sleep: { pause in self.pauses.withLock { $0.append(pause) } },
      random: { random },
      now: { Date(timeIntervalSince1970: 784_123_200) }
    )
  }
}

extension HTTPEncoder {
  /// Ollama's encoder of three elements for a test's server, whose pauses take no time.
  static func testOllama(
    _ host: String,
    dimension: Int = 3,
    pauses: PauseLog = PauseLog(),
    with more: [String: String] = [:]
  ) throws -> HTTPEncoder {
    let environment = more.merging(["OLLAMA_HOST": host]) { own, _ in own }
    var encoder = try ollama(model: "minilm", dimension: dimension, environment: environment)
    encoder.retries = pauses.policy()
    return encoder
  }

  /// The same for OpenAI's interface, under the path `/v1`.
  static func testOpenAI(
    _ host: String,
    model: String = "minilm",
    dimension: Int = 3,
    pauses: PauseLog = PauseLog(),
    with more: [String: String] = [:]
  ) throws -> HTTPEncoder {
    let environment = more.merging(["OPENAI_BASE_URL": "http://\(host)/v1"]) { own, _ in own }
    var encoder = try openAI(model: model, dimension: dimension, environment: environment)
    encoder.retries = pauses.policy()
    return encoder
  }
}

/// Expects an error of a kind whose message is this, `HOST` standing for the server's `host:port`, or
/// another word for another part that differs from run to run.
func expectError(
  _ kind: EncoderError.Kind,
  _ message: String,
  advice: String? = nil,
  host: String = "",
  shownAs word: String = "HOST",
  sourceLocation: SourceLocation = #_sourceLocation,
  from body: () async throws -> some Sendable
) async {
  await #expect(sourceLocation: sourceLocation) {
    _ = try await body()
  } throws: { error in
    let error = try #require(error as? EncoderError, sourceLocation: sourceLocation)
    #expect(error.kind == kind, sourceLocation: sourceLocation)
    let shown = host.isEmpty ? error.message : error.message.replacing(host, with: word)
    #expect(shown == message, sourceLocation: sourceLocation)
    if let advice { #expect(error.advice == advice, sourceLocation: sourceLocation) }
    return true
  }
}

extension ScratchFolder {
  /// Expects an error whose message names files without this folder.
  func expectRefusal(
    _ kind: EncoderError.Kind,
    _ message: String,
    advice: String? = nil,
    sourceLocation: SourceLocation = #_sourceLocation,
    from body: () throws -> some Sendable
  ) async {
    await expectError(
      kind,
      message,
      advice: advice,
      host: path + "/",
      shownAs: "",
      sourceLocation: sourceLocation,
      from: body
    )
  }
}
