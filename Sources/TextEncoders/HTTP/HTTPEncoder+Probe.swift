extension HTTPEncoder {
  /// What a server that answers says of itself.
  public struct ServerState: Sendable, Hashable {
    /// Whether it has the model; nil where it has no list of models.
    public let hasModel: Bool?
  }

  /// Asks the server for its list of models, once and for two seconds at most.
  ///
  /// That is `/api/tags` of Ollama and `/models` of the others: a server needs no model in memory
  /// for it, and refuses a wrong key. An OpenAI-compatible server without such a list (404, 405,
  /// 501) counts as reachable, and a model that is not in its list may work all the same: some
  /// answer to any name.
  ///
  /// - Returns: What the server says.
  /// - Throws: ``EncoderError`` with the cause: connection refused, host name not found, TLS, the
  ///   time, the status and message of a refusal, something else than JSON.
  public func probe() async throws(EncoderError) -> ServerState {
    let exchange = HTTPExchange(
      url: server.url(api.modelsPath),
      headers: headers,
      body: nil,
      timeout: min(timeout, probeTimeout),
      limit: 4 << 20
    )
    switch await exchange.answer() {
    case .failure(let failure):
      throw error(problem(failure, of: exchange), tries: 1)
    case .success(let answer) where answer.isSuccess:
      let hasModel = try decoded(answer) { list in try api.hasModel(model, in: list) }
      return ServerState(hasModel: hasModel)
    case .success(let answer):
      let hasNoList = [404, 405, 501].contains(answer.status)
      guard hasNoList, api.isListOptional else { throw error(problem(answer), tries: 1) }
      return ServerState(hasModel: nil)
    }
  }
}
