import Foundation
import TestSupport
import Testing
import TextEncoders

@Suite("Files of vectors: JSON Lines")
struct VectorLinesTests {
  private let folder: ScratchFolder

  init() throws { folder = try ScratchFolder() }

  private func entries(_ text: String, dimension: Int = 2) throws -> [VectorFile.Entry] {
    try entries(Array(text.utf8), dimension: dimension)
  }

  private func entries(_ bytes: [UInt8], dimension: Int = 2) throws -> [VectorFile.Entry] {
    let file = try VectorFile(path: try folder.write("v.jsonl", bytes))
    var entries: [VectorFile.Entry] = []
    while let entry = try file.next(dimension: dimension) { entries.append(entry) }
    return entries
  }

  @Test func `reads ids as they are written, and vectors of unit length`() throws {
    let found = try entries(
      #"""
      {"id": 17, "embedding": [3, -4]}
      {"embedding":[1,0],"id":"a\u00e9\ud83c\udfac\"\\\/\n"}

      {"id": -5, "embedding": [0, 2e-1], "text": "x\ty", "more": {"a": [1, {"b": null}], "c": true}}
      {"id": "1e30", "embedding": [ 0.5 , 0 ] }
      {"id": 123456789012345678901234567890, "embedding": [0, -1e-3]}
      """#
    )
    #expect(
      found.map(\.id) == ["17", "aé🎬\"\\/\n", "-5", "1e30", "123456789012345678901234567890"]
    )
    #expect(found.map(\.line) == [1, 2, 4, 5, 6])
    #expect(found.map(\.vector) == [[0.6, -0.8], [1, 0], [0, 1], [1, 0], [0, -1]])
  }

  @Test(arguments: ["\n", "\r\n"], ["", "\u{FEFF}"])
  func `line ends and byte order marks`(lineEnd: String, mark: String) throws {
    let lines = [#"{"id":1,"embedding":[1,0]}"#, "", " \t", #"{"id":2,"embedding":[0,1]}"#]
    for last in ["", lineEnd, lineEnd + lineEnd] {
      let found = try entries(mark + lines.joined(separator: lineEnd) + last)
      #expect(found.map(\.id) == ["1", "2"])
      #expect(found.map(\.line) == [1, 4])
    }
    #expect(try entries(mark) == [])
  }

  @Test func `every number becomes the float that is nearest to it`() throws {
    var random = SeededGenerator(seed: 7)
    var texts = [
      "0", "-0", "-0.0", "1e0", "1E+2", "12345678901234567890123", "0.1", "1e22", "1e-22", "1e23",
      "3.4028234e38", "1.17549435e-38", "1e-45", "1e-60", "0.000000000000000000000000000000000001",
      // Half way between two floats.
      "1.000000059604644775390625", "16777217", "16777219", "33554434",
    ]
    for _ in 0..<4000 {
      let float = Float(bitPattern: UInt32.random(in: 0...0xFFFF_FFFF, using: &random))
      if float.isFinite { texts.append(float.description) }
      let double = Double.random(in: -1...1, using: &random)
      texts += [double.description, (double * 1e-9).description, Float(double).description]
    }
    let found = try entries(
      texts.map { "{\"id\":1,\"embedding\":[\($0),1]}\n" }.joined()
    )
    #expect(found.count == texts.count)
    for (entry, text) in zip(found, texts) {
      let float = try #require(Float(text))
      #expect(entry.vector == [float, 1].normalized, "\(text)")
    }
  }

  @Test func `lines longer than the buffer are read whole`() throws {
    let elements = Array(repeating: "0.0078125", count: 16_000).joined(separator: ", ")
    let lines = (1...20).map { "{\"id\": \($0), \"embedding\": [\(elements)]}\n" }
    let found = try entries(lines.joined(), dimension: 16_000)
    #expect(found.map(\.id) == (1...20).map(String.init))
    #expect(found.allSatisfy { abs(norm($0.vector) - 1) < 1e-5 })
  }

  @Test(arguments: [
    (#"{"id":1,"embedding":[1,2]} {}"#, "is not JSON"),
    (#"{"id":1"#, "is not JSON"),
    (#"{"id":1,"embedding":[1,2"#, "is not JSON"),
    (#"{"id":1 "embedding":[1,2]}"#, "is not JSON"),
    (#"{"id":1,"embedding":[01,2]}"#, "has a number that cannot be read in .embedding"),
    (#"{"id":1,"embedding":[+1,2]}"#, "is not JSON"),
    (#"{"id":1,"embedding":[0x1,2]}"#, "is not JSON"),
    ("{\"a\":\(String(repeating: "[", count: 100_000))", "is not JSON"),
    ("x", "is not JSON"),
    ("[1,2]", "is no object"),
    ("17", "is no object"),
    (#"{"id":1}"#, "has no \"embedding\""),
    (#"{"embedding":[1,2]}"#, "has no \"id\""),
    (#"{"id":null,"embedding":[1,2]}"#, "has something else in .id"),
    (#"{"id":[1],"embedding":[1,2]}"#, "has something else in .id"),
    (#"{"id":1e999,"embedding":[1,2]}"#, "has something else in .id"),
    (#"{"id":1,"embedding":{}}"#, "has something else in .embedding"),
    (#"{"id":1,"embedding":"[1,2]"}"#, "has something else in .embedding"),
    (#"{"id":1,"embedding":[1,"2"]}"#, "has something else in .embedding[1]"),
    (#"{"id":1,"embedding":[1,1e999]}"#, "has a number that cannot be read in .embedding"),
  ])
  func `what is no line of vectors is refused with its place`(line: String, words: String) async {
    await folder.expectRefusal(
      .badData,
      "v.jsonl:3: this line \(words)",
      advice: "each line is one object: {\"id\": 17, \"embedding\": [0.1, …]}, in UTF-8"
    ) {
      try entries("{\"id\":1,\"embedding\":[1,2]}\n\n\(line)\n")
    }
  }

  @Test(arguments: ["NaN", "-Infinity"])
  func `words that stand for numbers elsewhere are named`(word: String) async {
    let shown = word == "NaN" ? word : "Infinity"
    await folder.expectRefusal(.badData, "v.jsonl:1: \(shown) is no number in JSON") {
      try entries("{\"id\":1,\"embedding\":[1,\(word)]}")
    }
  }

  @Test(arguments: [
    ("{\"id\":1,\"embedding\":[1,2,3]}", "v.jsonl:1: this vector has 3 elements, it should have 2"),
    ("{\"id\":1,\"embedding\":[]}", "v.jsonl:1: this vector has 0 elements, it should have 2"),
    ("{\"id\":1,\"embedding\":[0,-0]}", "v.jsonl:1: this is a zero vector, which has no direction"),
    (
      "{\"id\":1,\"embedding\":[1e-60,0]}",
      "v.jsonl:1: this is a zero vector, which has no direction"
    ),
    ("{\"id\":1,\"embedding\":[1e-45,0]}", "v.jsonl:1: this vector cannot be scaled to length 1"),
    ("{\"id\":1,\"embedding\":[1,1e39]}", "v.jsonl:1: element 2 is inf, no finite 32-bit number"),
    ("{\"id\":1,\"embedding\":[1,null]}", "v.jsonl:1: element 2 is NaN, no finite 32-bit number"),
    ("{\"id\":\"a\\u0000\",\"embedding\":[1,2]}", "v.jsonl:1: a NUL character stands in the id"),
  ])
  func `what is no vector is refused with its line`(line: String, message: String) async {
    await folder.expectRefusal(.badData, message) { try entries(line) }
  }

  @Test func `bytes that are no text are refused`() async {
    await folder.expectRefusal(.badData, "v.jsonl:1: this line is not UTF-8") {
      try entries(Array("{\"id\":\"M".utf8) + [0xFC] + Array("\",\"embedding\":[1,2]}".utf8))
    }
    for mark: [UInt8] in [[0xFF, 0xFE], [0xFE, 0xFF]] {
      await folder.expectRefusal(
        .badData,
        "v.jsonl:1: the file is UTF-16, not UTF-8",
        advice: "convert it: iconv -f UTF-16 -t UTF-8 FILE > NEW_FILE"
      ) { try entries(mark + [0x7B, 0x00]) }
    }
    await folder.expectRefusal(
      .badData,
      "v.jsonl:1: this line is longer than 16 MB"
    ) { try entries([UInt8](repeating: 0x20, count: 17 << 20)) }
  }

  @Test func `a damaged file is refused, or is JSON`() throws {
    let line =
      #"{"id": "a\u00e9b", "x": [{"y": null}, true], "embedding": [0.25, -1.5e0, 3]}"# + "\n"
    var mutation = Mutation(seed: 5)
    var refused = 0
    for round in 0..<Mutation.rounds * 4 {
      let bytes = mutation.damaged(Array((line + line).utf8), head: line.utf8.count)
      do {
        _ = try entries(bytes, dimension: 3)
      } catch let error as EncoderError {
        refused += 1
        expectReadable(error)
        #expect(error.kind == .badData && error.message.contains("v.jsonl:"), "round \(round)")
      }
    }
    #expect(0 < refused && refused < Mutation.rounds * 4)
  }

  @Test func `a file that is not there, or is a folder, says so`() async {
    await folder.expectRefusal(.notFound, "there is no file /nowhere/v.jsonl") {
      _ = try VectorFile(path: "/nowhere/v.jsonl")
    }
    await folder.expectRefusal(.badData, " is a folder") {
      _ = try VectorFile(path: folder.path + "/")
    }
  }
}
