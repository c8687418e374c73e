import NIOHTTP1

/// What went wrong with one request, and whether another may do better.
struct HTTPProblem {
  var kind: EncoderError.Kind
  /// The end of a sentence that begins with the server.
  var words: String
  var advice: String?
  var isTransient: Bool
  /// Whether the server may have failed over what it was given: then it fails however often it is asked.
  var mayBeTheText = false
  /// The server's Retry-After.
  var retryAfter: String?
}

extension HTTPEncoder {
  /// What it means that there is no answer.
  func problem(_ failure: ExchangeFailure, of exchange: HTTPExchange) -> HTTPProblem {
    let variable = api.addressVariable
    let (kind, words, advice): (EncoderError.Kind, String, String?) =
      switch failure {
      case .cancelled:
        (.cancelled, "was not waited for", nil)
      case .timeout:
        (.unavailable, "has not answered within \(exchange.timeout.shown)", api.slowAdvice)
      case .size(let limit):
        (.badData, "answers with more than \(limit) bytes", "see whether \(variable) is right")
      case .connection(let reason):
        (.unavailable, "cannot be reached: \(reason)", api.reachAdvice)
      case .tls(let reason):
        (.unavailable, "cannot be trusted: \(reason)", "see whether \(variable) is right")
      case .closed:
        (.unavailable, "closes the connection before its answer is complete", "see its log")
      case .redirects:
        (.configuration, "redirects in a circle, or too often", "set \(variable) to where it leads")
      case .notHTTP:
        (.badData, "does not answer in HTTP", "see whether \(variable) has the right port")
      case .other(let name):
        (.unavailable, "cannot be asked: \(name.shown(hiding: secrets))", nil)
      }
    return HTTPProblem(kind: kind, words: words, advice: advice, isTransient: failure.isTransient)
  }

  /// What it means that the answer is a refusal.
  func problem(_ answer: HTTPExchange.Answer) -> HTTPProblem {
    let message = ServerMessage(answer.body)
    let (kind, advice) = meaning(of: answer.status, message)
    // A server may write any phrase beside its number; the known one says enough.
    let phrase = HTTPResponseStatus(statusCode: answer.status).reasonPhrase
    let said = message.map { ": " + $0.text.shown(hiding: secrets) } ?? ""
    var problem = HTTPProblem(
      kind: kind,
      words: "answers \(answer.status) \(phrase)\(said)",
      advice: advice,
      isTransient: kind == .unavailable && Self.transientStatuses.contains(answer.status),
      mayBeTheText: kind == .unavailable && answer.status == 500,
      retryAfter: answer.headers.first(name: "retry-after")
    )
    if kind == .rights, let other = answer.otherOrigin?.shown(hiding: secrets) {
      problem.words += ", redirected to \(other)"
      problem.advice = "credentials go to no other server; set \(api.addressVariable) to this one"
    }
    return problem
  }

  /// Of a server that is busy, starts, loads a model or is overrun.
  private static let transientStatuses = [408, 429, 500, 502, 503, 504]

  private func meaning(
    of status: Int,
    _ message: ServerMessage?
  ) -> (kind: EncoderError.Kind, advice: String?) {
    switch status {
    case 300..<400: (.configuration, "set \(api.addressVariable) to where it leads")
    case 401, 402, 403: (.rights, api.rightsAdvice)
    case 404 where message?.isAboutModel == true: (.notFound, api.missingAdvice(model: model))
    case 404: (.notFound, "see whether \(api.addressVariable) is right")
    case 429 where message?.code == "insufficient_quota":
      (.rights, "the account has nothing left to spend; waiting does not help")
    case 408, 429: (.unavailable, nil)
    case 400... where message?.isAboutRequest == true: (.configuration, nil)
    case 500... where message?.isAboutText == true: (.text, nil)
    case 400, 413, 422: (.text, nil)
    default: (.unavailable, nil)
    }
  }
}

extension ExchangeFailure {
  /// Whether another try may find the server up again.
  ///
  /// Not after a timeout: it would take as long again, and the server may still be at the first.
  fileprivate var isTransient: Bool {
    switch self {
    case .connection, .closed: true
    default: false
    }
  }
}

extension ServerMessage {
  /// Whether it names the model, rather than a path that the server does not have.
  fileprivate var isAboutModel: Bool { text.lowercased().contains("model") }

  /// Whether no text would be taken with this model, or these members of a request.
  fileprivate var isAboutRequest: Bool {
    ["model", "dimensions", "encoding_format"].contains(parameter ?? "")
      || text.contains("not support embedding")
  }

  /// Whether the server failed over a text.
  ///
  /// Ollama answers 500 to a text whose vector has a NaN, and in some versions to one that is too
  /// long.
  fileprivate var isAboutText: Bool {
    text.contains("unsupported value: NaN") || text.contains("context length")
  }
}

extension Duration {
  /// Seconds, or milliseconds where they say more.
  fileprivate var shown: String {
    let (seconds, fraction) = components
    return fraction == 0 ? "\(seconds) s" : "\(Int((self / .milliseconds(1)).rounded())) ms"
  }
}
