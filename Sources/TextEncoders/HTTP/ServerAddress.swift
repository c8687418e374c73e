/// The address of a server, taken apart as people write it: `host`, `host:port`, `[::1]:port` or a
/// URL.
///
/// What cannot be read is never repeated, for it may hold a password in a place of its own.
struct ServerAddress: Sendable {
  /// `https://host:port`, the port left out where the scheme implies it.
  let origin: String
  /// The path before that of an endpoint: empty, or with a slash at its beginning and none at its
  /// end.
  let path: String
  /// The `host` alone.
  let host: String
  /// What stood before the `@`.
  let credentials: Credentials?

  /// The address for people.
  var shown: String {
    guard credentials != nil, let slashes = origin.firstRange(of: "://") else {
      return origin + path
    }
    return "\(origin[..<slashes.upperBound])****@\(origin[slashes.upperBound...])\(path)"
  }

  /// The address of an endpoint.
  func url(_ endpoint: String) -> String { "\(origin)\(path)/\(endpoint)" }

  /// Reads an address.
  ///
  /// - Parameters:
  ///   - text: The value of a variable; quotes around it are taken off, as Ollama does.
  ///   - variable: The variable's name.
  ///   - barePort: The port of an address without a scheme; nil when there has to be one.
  /// - Throws: ``EncoderError`` of kind `configuration`, which names the variable.
  init(_ text: String, variable: String, barePort: Int?) throws(EncoderError) {
    do throws(Unreadable) {
      let text = text.trimming { $0.isWhitespace || "\"'".contains($0) }
      let (scheme, rest) = try Self.scheme(text, isOptional: barePort != nil)
      let authority = rest.prefix { !"/?#".contains($0) }
      path = try Self.path(rest[authority.endIndex...])
      let at = authority.lastIndex(of: "@")
      credentials = at.map { Credentials(authority[..<$0]) }
      let place = at.map { authority[authority.index(after: $0)...] } ?? authority
      let (name, port) = try Self.hostAndPort(place)
      if name.isEmpty, barePort == nil { throw Unreadable(words: "has no host") }
      host = Self.reachable(name.lowercased())
      let implied = scheme == "https" ? 443 : 80
      let number = port ?? (scheme == nil ? barePort : nil) ?? implied
      let bracketed = host.contains(":") ? "[\(host)]" : host
      origin = "\(scheme ?? "http")://\(bracketed)" + (number == implied ? "" : ":\(number)")
    } catch {
      throw EncoderError(
        .configuration,
        "\(variable) \(error.words)",
        advice: barePort == nil
          ? "write https://host/path, with %40 for @ and %2F for / in a password"
          : "write host, host:port or http://host:port, with %40 for @ in a password"
      )
    }
  }
}

extension ServerAddress {
  /// What holds the address of an encoder's own.
  static let registered = "the encoder's url"

  /// Reads the address that an encoder has in the registry.
  ///
  /// - Throws: ``EncoderError`` of kind `configuration`, also where it has a password: what is kept in a
  ///   database and in migrations is no place for one.
  init(registered text: String) throws(EncoderError) {
    try self.init(text, variable: Self.registered, barePort: nil)
    guard credentials == nil else {
      throw EncoderError(
        .configuration,
        "\(Self.registered) holds a user or a password, which others can read there",
        advice: "leave them out; OLLAMA_HOST and OPENAI_BASE_URL may have them"
      )
    }
  }

  /// What is wrong, as the end of a sentence that begins with the variable.
  private struct Unreadable: Error {
    let words: String
  }

  private static func scheme(
    _ text: Substring,
    isOptional: Bool
  ) throws(Unreadable) -> (scheme: String?, rest: Substring) {
    guard let separator = text.firstRange(of: "://") else {
      guard isOptional else { throw Unreadable(words: "does not begin with http:// or https://") }
      return (nil, text)
    }
    let scheme = text[..<separator.lowerBound].lowercased()
    guard scheme == "http" || scheme == "https" else {
      throw Unreadable(words: "is neither http nor https")
    }
    return (scheme, text[separator.upperBound...])
  }

  private static func path(_ text: Substring) throws(Unreadable) -> String {
    let isAllowed = text.utf8.allSatisfy { byte in
      (0x21...0x7E).contains(byte) && !#""<>\^`{|}?#@"#.utf8.contains(byte)
    }
    guard isAllowed else { throw Unreadable(words: "has a path that no URL can have, or a query") }
    return String(text.trimmingEnd { $0 == "/" })
  }

  private static func hostAndPort(
    _ text: Substring
  ) throws(Unreadable) -> (host: String, port: Int?) {
    var (host, port) = (text, Substring())
    var isHost = false
    if text.first == "[", let end = text.firstIndex(of: "]") {
      host = text[text.index(after: text.startIndex)..<end]
      port = text[text.index(after: end)...]
      isHost = isIPv6(host)
    } else if text.count(where: { $0 == ":" }) > 1 {
      isHost = isIPv6(text)
    } else {
      host = text.prefix { $0 != ":" }
      port = text[host.endIndex...]
      isHost = host.utf8.allSatisfy(isHostByte)
    }
    if isHost, port.isEmpty { return (String(host), nil) }
    guard isHost, port.first == ":", let number = UInt16(port.dropFirst()), number > 0 else {
      throw Unreadable(words: "has no host, or a port that is not between 1 and 65535")
    }
    return (String(host), Int(number))
  }

  private static func isIPv6(_ text: Substring) -> Bool {
    text.contains(":") && text.utf8.allSatisfy { "0123456789abcdefABCDEF:.".utf8.contains($0) }
  }

  private static func isHostByte(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): true
    case UInt8(ascii: "0")...UInt8(ascii: "9"): true
    default: "-._".utf8.contains(byte)
    }
  }

  /// A server listens on every address of the machine; a client has to choose one.
  private static func reachable(_ host: String) -> String {
    switch host {
    case "", "0.0.0.0": "127.0.0.1"
    case "::": "::1"
    default: host
    }
  }
}

extension StringProtocol {
  /// Without such characters at either end.
  func trimming(_ isTrimmed: (Character) -> Bool) -> SubSequence {
    drop(while: isTrimmed).trimmingEnd(isTrimmed)
  }

  fileprivate func trimmingEnd(_ isTrimmed: (Character) -> Bool) -> SubSequence {
    guard let last = lastIndex(where: { !isTrimmed($0) }) else { return prefix(0) }
    return self[...last]
  }
}
