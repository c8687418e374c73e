import AsyncHTTPClient
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// Why a request has no answer.
enum ExchangeFailure: Error, Hashable {
  /// The task was cancelled.
  case cancelled
  /// The time was over.
  case timeout
  /// The answer is larger than this many bytes.
  case size(Int)
  /// There is no connection, and why.
  case connection(String)
  /// There is a connection but no trust in it, and why.
  case tls(String)
  /// The connection ended before the answer did.
  case closed
  /// Redirects lead in a circle, or too far.
  case redirects
  /// What comes is not HTTP.
  case notHTTP
  /// Anything else, named by the client.
  case other(String)

  /// Sorts what the client throws; the text of an error is not taken, since it may repeat a header.
  init(_ error: any Error) {
    self =
      switch error {
      case let failure as ExchangeFailure: failure
      case is CancellationError: .cancelled
      case let error as HTTPClientError: Self.client(error)
      case let error as NIOConnectionError: .connection(Self.reason(error))
      case let error as IOError where ![ECONNRESET, EPIPE].contains(error.errnoCode):
        .connection(Self.reason(error))
      case HTTPParserError.invalidEOFState, is IOError, is ChannelError: .closed
      case is HTTPParserError: .notHTTP
      case NIOSSLError.uncleanShutdown: .closed
      case is NIOSSLError, is NIOSSLExtraError, is BoringSSLError: .tls(Self.tlsReason(error))
      default: .other("\(type(of: error))")
      }
  }

  private static func client(_ error: HTTPClientError) -> ExchangeFailure {
    switch error {
    case .cancelled: .cancelled
    case .deadlineExceeded, .readTimeout, .writeTimeout: .timeout
    case .remoteConnectionClosed, .uncleanShutdown: .closed
    case .connectTimeout, .getConnectionFromPoolTimeout: .connection("no answer within 10 seconds")
    case .tlsHandshakeTimeout: .connection("no TLS handshake within 10 seconds")
    case .redirectLimitReached, .redirectCycleDetected: .redirects
    default: .other(error.shortDescription)
    }
  }

  private static func reason(_ error: IOError) -> String {
    String(cString: strerror(error.errnoCode)).lowercased()
  }

  private static func reason(_ error: NIOConnectionError) -> String {
    // Most hosts have no address of one of the two families: only without any is the name to blame.
    switch error.connectionErrors.first?.error {
    case let error as IOError: return reason(error)
    case is ChannelError: return "no answer within 10 seconds"
    case let error?: return "\(type(of: error))"
    case nil: break
    }
    let unknown = (error.dnsAError ?? error.dnsAAAAError) as? SocketAddressError.UnknownHost
    return "host name not found" + (unknown.map { " (\($0.errorDescription))" } ?? "")
  }

  /// BoringSSL's reasons are known by their names in its text, which has nothing of the request.
  private static func tlsReason(_ error: any Error) -> String {
    let text = String(describing: error)
    if text.contains("CERTIFICATE_VERIFY_FAILED") { return "its certificate is not trusted" }
    if text.contains("failedToValidateHostname") { return "its certificate is for another host" }
    if text.contains("WRONG_VERSION_NUMBER") {
      return "it does not speak TLS; http:// may be right"
    }
    return "the TLS handshake failed"
  }
}
