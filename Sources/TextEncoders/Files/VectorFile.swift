/// A file of vectors that were made elsewhere: JSON Lines, or a NumPy array with a file of ids beside it.
///
/// It is read once, from its beginning, and never held in memory: a file may have gigabytes.
public final class VectorFile {
  /// A row's vector.
  public struct Entry: Sendable, Hashable {
    /// The row's id, as it is written.
    public let id: String
    /// The line on which the id stands.
    public let line: Int
    /// The vector, of unit length.
    public let vector: [Float]
  }

  private enum Content {
    case lines(VectorLines)
    case array(NumpyArray, ids: LineReader)
  }

  /// The file as the caller named it, `stdin` for `-`.
  public let path: String
  private let content: Content
  private var row = 0

  /// Opens a file.
  ///
  /// - Parameters:
  ///   - path: The file, `-` for JSON Lines from stdin; what it holds is told by its first bytes.
  ///   - ids: The ids of a NumPy array's rows, one per line.
  /// - Throws: ``EncoderError`` where a file cannot be read, or is not what it should be.
  public init(path: String, ids: String? = nil) throws(EncoderError) {
    let input = try LineReader(path: path)
    self.path = input.path
    guard try input.starts(with: NumpyArray.magic) else {
      guard ids == nil else {
        throw EncoderError(
          .usage,
          "\(input.path) is no .npy file, and ids in a file of their own are only for those",
          advice: "each line of JSON has its id"
        )
      }
      content = .lines(VectorLines(input))
      return
    }
    guard input.size != nil else {
      throw EncoderError(
        .usage,
        "\(input.path) holds a NumPy array, which is read from a file only, not from a pipe",
        advice: "write it into a file first"
      )
    }
    guard let ids else {
      throw EncoderError(
        .usage,
        "\(path) has no ids of its own",
        advice: "name a file that has as many lines as the array rows, an id on each: --ids FILE"
      )
    }
    content = .array(try NumpyArray(path: path), ids: try LineReader(path: ids))
  }

  /// The number of elements of all vectors, nil where only each line tells.
  public var dimension: Int? {
    if case .array(let array, _) = content { array.columns } else { nil }
  }

  /// The file in which the ids stand.
  public var idPath: String {
    if case .array(_, let ids) = content { ids.path } else { path }
  }

  /// How far the file is read, in bytes; no total for a pipe.
  public var progress: (read: Int, total: Int?) {
    switch content {
    case .lines(let lines): (lines.input.bytesRead, lines.input.size)
    case .array(let array, _): (row * array.rowSize, array.rows * array.rowSize)
    }
  }

  /// Reads the next vector.
  ///
  /// - Parameter dimension: The number of elements that it must have.
  /// - Returns: The vector, nil at the end.
  /// - Throws: ``EncoderError`` with the place of what is no vector, or no id.
  public func next(dimension: Int) throws(EncoderError) -> Entry? {
    let (id, line, place, elements): (String, Int, String, [Float])
    switch content {
    case .lines(let lines):
      guard let next = try lines.next() else { return nil }
      line = lines.input.line
      (id, place, elements) = (next.id, "\(path):\(line)", next.elements)
    case .array(let array, let ids):
      guard let next = try Self.nextID(ids, row: row, of: array.rows, in: path) else { return nil }
      line = ids.line
      (id, place, elements) = (next, "\(path)[\(row)], \(ids.path):\(line)", array[row])
      row += 1
    }
    guard !id.utf8.contains(0) else {
      throw EncoderError(
        .badData,
        "\(idPath):\(line): a NUL character stands in the id",
        advice: "no key of a row has one"
      )
    }
    return Entry(id: id, line: line, vector: try Self.unit(elements, dimension, at: place))
  }

  private static func nextID(
    _ ids: LineReader,
    row: Int,
    of rows: Int,
    in path: String
  ) throws(EncoderError) -> String? {
    let range = try ids.next()
    guard row < rows, let range else {
      if row == rows, range == nil { return nil }
      while try ids.next() != nil {}
      throw EncoderError(
        .badData,
        "\(ids.path) has \(ids.line) lines, the array in \(path) has \(rows) rows",
        advice: "there must be an id for each row, in the order of the rows"
      )
    }
    let id = String(validating: ids.buffer[range], as: UTF8.self)
    guard let id, !id.isEmpty else {
      throw EncoderError(
        .badData,
        "\(ids.path):\(ids.line): this line is \(id == nil ? "not UTF-8" : "empty")",
        advice: "on each line stands an id, in UTF-8"
      )
    }
    return id
  }

  /// The elements scaled to length 1.
  private static func unit(
    _ elements: [Float],
    _ dimension: Int,
    at place: String
  ) throws(EncoderError) -> [Float] {
    func refusal(_ what: String) -> EncoderError {
      EncoderError(
        .badData,
        "\(place): \(what)",
        advice: "leave a row out that has no vector, it then stays as it is"
      )
    }
    guard elements.count == dimension else {
      throw refusal("this vector has \(elements.count) elements, it should have \(dimension)")
    }
    if let index = elements.firstIndex(where: { !$0.isFinite }) {
      let element = elements[index].isNaN ? "NaN" : "\(elements[index])"
      throw refusal("element \(index + 1) is \(element), no finite 32-bit number")
    }
    guard elements.contains(where: { $0 != 0 }) else {
      throw refusal("this is a zero vector, which has no direction")
    }
    let unit = elements.normalized
    let square = unit.reduce(into: 0.0) { $0 += Double($1) * Double($1) }
    guard abs(square - 1) < 1e-4 else { throw refusal("this vector cannot be scaled to length 1") }
    return unit
  }
}
