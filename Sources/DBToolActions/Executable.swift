#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// This program's own file, which the unpacked servers lie beside.
enum Executable {
  /// The absolute path, also when the shell found the program on PATH.
  static func path(_ argument: String) -> String? {
    if let path = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe") {
      return path
    }
    return argument.contains("/") ? argument : nil
  }
}
