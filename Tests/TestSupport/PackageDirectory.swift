import Foundation

/// Where the tests run: the checkout, and the directory that it was built into.
public enum PackageDirectory {
  static let root = URL(filePath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

  /// The absolute path of a file of the checkout.
  public static func path(_ relative: String) -> String {
    root.appending(path: relative).path(percentEncoded: false)
  }

  /// The absolute path of a program that was built beside the bundle of the tests.
  public static func product(_ name: String) -> String {
    products.appending(path: name).path(percentEncoded: false)
  }

  private static var products: URL {
    #if canImport(Darwin)
    for bundle in Bundle.allBundles where bundle.bundlePath.hasSuffix(".xctest") {
      return bundle.bundleURL.deletingLastPathComponent()
    }
    #endif
    return Bundle.main.bundleURL
  }
}
