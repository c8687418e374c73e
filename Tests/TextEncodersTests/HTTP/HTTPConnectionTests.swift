import TestSupport
import Testing
import TextEncoders

@Suite("Encoders over HTTP: connections, time", .timeLimit(.minutes(10)))
struct HTTPConnectionTests {
  @Test("A port that nothing listens at is tried five times")
  func refused() async throws {
    let pauses = PauseLog()
    let encoder = try HTTPEncoder.testOllama("127.0.0.1:1", pauses: pauses)
    await expectError(
      .unavailable,
      "Ollama at http://127.0.0.1:1 cannot be reached: connection refused (5 tries)",
      advice: "start it with `ollama serve`, or set OLLAMA_HOST to where it runs"
    ) {
      try await encoder.vectors(for: ["a"])
    }
    #expect(pauses.all.count == 4)
  }

  @Test("A host that has no address")
  func unknownHost() async throws {
    // Longer than a label may be: no resolver asks the network for it.
    let name = String(repeating: "a", count: 70)
    let encoder = try HTTPEncoder.testOllama(name)
    await #expect {
      try await encoder.vectors(for: ["a"])
    } throws: { error in
      let error = try #require(error as? EncoderError)
      #expect(error.kind == .unavailable)
      return error.message.hasPrefix(
        "Ollama at http://\(name):11434 cannot be reached: host name not found"
      )
    }
  }

  @Test("A server without TLS behind https")
  func plainServer() async throws {
    try await ScriptedServer.run { _, _ in
      .silence
    } _: { _, host in
      let encoder = try HTTPEncoder.testOllama("https://\(host)")
      await expectError(
        .unavailable,
        "Ollama at https://HOST cannot be trusted: it does not speak TLS; http:// may be right",
        host: host
      ) {
        try await encoder.vectors(for: ["a"])
      }
    }
  }

  @Test("A server that does not speak HTTP")
  func notHTTP() async throws {
    try await ScriptedServer.run { _, _ in
      Reply(parts: ["220 mail.example.org ESMTP\r\n"])
    } _: { _, host in
      let encoder = try HTTPEncoder.testOllama(host)
      await expectError(.badData, "Ollama at http://HOST does not answer in HTTP", host: host) {
        try await encoder.vectors(for: ["a"])
      }
    }
  }

  @Test(
    "The time is for the whole answer",
    arguments: [Reply.silence, Reply(parts: [Reply.cut("{").parts[0], "{\"embeddings\":[["])]
  )
  func timeout(reply: Reply) async throws {
    let pauses = PauseLog()
    try await ScriptedServer.run { _, _ in
      reply
    } _: { server, host in
      let time = ["OLLAMA_TIMEOUT": "30ms"]
      let encoder = try HTTPEncoder.testOllama(host, pauses: pauses, with: time)
      await expectError(
        .unavailable,
        "Ollama at http://HOST has not answered within 30 ms",
        advice: "raise OLLAMA_TIMEOUT (seconds, or 2m), or embed fewer texts at once",
        host: host
      ) {
        try await encoder.vectors(for: ["a"])
      }
      #expect(pauses.all.isEmpty)
    }
  }

  @Test("A cancelled task ends, and nobody is blamed", arguments: [false, true])
  func cancelled(isWithinAnswer: Bool) async throws {
    let (arrivals, arrival) = AsyncStream.makeStream(of: Void.self)
    try await ScriptedServer.run { _, _ in
      arrival.yield()
      return isWithinAnswer ? Reply(parts: [Reply.cut("").parts[0], "{"]) : .silence
    } _: { server, host in
      let encoder = try HTTPEncoder.testOllama(host)
      let task = Task { try await encoder.vectors(for: ["a"]) }
      for await _ in arrivals { break }
      task.cancel()
      await expectError(.cancelled, "cancelled") { try await task.value }
      #expect(server.requests.count == 1)
    }
  }

  @Test("A task that is cancelled in a pause ends")
  func cancelledInPause() async throws {
    try await ScriptedServer.run { _, _ in
      .status(503, "")
    } _: { server, host in
      var encoder = try HTTPEncoder.testOllama(host)
      encoder.retries.sleep = { _ in throw CancellationError() }
      await expectError(.cancelled, "cancelled") { try await encoder.vectors(for: ["a"]) }
      #expect(server.requests.count == 1)
    }
  }
}
