import Testing
import TextEncoders

@Suite("Encoders over HTTP: settings")
struct HTTPSettingsTests {
  @Test(
    "Every form of OLLAMA_HOST",
    arguments: [
      ("", "http://127.0.0.1:11434"),
      ("  ", "http://127.0.0.1:11434"),
      ("gpu", "http://gpu:11434"),
      ("gpu:8080", "http://gpu:8080"),
      ("\"gpu:8080\"", "http://gpu:8080"),
      (":8080", "http://127.0.0.1:8080"),
      ("0.0.0.0", "http://127.0.0.1:11434"),
      ("0.0.0.0:8080", "http://127.0.0.1:8080"),
      ("http://0.0.0.0:11434", "http://127.0.0.1:11434"),
      ("http://gpu", "http://gpu"),
      ("http://gpu:80", "http://gpu"),
      ("HTTPS://gpu", "https://gpu"),
      ("https://gpu:11434/", "https://gpu:11434"),
      ("https://example.org/ollama/", "https://example.org/ollama"),
      ("::1", "http://[::1]:11434"),
      ("[::1]", "http://[::1]:11434"),
      ("[::1]:8080", "http://[::1]:8080"),
      ("[::]:8080", "http://[::1]:8080"),
      ("http://[fe80::1]:8080/x", "http://[fe80::1]:8080/x"),
      ("ann:secret@gpu", "http://****@gpu:11434"),
      ("https://ann:secret@gpu/x", "https://****@gpu/x"),
    ]
  )
  func address(text: String, shown: String) throws {
    let encoder = try HTTPEncoder.ollama(
      model: "m",
      dimension: 3,
      environment: ["OLLAMA_HOST": text]
    )
    #expect(encoder.address == shown)
  }

  @Test(
    "An address that cannot be read is not repeated",
    arguments: [
      ("ftp://gpu", "is neither http nor https"),
      ("gpu:http", "has no host, or a port that is not between 1 and 65535"),
      ("gpu:0", "has no host, or a port that is not between 1 and 65535"),
      ("gpu:65536", "has no host, or a port that is not between 1 and 65535"),
      ("my gpu", "has no host, or a port that is not between 1 and 65535"),
      ("[::1]8080", "has no host, or a port that is not between 1 and 65535"),
      ("[gpu]:8080", "has no host, or a port that is not between 1 and 65535"),
      ("http://gpu/a b", "has a path that no URL can have, or a query"),
      ("http://gpu/?a=b", "has a path that no URL can have, or a query"),
      ("http://ann:sec/ret@gpu", "has a path that no URL can have, or a query"),
    ]
  )
  func badAddress(text: String, words: String) async {
    await expectError(
      .configuration,
      "OLLAMA_HOST \(words)",
      advice: "write host, host:port or http://host:port, with %40 for @ in a password"
    ) {
      try HTTPEncoder.ollama(model: "m", dimension: 3, environment: ["OLLAMA_HOST": text])
    }
  }

  @Test(
    "OPENAI_BASE_URL is a whole URL",
    arguments: [
      ("gpu:8000", "does not begin with http:// or https://"), ("http://", "has no host"),
    ]
  )
  func badBase(text: String, words: String) async {
    await expectError(.configuration, "OPENAI_BASE_URL \(words)") {
      try HTTPEncoder.openAI(model: "m", dimension: 3, environment: ["OPENAI_BASE_URL": text])
    }
  }

  @Test("OpenAI itself wants a key, other servers do not")
  func key() async throws {
    await expectError(
      .configuration,
      "https://api.openai.com/v1 wants a key, and OPENAI_API_KEY is not set",
      advice: "set OPENAI_API_KEY, or OPENAI_BASE_URL to a server that wants none"
    ) {
      try HTTPEncoder.openAI(model: "m", dimension: 3, environment: ["OPENAI_API_KEY": ""])
    }
    let other = ["OPENAI_BASE_URL": "https://api.example.org/v1/"]
    let encoder = try HTTPEncoder.openAI(model: "m", dimension: 3, environment: other)
    #expect(encoder.address == "https://api.example.org/v1")
    await expectError(
      .configuration,
      "OPENAI_API_KEY has characters that no key can have",
      advice: "set it to the key alone, without quotes, spaces or line ends"
    ) {
      let environment = ["OPENAI_API_KEY": "sk-1\r\nHost: x"]
      return try HTTPEncoder.openAI(model: "m", dimension: 3, environment: environment)
    }
  }

  @Test(
    "OLLAMA_TIMEOUT in seconds or as Go writes it",
    arguments: [
      ("90", Duration.seconds(90)), (" 1.5 ", .milliseconds(1500)), ("30s", .seconds(30)),
      ("2m", .seconds(120)), ("1h2m3.5s", .milliseconds(3_723_500)), ("250ms", .milliseconds(250)),
      ("24h", .seconds(86400)),
    ]
  )
  func timeout(text: String, timeout: Duration) throws {
    let environment = ["OLLAMA_TIMEOUT": text]
    let encoder = try HTTPEncoder.ollama(model: "m", dimension: 3, environment: environment)
    #expect(encoder.timeout == timeout)
    #expect(
      try HTTPEncoder.ollama(model: "m", dimension: 3, environment: [:]).timeout == .seconds(60)
    )
  }

  @Test(
    "A time that is none",
    arguments: [
      "abc", "0", "-5", "5 minutes", "1d", "s", "1e9", "1.2.3", "99999999999h", "0x10", "nan",
      "1s2", " ",
    ]
  )
  func badTimeout(text: String) async {
    await expectError(
      .configuration,
      "OLLAMA_TIMEOUT is no time between a millisecond and a day",
      advice: "write seconds, or a duration such as 30s or 2m"
    ) {
      try HTTPEncoder.ollama(model: "m", dimension: 3, environment: ["OLLAMA_TIMEOUT": text])
    }
  }
}
