/// Vectors in JSON Lines, `{"id": 17, "embedding": [0.1, …]}`: other members are passed over, and so are
/// blank lines.
final class VectorLines {
  let input: LineReader

  init(_ input: LineReader) { self.input = input }

  /// Reads the next vector, as it is written.
  ///
  /// - Returns: The id as text, and the elements; nil at the end of the file.
  /// - Throws: ``EncoderError`` with line and column.
  func next() throws(EncoderError) -> (id: String, elements: [Float])? {
    while let range = try input.next() {
      var scanner = JSONScanner(input.buffer, range)
      guard scanner.skipBlanks() != nil else { continue }
      do {
        return try Self.read(&scanner)
      } catch {
        throw failure(error, in: range)
      }
    }
    return nil
  }

  private static func read(
    _ scanner: inout JSONScanner
  ) throws(JSONScanner.Fault) -> (id: String, elements: [Float]) {
    let start = scanner
    var id: String?
    var elements: [Float]?
    try scanner.list("{", "}") { scanner throws(JSONScanner.Fault) in
      let before = scanner
      switch try scanner.name() {
      case "id":
        guard id == nil else { throw before.fault("the line has two ids") }
        id = try readID(&scanner)
      case "embedding":
        guard elements == nil else { throw before.fault("the line has two embeddings") }
        elements = try readElements(&scanner)
      default: try scanner.skipValue()
      }
    }
    guard scanner.skipBlanks() == nil else { throw scanner.fault("something follows the object") }
    guard let id else { throw start.fault("the line has no \"id\"") }
    guard let elements else { throw start.fault("the line has no \"embedding\"") }
    return (id, elements)
  }

  private static func readID(_ scanner: inout JSONScanner) throws(JSONScanner.Fault) -> String {
    if scanner.skipBlanks() == UInt8(ascii: "\"") { return try scanner.string() }
    guard scanner.isAtNumber else { throw scanner.fault("an id is a number or a string") }
    return String(decoding: scanner.bytes[try scanner.number().range], as: UTF8.self)
  }

  private static func readElements(
    _ scanner: inout JSONScanner
  ) throws(JSONScanner.Fault) -> [Float] {
    guard scanner.skipBlanks() == UInt8(ascii: "[") else {
      throw scanner.fault("an embedding is an array of numbers")
    }
    var elements: [Float] = []
    try scanner.list("[", "]") { scanner throws(JSONScanner.Fault) in
      _ = scanner.skipBlanks()
      guard scanner.isAtNumber else {
        // Programs write the first three, which JSON does not have.
        let word = scanner.word(of: ["NaN", "Infinity", "null"])
        throw scanner.fault(
          "element \(elements.count + 1) is \(word ?? "something else"), no number"
        )
      }
      elements.append(scanner.float(try scanner.number()))
    }
    return elements
  }

  private func failure(_ fault: JSONScanner.Fault, in line: Range<Int>) -> EncoderError {
    // Characters and not bytes, as editors count.
    let column = input.buffer[line.lowerBound..<fault.index].count { $0 & 0xC0 != 0x80 } + 1
    return EncoderError(
      .badData,
      "\(input.path):\(input.line):\(column): \(fault.sentence)",
      advice: "each line is one object: {\"id\": 17, \"embedding\": [0.1, …]}, in UTF-8"
    )
  }
}
