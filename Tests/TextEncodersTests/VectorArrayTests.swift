import Foundation
import TestSupport
import Testing
import TextEncoders

@Suite("Files of vectors: NumPy arrays")
struct VectorArrayTests {
  private let folder: ScratchFolder

  init() throws { folder = try ScratchFolder() }

  private func entries(
    _ rows: [[Double]],
    type: String = "<f4",
    ids: String,
    dimension: Int = 2
  ) throws -> [VectorFile.Entry] {
    // Told by its content and not by its name.
    let array = try folder.write("v.bin", NumpyBytes.of(rows, type: type))
    let file = try VectorFile(path: array, ids: try folder.write("ids.txt", ids))
    #expect(file.dimension == rows.first?.count && file.idPath.hasSuffix("ids.txt"))
    var entries: [VectorFile.Entry] = []
    while let entry = try file.next(dimension: dimension) { entries.append(entry) }
    #expect(file.progress.read == file.progress.total)
    return entries
  }

  @Test(arguments: ["<f2", "<f4", "<f8"], ["a\n b\nc", "\u{FEFF}a\r\n b\r\nc\r\n"])
  func `rows and ids belong together in their order`(type: String, ids: String) throws {
    let found = try entries([[3, -4], [0, 0.125], [-2, 0]], type: type, ids: ids)
    #expect(found.map(\.id) == ["a", " b", "c"] && found.map(\.line) == [1, 2, 3])
    #expect(found.map(\.vector) == [[0.6, -0.8], [0, 1], [-1, 0]])
  }

  @Test(arguments: [
    ("1\n", "ids.txt has 1 lines, the array in v.bin has 2 rows"),
    ("", "ids.txt has 0 lines, the array in v.bin has 2 rows"),
    ("1\n2\n3\n4", "ids.txt has 4 lines, the array in v.bin has 2 rows"),
    ("1\n2\n\n", "ids.txt has 3 lines, the array in v.bin has 2 rows"),
    ("1\n\n3\n", "ids.txt:2: this line is empty"),
    ("1\n\u{0}\n", "ids.txt:2: a NUL character stands in the id"),
  ])
  func `ids that do not fit are refused`(ids: String, message: String) async {
    await folder.expectRefusal(.badData, message) {
      try entries([[1, 0], [0, 1]], ids: ids)
    }
  }

  @Test(arguments: [
    ([1, Double.nan], "v.bin[1], ids.txt:2: element 2 is NaN, no finite 32-bit number"),
    ([-Double.infinity, 1], "v.bin[1], ids.txt:2: element 1 is -inf, no finite 32-bit number"),
    ([0, 0], "v.bin[1], ids.txt:2: this is a zero vector, which has no direction"),
  ])
  func `a row that is no vector is named`(row: [Double], message: String) async {
    for type in ["<f2", "<f4", "<f8"] {
      await folder.expectRefusal(.badData, message) {
        try entries([[1, 0], row], type: type, ids: "1\n2\n")
      }
    }
    await folder.expectRefusal(
      .badData,
      "v.bin[0], ids.txt:1: this vector has 2 elements, it should have 3"
    ) { try entries([[1, 0]], ids: "1", dimension: 3) }
  }

  @Test func `an array needs ids, and lines of JSON have theirs`() async throws {
    let array = try folder.write("v.npy", NumpyBytes.of([[1, 0]], type: "<f4"))
    let lines = try folder.write("v.jsonl", "{}")
    await folder.expectRefusal(
      .usage,
      "v.npy has no ids of its own",
      advice: "name a file that has as many lines as the array rows, an id on each: --ids FILE"
    ) { _ = try VectorFile(path: array) }
    await folder.expectRefusal(
      .usage,
      "v.jsonl is no .npy file, and ids in a file of their own are only for those"
    ) { _ = try VectorFile(path: lines, ids: array) }
    await folder.expectRefusal(.notFound, "there is no file /nowhere/ids") {
      _ = try VectorFile(path: array, ids: "/nowhere/ids")
    }
  }

  @Test func `an array that is cut off or of another type is refused`() async throws {
    let ids = try folder.write("ids.txt", "1\n")
    let whole = NumpyBytes.of([[1, 0]], type: "<f4")
    let cut = try folder.write("v.npy", whole.dropLast())
    await folder.expectRefusal(
      .badData,
      "v.npy: it has 7 bytes of data, its shape (1, 2) needs others"
    ) { _ = try VectorFile(path: cut, ids: ids) }
    let integers = try folder.write("i.npy", NumpyBytes.of([[1, 0]], type: "<i8"))
    await folder.expectRefusal(
      .badData,
      "i.npy: its elements are '<i8', '<f2', '<f4' and '<f8' can be read"
    ) { _ = try VectorFile(path: integers, ids: ids) }
    for count in 6..<whole.count {
      let file = try folder.write("c.npy", whole.prefix(count))
      #expect(throws: EncoderError.self) { _ = try VectorFile(path: file, ids: ids) }
    }
  }
}
