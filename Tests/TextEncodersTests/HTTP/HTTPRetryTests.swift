import TestSupport
import Testing
import TextEncoders

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

@Suite("Encoders over HTTP: trying again", .timeLimit(.minutes(10)))
struct HTTPRetryTests {
  @Test("A server that is busy or fails is asked again", arguments: [408, 429, 502, 503, 504])
  func transient(status: Int) async throws {
    let pauses = PauseLog()
    try await ScriptedServer.run { _, number in
      number < 5 ? .status(status, #"{"error":"model is loading"}"#) : .ollama([[1, 2, 3]])
    } _: { server, host in
      let encoder = try HTTPEncoder.testOllama(host, pauses: pauses)
      let vectors = try await encoder.vectors(for: ["a"])
      #expect(vectors == [[1, 2, 3]])
      #expect(server.requests.count == 5)
      #expect(Set(server.requests.map(\.body)).count == 1)
    }
    #expect(pauses.all == [.milliseconds(500), .seconds(1), .seconds(2), .seconds(4)])
  }

  @Test("A server that fails over some texts twice, and embeds another, has refused those texts")
  func poison() async throws {
    let pauses = PauseLog()
    try await ScriptedServer.run { request, _ in
      request.body.contains("poison") ? .status(500, "EOF") : .ollama([[1, 2, 3]])
    } _: { server, host in
      let encoder = try HTTPEncoder.testOllama(host, pauses: pauses)
      await expectError(
        .text,
        "Ollama at http://HOST answers 500 Internal Server Error: EOF, but embeds another text (2 tries)",
        host: host
      ) {
        try await encoder.vectors(for: ["well", "poison"])
      }
      #expect(server.requests.count == 3)
    }
    #expect(pauses.all == [.milliseconds(500)])
  }

  @Test("A server that fails over every text is asked five times, and once for another text")
  func broken() async throws {
    try await ScriptedServer.run { _, _ in
      .status(500, "EOF")
    } _: { server, host in
      let encoder = try HTTPEncoder.testOllama(host)
      await expectError(
        .unavailable,
        "Ollama at http://HOST answers 500 Internal Server Error: EOF (5 tries)",
        host: host
      ) {
        try await encoder.vectors(for: ["poison"])
      }
      #expect(server.requests.count == 6)
      #expect(server.requests.filter { $0.body.contains("poison") }.count == 5)
    }
  }

  @Test("A server that fails and is up again has refused nothing")
  func recovered() async throws {
    try await ScriptedServer.run { _, number in
      number < 5 ? .status(500, "EOF") : .ollama([[1, 2, 3]])
    } _: { server, host in
      let vectors = try await HTTPEncoder.testOllama(host).vectors(for: ["b"])
      #expect(vectors == [[1, 2, 3]])
      #expect(server.requests.count == 5)
    }
  }

  @Test("Five tries are enough")
  func exhausted() async throws {
    try await ScriptedServer.run { _, _ in
      .status(503, #"{"error":"model is loading"}"#)
    } _: { server, host in
      let encoder = try HTTPEncoder.testOllama(host)
      await expectError(
        .unavailable,
        "Ollama at http://HOST answers 503 Service Unavailable: model is loading (5 tries)",
        host: host
      ) {
        try await encoder.vectors(for: ["a"])
      }
      #expect(server.requests.count == 5)
    }
  }

  @Test("The jitter is the whole of the backoff")
  func jitter() {
    let pauses = PauseLog()
    for (random, wanted) in [(0.0, Duration.zero), (0.25, .seconds(1)), (1, .seconds(4))] {
      #expect(pauses.policy(random: random).pause(afterTry: 4, asked: nil) == wanted)
    }
    #expect(
      pauses.policy(random: 0.5).pause(afterTry: 1, asked: .seconds(7)) == .milliseconds(7250)
    )
  }

  @Test(
    "A Retry-After is waited for, in seconds or as a date",
    arguments: [
      ("7", Duration.milliseconds(7500)),
      ("0", .milliseconds(500)),
      ("120", .seconds(120)),
      ("1.5", .seconds(2)),
      ("Sun, 06 Nov 1994 12:00:30 GMT", .milliseconds(30500)),
      ("Sun, 06 Nov 1994 11:00:00 GMT", .milliseconds(500)),
      ("soon", .milliseconds(500)),
      ("-5", .milliseconds(500)),
    ]
  )
  func retryAfter(value: String, pause: Duration) async throws {
    let pauses = PauseLog()
    try await ScriptedServer.run { _, number in
      number == 1 ? .status(429, "slow down", ["retry-after": value]) : .ollama([[1, 2, 3]])
    } _: { _, host in
      _ = try await HTTPEncoder.testOllama(host, pauses: pauses).vectors(for: ["a"])
    }
    #expect(pauses.all == [pause])
  }

  @Test(
    "A Retry-After of more than two minutes is not waited for",
    arguments: [
      ("600", "600"), ("99999999999999999999999", "3000000000"),
      ("Sun, 06 Nov 1994 13:00:00 GMT", "3600"),
    ]
  )
  func longRetryAfter(value: String, seconds: String) async throws {
    let pauses = PauseLog()
    try await ScriptedServer.run { _, _ in
      .status(429, "slow down", ["retry-after": value])
    } _: { server, host in
      let encoder = try HTTPEncoder.testOllama(host, pauses: pauses)
      await expectError(
        .unavailable,
        "Ollama at http://HOST answers 429 Too Many Requests: slow down,"
          + " and asks for a pause of \(seconds) s; 120 s is the most that is waited",
        advice: "try again later",
        host: host
      ) {
        try await encoder.vectors(for: ["a"])
      }
      #expect(server.requests.count == 1)
    }
    #expect(pauses.all.isEmpty)
  }

  @Test(
    "HTTP dates",
    arguments: [
      ("Sun, 06 Nov 1994 08:49:37 GMT", 784_111_777.0), ("Thu, 01 Jan 1970 00:00:00 GMT", 0),
      ("Thu, 29 Feb 2024 23:59:59 GMT", 1_709_251_199), ("Sun, 06 Foo 1994 08:49:37 GMT", nil),
      ("Sun, 06 Nov 1994 08:49:37 CET", nil), ("Sunday, 06-Nov-94 08:49:37 GMT", nil), ("", nil),
    ] as [(String, Double?)]
  )
  func httpDate(text: String, seconds: Double?) {
    let policy = RetryPolicy(now: { Date(timeIntervalSince1970: 0) })
    #expect(policy.pause(asked: text) == seconds.map { .seconds($0) })
  }

  @Test("A connection that ends within an answer is tried again, and the next one serves")
  func cut() async throws {
    try await ScriptedServer.run { _, number in
      switch number {
      case 1: .cut("{\"embeddings\":[[1,")
      case 2: .silence.closing
      default: .ollama([[1, 2, 3]])
      }
    } _: { server, host in
      let vectors = try await HTTPEncoder.testOllama(host).vectors(for: ["a"])
      #expect(vectors == [[1, 2, 3]])
      #expect(server.requests.count == 3)
    }
  }

  @Test("A connection that always ends within the answer")
  func alwaysCut() async throws {
    try await ScriptedServer.run { _, _ in
      .cut("{")
    } _: { server, host in
      let encoder = try HTTPEncoder.testOllama(host)
      await expectError(
        .unavailable,
        "Ollama at http://HOST closes the connection before its answer is complete (5 tries)",
        host: host
      ) {
        try await encoder.vectors(for: ["a"])
      }
      #expect(server.requests.count == 5)
    }
  }
}
