import NIOHTTP1

extension HTTPEncoder {
  /// Asks until there is an answer, or none to be expected.
  func answer(to exchange: HTTPExchange) async throws(EncoderError) -> HTTPExchange.Answer {
    var tries = 1
    while true {
      let problem: HTTPProblem
      switch await exchange.answer() {
      case .success(let answer) where answer.isSuccess: return answer
      case .success(let answer): problem = self.problem(answer)
      case .failure(let failure): problem = self.problem(failure, of: exchange)
      }
      guard problem.isTransient, tries < retries.tries else {
        throw error(problem, tries: tries)
      }
      if problem.mayBeTheText, tries == 2, await embedsAnotherText() {
        var problem = problem
        problem.kind = .text
        problem.words += ", but embeds another text"
        throw error(problem, tries: tries)
      }
      try await pause(after: problem, tries: tries)
      tries += 1
    }
  }

  /// Whether the server is well, and has failed over the texts that it was given.
  private func embedsAnotherText() async -> Bool {
    guard let body = try? api.body(model: model, texts: ["a"], dimension: dimension) else {
      return false
    }
    let exchange = HTTPExchange(
      url: server.url(api.embedPath),
      headers: headers,
      body: body,
      timeout: timeout,
      limit: Self.limit(texts: 1, dimension: dimension)
    )
    guard case .success(let answer) = await exchange.answer() else { return false }
    return answer.isSuccess
  }

  private func pause(after problem: HTTPProblem, tries: Int) async throws(EncoderError) {
    let asked = retries.pause(asked: problem.retryAfter)
    if let asked, asked > retries.longestPause {
      let (wanted, most) = (asked.components.seconds, retries.longestPause.components.seconds)
      var problem = problem
      problem.words += ", and asks for a pause of \(wanted) s; \(most) s is the most that is waited"
      problem.advice = "try again later"
      throw error(problem, tries: tries)
    }
    do {
      try await retries.sleep(retries.pause(afterTry: tries, asked: asked))
    } catch {
      throw .cancelled
    }
  }

  /// The error that ends a request.
  func error(_ problem: HTTPProblem, tries: Int) -> EncoderError {
    if problem.kind == .cancelled { return .cancelled }
    let words = tries == 1 ? problem.words : "\(problem.words) (\(tries) tries)"
    return failure(problem.kind, words, advice: problem.advice)
  }

  /// An error whose message begins with the server.
  func failure(_ kind: EncoderError.Kind, _ words: String, advice: String? = nil) -> EncoderError {
    EncoderError(kind, "\(api.name) at \(address) \(words)", advice: advice)
  }

  /// What is sent with each request.
  var headers: HTTPHeaders {
    var headers: HTTPHeaders = ["accept": "application/json", "user-agent": "dbtool"]
    headers.add(name: "content-type", value: "application/json")
    if let credentials = server.credentials {
      headers.add(name: "authorization", value: "Basic \(credentials.encoded.value)")
    } else if let key {
      headers.add(name: "authorization", value: "Bearer \(key.value)")
    }
    return headers
  }

  /// What must not be shown even when a server repeats it.
  var secrets: [Secret] {
    [key, server.credentials?.encoded, server.credentials?.password].compactMap(\.self)
  }
}

extension EncoderError {
  /// The task was cancelled; the server is not to blame.
  static let cancelled = EncoderError(.cancelled, "cancelled")
}
