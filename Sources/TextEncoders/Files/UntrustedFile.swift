#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// Files that somebody else has made: nothing about them is taken for granted, not even their size.
enum UntrustedFile {
  /// The bytes of a JSON file, a vocabulary or a header at most; those of real models have a third.
  static let most = 16 << 20

  /// Maps a file into memory, so that its size costs nothing.
  ///
  /// - Returns: Its bytes, or nil where there is no such file.
  /// - Throws: ``EncoderError`` where it cannot be read, or has more than `most` bytes.
  static func map(_ path: String, most: Int = most) throws(EncoderError) -> Data? {
    let data: Data
    do {
      data = try Data(contentsOf: URL(filePath: path), options: .alwaysMapped)
    } catch let error as CocoaError where error.code == .fileReadNoSuchFile {
      return nil
    } catch {
      throw EncoderError(
        .notFound,
        "cannot read \(path)",
        advice: "is it a file that you may read?"
      )
    }
    guard data.count <= most else {
      throw EncoderError(
        .badData,
        "\(path) is too large: it has \(data.count) bytes, \(most) can be read",
        advice: "fetch the model's files again"
      )
    }
    return data
  }
}

extension String {
  /// The text as a message quotes it: a file can say much.
  var excerpt: String {
    let start = unicodeScalars.prefix(80)
    return start.endIndex == endIndex ? self : String(start) + "…"
  }
}
