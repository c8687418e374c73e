import TestSupport
import Testing
import TextEncoders

/// Numbers in the weights that nothing can be computed with.
@Suite("Weights that are no numbers") struct WeightValueTests {
  @Test(arguments: [Float.nan, .infinity, -.infinity, .signalingNaN])
  func `one tensor that is NaN or infinite makes no vector`(value: Float) throws {
    for (name, entry) in SmallModel().weights.entries {
      let offsets = entry.offsets.split { !$0.isNumber }.compactMap { Int($0) }
      var model = SmallModel()
      for place in stride(from: offsets[0], to: offsets[1], by: 4) {
        withUnsafeBytes(of: value.bitPattern.littleEndian) {
          model.weights.data.replaceSubrange(place..<place + 4, with: $0)
        }
      }
      for vector in try model.encoder().vectors(for: SmallModel.sentences) {
        #expect(vector.count == 8 && !vector.allSatisfy(\.isFinite), "\(name)")
      }
    }
  }

  @Test(arguments: [UInt8(0x00), 0x7F, 0xFF, 0x80, 0x01, 0x3F])
  func `weights of equal bytes give vectors of the right number and length`(byte: UInt8) throws {
    for type in ["F32", "F16", "BF16"] {
      var model = SmallModel()
      let size = type == "F32" ? 4 : 2
      var end = 0
      for (name, entry) in model.weights.entries.sorted(by: { $0.key < $1.key }) {
        let shape = entry.shape.split { !$0.isNumber }.compactMap { Int($0) }
        let start = end
        end += shape.reduce(size, *)
        model.weights.entries[name] =
          .init(type: "\"\(type)\"", shape: entry.shape, offsets: "[\(start), \(end)]")
      }
      model.weights.data = [UInt8](repeating: byte, count: end)
      #expect(try model.encoder().vectors(for: SmallModel.sentences).map(\.count) == [8, 8, 8])
    }
  }
}
