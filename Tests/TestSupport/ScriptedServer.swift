import NIOCore
import NIOHTTP1
import NIOPosix
import Synchronization

/// A server on 127.0.0.1 that answers what a test tells it to, down to the bytes.
public final class ScriptedServer: Sendable {
  /// A request that came.
  public struct Request: Sendable {
    /// `GET` or `POST`.
    public fileprivate(set) var method: String
    /// The path.
    public fileprivate(set) var path: String
    /// The header `content-type`.
    public fileprivate(set) var contentType: String?
    /// The header `authorization`.
    public fileprivate(set) var authorization: String?
    /// The body as text.
    public fileprivate(set) var body: String
  }

  /// Gives the answer to a request; the number counts from 1.
  public typealias Script = @Sendable (_ request: Request, _ number: Int) async -> Reply

  private struct State {
    var requests: [Request] = []
    var connections = 0
  }

  private let state = Mutex(State())
  private let script: Script
  private let loops = MultiThreadedEventLoopGroup.singleton

  private init(script: @escaping Script) { self.script = script }

  /// Every request until now.
  public var requests: [Request] { state.withLock { $0.requests } }
  /// How many connections there have been.
  public var connections: Int { state.withLock { $0.connections } }

  /// Runs a server for the time of a closure.
  ///
  /// - Parameters:
  ///   - script: Gives the answers.
  ///   - body: Gets the server and its `host:port`.
  /// - Throws: What the closure throws, or the system when it has no port.
  public static func run(
    _ script: @escaping Script,
    _ body: (ScriptedServer, String) async throws -> Void
  ) async throws {
    let server = ScriptedServer(script: script)
    let channel = try await server.bind()
    do {
      try await body(server, "127.0.0.1:\(channel.localAddress?.port ?? 0)")
    } catch {
      try await channel.close()
      throw error
    }
    try await channel.close()
  }

  private func bind() async throws -> any Channel {
    try await ServerBootstrap(group: loops)
      .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
      .childChannelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          self.state.withLock { $0.connections += 1 }
          let decoder = ByteToMessageHandler(HTTPRequestDecoder())
          try channel.pipeline.syncOperations.addHandlers(decoder, ScriptHandler(server: self))
        }
      }
      .bind(host: "127.0.0.1", port: 0).get()
  }

  fileprivate func answer(_ request: Request, on channel: any Channel) {
    let number = state.withLock { state in
      state.requests.append(request)
      return state.requests.count
    }
    Task(executorPreference: ServerThreads.shared) { [script] in
      let reply = await script(request, number)
      for part in reply.parts { try await channel.writeAndFlush(ByteBuffer(string: part)) }
      let last = ByteBuffer(string: reply.parts.last ?? "")
      while reply.isEndless { try await channel.writeAndFlush(last) }
      if reply.isClosed { try await channel.close() }
    }
  }
}

/// Gathers requests, and writes the bytes of replies; there is no encoder, so they may be wrong
/// ones.
private final class ScriptHandler: ChannelInboundHandler {
  typealias InboundIn = HTTPServerRequestPart
  typealias OutboundOut = ByteBuffer

  private let server: ScriptedServer
  private var request: ScriptedServer.Request?

  init(server: ScriptedServer) { self.server = server }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    switch unwrapInboundIn(data) {
    case .head(let head):
      request = .init(
        method: "\(head.method)",
        path: head.uri,
        contentType: head.headers.first(name: "content-type"),
        authorization: head.headers.first(name: "authorization"),
        body: ""
      )
    case .body(let part):
      request?.body += String(buffer: part)
    case .end:
      guard let request else { return }
      server.answer(request, on: context.channel)
    }
  }

  /// What does not speak HTTP, such as a TLS handshake, is told so.
  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: "HTTP/1.1 400 Bad Request\r\n\r\n")))
      .whenComplete { [channel = context.channel] _ in channel.close(promise: nil) }
  }
}
