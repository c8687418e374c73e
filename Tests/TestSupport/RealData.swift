import Foundation
public import Testing

/// The real files (the DVD rental archive, the Netflix titles), which are not part of the repository.
public enum RealData {
  /// Where they are: `DBTOOL_REAL_DATA`, else `../shared/data` beside the checkout.
  public static let directory =
    ProcessInfo.processInfo.environment["DBTOOL_REAL_DATA"]
    ?? PackageDirectory.root.deletingLastPathComponent().appending(path: "shared/data")
    .path(percentEncoded: false)

  /// Whether they are there; where they are not, one line on standard error says so.
  public static let isPresent: Bool = {
    if FileManager.default.fileExists(atPath: directory) { return true }
    let line = "real data: not found at \(directory); the tests that read it do not run\n"
    FileHandle.standardError.write(Data(line.utf8))
    return false
  }()

  /// The absolute path of one of the files.
  public static func path(_ name: String) -> String { directory + "/" + name }
}

extension Trait where Self == ConditionTrait {
  /// Runs the test where the real files are.
  public static var realData: Self {
    .enabled(if: RealData.isPresent, "real data not found at \(RealData.directory)")
  }
}
