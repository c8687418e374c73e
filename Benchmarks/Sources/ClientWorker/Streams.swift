#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// Writes a line past any buffer: the driver waits for it.
func reply(_ line: String) {
  let bytes = Array((line + "\n").utf8)
  _ = write(STDOUT_FILENO, bytes, bytes.count)
}

/// Reads a file of 32-bit floats in this machine's byte order, a vector after the other.
func readVectors(path: String, dimension: Int) throws -> [[Float]] {
  guard let file = fopen(path, "rb") else { throw Unreadable(path: path) }
  defer { fclose(file) }
  var vectors: [[Float]] = []
  while true {
    let vector = [Float](unsafeUninitializedCapacity: dimension) { buffer, count in
      count = fread(buffer.baseAddress, MemoryLayout<Float>.size, dimension, file)
    }
    guard vector.count == dimension, dimension > 0 else { return vectors }
    vectors.append(vector)
  }
}

struct Unreadable: Error {
  let path: String
}
