import AsyncHTTPClient
import NIOCore
import NIOHTTP1
import NIOPosix

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// One request and its whole answer, within a time and a size.
struct HTTPExchange: Sendable {
  /// What a server answered.
  struct Answer: Sendable {
    let status: Int
    let headers: HTTPHeaders
    let body: Data
    /// Where redirects led to, if it is another server: credentials were not sent there.
    let otherOrigin: String?

    var isSuccess: Bool { (200..<300).contains(status) }
  }

  /// The most that is read of an answer that reports a failure.
  static let failureLimit = 64 * 1024

  let url: String
  let headers: HTTPHeaders
  /// What is posted; nil to get.
  let body: Data?
  /// The time for all of it, from the connection to the last byte.
  let timeout: Duration
  /// The most bytes of an answer.
  let limit: Int

  /// The process's client.
  ///
  /// Like `HTTPClient.shared` it lives until the process ends, so that connections are kept for the
  /// next request of any encoder, and nobody has to shut it down. That one hides why a connection
  /// fails until its time is up, makes callers beyond eight wait, and turns a redirected POST into
  /// a GET.
  private static let client: HTTPClient = {
    var configuration = HTTPClient.Configuration()
    configuration.timeout.connect = .seconds(10)
    configuration.connectionPool.retryConnectionEstablishment = false
    configuration.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = 1024
    configuration.httpVersion = .http1Only
    configuration.redirectConfiguration = .follow(
      configuration: .init(
        max: 3,
        allowCycles: false,
        retainHTTPMethodAndBodyOn301: true,
        retainHTTPMethodAndBodyOn302: true
      )
    )
    // Not Network.framework, whose errors have other names.
    let loops = MultiThreadedEventLoopGroup.singleton
    return HTTPClient(eventLoopGroup: loops, configuration: configuration)
  }()

  /// Asks, and reads the answer to its end.
  func answer() async -> Result<Answer, ExchangeFailure> {
    // The client's own deadline ends with the head of an answer, and a body can trickle for ever.
    let first = await withTaskGroup(of: Result<Answer, ExchangeFailure>.self) { group in
      group.addTask { await unlimitedAnswer() }
      group.addTask {
        try? await Task.sleep(for: timeout)
        return .failure(.timeout)
      }
      let first = await group.next()
      group.cancelAll()
      return first
    }
    // A cancelled task wakes both, in any order.
    if case .failure = first, Task.isCancelled { return .failure(.cancelled) }
    return first ?? .failure(.cancelled)
  }

  private func unlimitedAnswer() async -> Result<Answer, ExchangeFailure> {
    do {
      var request = HTTPClientRequest(url: url)
      request.headers = headers
      if let body {
        request.method = .POST
        request.body = .bytes(ByteBuffer(bytes: body))
      }
      let response = try await Self.client.execute(request, deadline: .distantFuture)
      return .success(
        Answer(
          status: Int(response.status.code),
          headers: response.headers,
          body: try await read(response),
          otherOrigin: response.history.last.flatMap { otherOrigin($0.request.url) }
        )
      )
    } catch {
      return .failure(ExchangeFailure(error))
    }
  }

  private func read(_ response: HTTPClientResponse) async throws -> Data {
    var body = Data()
    guard !(200..<300).contains(response.status.code) else {
      for try await part in response.body {
        body.append(contentsOf: part.readableBytesView)
        guard body.count <= limit else { throw ExchangeFailure.size(limit) }
      }
      return body
    }
    // A server that refuses a large request may not read it to its end, and cut its own answer
    // short. The status says enough.
    do {
      for try await part in response.body {
        body.append(contentsOf: part.readableBytesView)
        if body.count >= Self.failureLimit { break }
      }
    } catch let error as CancellationError {
      throw error
    } catch {}
    return body.prefix(Self.failureLimit)
  }

  private func otherOrigin(_ last: String) -> String? {
    func origin(_ url: String) -> Substring? {
      guard let slashes = url.firstRange(of: "://") else { return nil }
      return url[..<(url[slashes.upperBound...].firstIndex { "/?#".contains($0) } ?? url.endIndex)]
    }
    guard let from = origin(url), let to = origin(last), from != to else { return nil }
    // A server may put a password into an address as well.
    let host = to.lastIndex(of: "@").map { to[to.index(after: $0)...] } ?? to
    return String(host)
  }
}
