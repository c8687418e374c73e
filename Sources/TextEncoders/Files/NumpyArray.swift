#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// A two-dimensional array in NumPy's `.npy` format, mapped into memory, read row by row.
///
/// The format: numpy.lib.format, versions 1 to 3. Nothing in the file is believed before it is checked
/// against the file's own size.
public struct NumpyArray: Sendable {
  /// The number of rows.
  public let rows: Int
  /// The number of elements in each row.
  public let columns: Int

  /// What every such file begins with.
  static let magic = [0x93] + Array("NUMPY".utf8)

  private let data: Data
  private let element: Element

  /// How a number is stored, by NumPy's name.
  private enum Element: String, Sendable {
    case half = "<f2"
    case single = "<f4"
    case double = "<f8"

    var size: Int {
      switch self {
      case .half: 2
      case .single: 4
      case .double: 8
      }
    }
  }

  /// Maps a file and checks its header.
  ///
  /// - Throws: ``EncoderError`` where there is no such file, or it holds no two-dimensional array of
  ///   little-endian floats in C order, or is truncated.
  public init(path: String) throws(EncoderError) {
    guard let data = try UntrustedFile.map(path, most: .max) else {
      throw EncoderError(.notFound, "there is no file \(path)", advice: "check the path")
    }
    func refuse(_ what: String) -> EncoderError {
      EncoderError(
        .badData,
        "\(path): \(what)",
        advice: "save it with numpy.save(path, array.astype('<f4')), one row per vector"
      )
    }
    let (header, start) = try Self.header(of: data, refuse)
    guard let description = header["descr"], let order = header["fortran_order"],
      let shape = header["shape"]
    else { throw refuse("its header lacks descr, fortran_order or shape") }
    guard let element = Element(rawValue: description.trimming("'\"")) else {
      throw refuse("its elements are \(description.excerpt), '<f2', '<f4' and '<f8' can be read")
    }
    guard order == "False" else { throw refuse("it is in Fortran order") }
    let lengths = shape.dropFirst().dropLast().split(separator: ",")
      .map { Int(String($0).trimming(" ")) }
    guard shape.hasPrefix("("), shape.hasSuffix(")"), lengths.count == 2, let rows = lengths[0],
      let columns = lengths[1], rows >= 0, columns > 0
    else { throw refuse("its shape is \(shape.excerpt), not (rows, dimensions)") }
    let (count, isTooLarge) = rows.multipliedReportingOverflow(by: columns)
    guard !isTooLarge, count <= data.count / element.size,
      count * element.size == data.count - start
    else {
      throw refuse(
        "it has \(data.count - start) bytes of data, its shape \(shape.excerpt) needs others"
      )
    }
    self.rows = rows
    self.columns = columns
    self.element = element
    self.data = data[start...]
  }

  /// The bytes of a row.
  var rowSize: Int { columns * element.size }

  /// A row's elements.
  public subscript(row: Int) -> [Float] {
    precondition((0..<rows).contains(row), "row out of range")
    return data.withUnsafeBytes { bytes in
      (row * columns..<(row + 1) * columns).map { place in
        let offset = place * element.size
        switch element {
        case .half: return Float(half: bytes.loadUnaligned(fromByteOffset: offset, as: UInt16.self))
        case .single: return bytes.loadUnaligned(fromByteOffset: offset, as: Float.self)
        case .double:
          return Float(bytes.loadUnaligned(fromByteOffset: offset, as: Double.self))
        }
      }
    }
  }

  /// What a header of version 1 has at most, and no array of floats needs.
  private static let longestHeader = 65_535

  /// The header's entries, and where the data starts.
  private static func header(
    of data: Data,
    _ refuse: (String) -> EncoderError
  ) throws(EncoderError) -> (entries: [String: String], end: Int) {
    guard data.starts(with: magic), data.count >= 12 else {
      throw refuse("it is no .npy file")
    }
    let lengthBytes = data[6] == 1 ? 2 : 4
    let length = data[8..<8 + lengthBytes].reversed().reduce(0) { $0 << 8 | Int($1) }
    let start = 8 + lengthBytes
    guard (1...3).contains(data[6]) else {
      throw refuse("it is of version \(data[6]) of the format, 1 to 3 can be read")
    }
    guard length <= data.count - start else { throw refuse("its header is longer than the file") }
    guard length <= longestHeader else { throw refuse("its header is too long: \(length) bytes") }
    let text = String(decoding: data[start..<start + length], as: UTF8.self)
    guard let entries = dictionary(text) else { throw refuse("its header cannot be read") }
    return (entries, start + length)
  }

  /// Reads a Python dictionary of strings, booleans and tuples: `{'shape': (3, 2), … }`.
  private static func dictionary(_ text: String) -> [String: String]? {
    let trimmed = text.trimming(" \n{}")
    var entries: [String: String] = [:]
    var depth = 0
    for item in trimmed.split(whereSeparator: { character in
      if "([".contains(character) { depth += 1 }
      if ")]".contains(character) { depth -= 1 }
      return character == "," && depth == 0
    }) {
      let sides = item.split(separator: ":", maxSplits: 1)
      if sides.isEmpty || item.allSatisfy({ $0 == " " }) { continue }
      guard sides.count == 2 else { return nil }
      entries[String(sides[0]).trimming(" '\"")] = String(sides[1]).trimming(" ")
    }
    return entries
  }
}

extension String {
  /// Without these characters at either end.
  fileprivate func trimming(_ characters: String) -> String {
    let start = drop { characters.contains($0) }
    guard let end = start.lastIndex(where: { !characters.contains($0) }) else { return "" }
    return String(start[...end])
  }
}
