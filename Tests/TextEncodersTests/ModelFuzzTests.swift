import TestSupport
import Testing
import TextEncoders

/// Damaged files: each is refused, or gives vectors of the right number and length.
///
/// A crash would end the test's process, so these tests need no other expectation for it.
@Suite("Files damaged at random") struct ModelFuzzTests {
  @Test(arguments: SmallModel.names)
  func `a model with a damaged file is refused, or gives the vectors that it should`(
    name: String
  ) throws {
    let model = SmallModel()
    let scratch = try model.write()
    var mutation = Mutation(seed: 1)
    var refused = 0
    for round in 0..<Mutation.rounds {
      try scratch.write(name, model.damaged(name, by: &mutation, isLengthRight: round % 2 == 0))
      do throws(EncoderError) {
        let encoder = try BERTEncoder(folder: scratch.path)
        let vectors = encoder.vectors(for: SmallModel.sentences)
        #expect(encoder.dimension == 8 && vectors.map(\.count) == [8, 8, 8], "round \(round)")
      } catch {
        refused += 1
        expectReadable(error)
        #expect(error.kind == .badData && error.message.contains(scratch.path), "round \(round)")
      }
    }
    #expect(0 < refused && refused < Mutation.rounds)
  }

  @Test func `a damaged array is refused, or has the rows that it says`() throws {
    let scratch = try ScratchFolder()
    let path = scratch.path("array.npy")
    var mutation = Mutation(seed: 2)
    var refused = 0
    for round in 0..<Mutation.rounds * 4 {
      let type = ["'<f2'", "'<f4'", "'<f8'"][round % 3]
      let data = [UInt8](repeating: 1, count: [12, 24, 48][round % 3])
      let file = NumpyFile(version: UInt8(round % 3 + 1), type: type, data: data).bytes
      try scratch.write("array.npy", mutation.damaged(file, head: file.count - data.count))
      do throws(EncoderError) {
        let array = try NumpyArray(path: path)
        for row in 0..<array.rows { #expect(array[row].count == array.columns, "round \(round)") }
      } catch {
        refused += 1
        expectReadable(error)
        #expect(error.kind == .badData && error.message.contains(path), "round \(round)")
      }
    }
    #expect(0 < refused && refused < Mutation.rounds * 4)
  }
}

extension SmallModel {
  /// One of the files, damaged.
  ///
  /// - Parameters:
  ///   - name: Its name.
  ///   - mutation: What damages it.
  ///   - isLengthRight: Whether a header's length is made right after its text has been damaged.
  /// - Returns: Its bytes.
  fileprivate func damaged(
    _ name: String,
    by mutation: inout Mutation,
    isLengthRight: Bool
  ) -> [UInt8] {
    switch name {
    case "config.json": return mutation.damaged(configuration, head: configuration.count)
    case "model.safetensors" where isLengthRight:
      let header = Array(weights.header.utf8)
      let damaged = mutation.damaged(header, head: header.count)
      return WeightsFile.file(length: UInt64(damaged.count), damaged) + weights.data
    case "model.safetensors":
      return mutation.damaged(weights.bytes, head: 8 + weights.header.utf8.count)
    default:
      let text = Array(texts[name, default: ""].utf8)
      return mutation.damaged(text, head: text.count)
    }
  }
}
