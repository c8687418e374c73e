/// Memory for matrices: floats that begin at a cache line, where vector instructions read fastest.
final class AlignedFloats {
  /// The first float.
  let start: UnsafeMutablePointer<Float>
  /// How many there are.
  let count: Int

  /// Zeros.
  init(count: Int) {
    self.count = count
    let bytes = UnsafeMutableRawPointer.allocate(
      byteCount: max(count, 1) * MemoryLayout<Float>.stride,
      alignment: 64
    )
    start = bytes.initializeMemory(as: Float.self, repeating: 0, count: max(count, 1))
  }

  deinit { start.deallocate() }

  /// The floats of a row of a matrix with rows of this length.
  func row(_ row: Int, of length: Int) -> UnsafeMutableBufferPointer<Float> {
    UnsafeMutableBufferPointer(start: start + row * length, count: length)
  }
}
