#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// A file of named tensors, mapped into memory: an 8-byte length, a JSON header, the numbers.
///
/// Nothing in the file is believed: every length and offset is checked against the file's own size
/// before it is used.
struct Safetensors: Sendable {
  /// How a number is stored.
  enum Element: String, Decodable, Sendable {
    case float32 = "F32"
    case float16 = "F16"
    case bfloat16 = "BF16"

    /// Bytes per number.
    var size: Int { self == .float32 ? 4 : 2 }
  }

  /// Where a tensor's numbers are.
  private struct Place: Sendable {
    let element: Element?
    let type: String
    let shape: [Int]
    let bytes: Range<Int>
  }

  /// The file, for messages.
  let name: String
  private let data: Data
  private let places: [String: Place]

  /// Maps a file and checks its header.
  ///
  /// - Throws: ``EncoderError`` where there is no such file, or it is no safetensors file, or truncated.
  init(path: String) throws(EncoderError) {
    name = path
    guard let data = try UntrustedFile.map(path, most: .max) else {
      throw EncoderError(
        .notFound,
        "there are no weights \(path)",
        advice: "fetch the model's files again; other formats than safetensors cannot be read"
      )
    }
    self.data = data
    let length = data.prefix(8).reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    guard data.count >= 8, length <= UInt64(data.count - 8) else {
      throw Self.malformed(path, "its header is longer than the file (\(data.count) bytes)")
    }
    guard length <= UntrustedFile.most else {
      throw Self.malformed(path, "its header is too long: \(length) bytes")
    }
    let start = 8 + Int(length)
    let entries: [String: HeaderEntry]
    do {
      entries = try JSONDecoder().decode([String: HeaderEntry].self, from: data[8..<start])
    } catch {
      throw Self.malformed(path, "its header is no JSON of the expected shape")
    }
    var places: [String: Place] = [:]
    for case (let tensor, .tensor(let entry)) in entries {
      places[tensor] = try Self.place(tensor, entry, from: start, size: data.count, in: path)
    }
    try Self.checkOrder(of: places, from: start, size: data.count, in: path)
    self.places = places
  }

  /// The names of all tensors.
  var tensorNames: some Collection<String> { places.keys }

  /// A tensor of a known shape.
  ///
  /// - Throws: ``EncoderError`` where it is not there, or of another shape or type.
  func tensor(_ tensor: String, shape: [Int]) throws(EncoderError) -> Tensor {
    let found = try place(tensor)
    guard found.shape == shape else {
      let other = "\(found.shape)".excerpt
      throw Self.malformed(
        name,
        "tensor \(tensor.excerpt) has the shape \(other), config.json asks for \(shape)"
      )
    }
    guard let element = found.element else {
      throw Self.malformed(
        name,
        "tensor \(tensor.excerpt) is of type \(found.type.excerpt): F32, F16, BF16 can be read"
      )
    }
    return Tensor(data: data[found.bytes], element: element, columns: shape.last ?? 1)
  }

  /// The shape of a tensor.
  ///
  /// - Throws: ``EncoderError`` where it is not there.
  func shape(of tensor: String) throws(EncoderError) -> [Int] { try place(tensor).shape }

  private func place(_ tensor: String) throws(EncoderError) -> Place {
    guard let place = places[tensor] else {
      throw Self.malformed(name, "it has no tensor \(tensor.excerpt)")
    }
    return place
  }

  private static func place(
    _ tensor: String,
    _ entry: HeaderEntry.Tensor,
    from start: Int,
    size: Int,
    in path: String
  ) throws(EncoderError) -> Place {
    let element = Element(rawValue: entry.dtype)
    let name = tensor.excerpt
    guard entry.data_offsets.count == 2, entry.shape.allSatisfy({ $0 >= 0 }),
      0 <= entry.data_offsets[0], entry.data_offsets[0] <= entry.data_offsets[1]
    else { throw malformed(path, "tensor \(name) has a shape or offsets that cannot be") }
    guard entry.data_offsets[1] <= size - start else {
      throw malformed(path, "tensor \(name) ends beyond the file: the file is truncated")
    }
    let bytes = start + entry.data_offsets[0]..<start + entry.data_offsets[1]
    if let element {
      var needed = element.size
      for length in entry.shape {
        let (product, isTooLarge) = needed.multipliedReportingOverflow(by: length)
        guard !isTooLarge else { throw malformed(path, "tensor \(name) is too large") }
        needed = product
      }
      guard needed == bytes.count else {
        throw malformed(
          path,
          "tensor \(name) has \(bytes.count) bytes, its shape needs \(needed)"
        )
      }
    }
    return Place(element: element, type: entry.dtype, shape: entry.shape, bytes: bytes)
  }

  /// Tensors stand one after the other, as the format says: bytes that many of them share would
  /// become more memory than the file has.
  private static func checkOrder(
    of places: [String: Place],
    from start: Int,
    size: Int,
    in path: String
  ) throws(EncoderError) {
    var end = start
    let inOrder = places.sorted {
      ($0.value.bytes.lowerBound, $0.value.bytes.upperBound, $0.key)
        < ($1.value.bytes.lowerBound, $1.value.bytes.upperBound, $1.key)
    }
    for (name, place) in inOrder {
      let bytes = place.bytes
      guard bytes.lowerBound == end else {
        let what = bytes.lowerBound < end ? "overlaps another" : "does not follow on another"
        throw malformed(path, "tensor \(name.excerpt) \(what)")
      }
      end = bytes.upperBound
    }
    guard end == size else {
      throw malformed(path, "it has \(size - end) bytes that belong to no tensor")
    }
  }

  private static func malformed(_ path: String, _ what: String) -> EncoderError {
    EncoderError(
      .badData,
      "\(path) is not usable: \(what)",
      advice: "fetch the model's files again"
    )
  }
}

/// An entry of the header: a tensor, or the metadata, which nobody needs.
private enum HeaderEntry: Decodable {
  struct Tensor: Decodable {
    let dtype: String
    let shape: [Int]
    let data_offsets: [Int]
  }

  case tensor(Tensor)
  case metadata

  init(from decoder: any Decoder) throws {
    if decoder.codingPath.last?.stringValue == "__metadata__" {
      self = .metadata
    } else {
      self = .tensor(try Tensor(from: decoder))
    }
  }
}

/// Numbers as they stand in a file, row by row.
struct Tensor: Sendable {
  fileprivate let data: Data
  fileprivate let element: Safetensors.Element
  fileprivate let columns: Int

  /// The number of rows.
  var rows: Int { columns == 0 ? 0 : data.count / element.size / columns }

  /// All numbers.
  var floats: [Float] {
    let count = data.count / element.size
    return [Float](unsafeUninitializedCapacity: count) { floats, initialized in
      read(0..<count, into: floats)
      initialized = count
    }
  }

  /// Reads one row.
  func readRow(_ row: Int, into floats: UnsafeMutableBufferPointer<Float>) {
    read(row * columns..<(row + 1) * columns, into: floats)
  }

  private func read(_ range: Range<Int>, into floats: UnsafeMutableBufferPointer<Float>) {
    data.withUnsafeBytes { bytes in
      switch element {
      case .float32:
        let part = bytes[range.lowerBound * 4..<range.upperBound * 4]
        UnsafeMutableRawBufferPointer(floats).copyMemory(
          from: UnsafeRawBufferPointer(rebasing: part)
        )
      case .float16:
        for (index, place) in range.enumerated() {
          floats[index] = Float(
            half: bytes.loadUnaligned(fromByteOffset: place * 2, as: UInt16.self)
          )
        }
      case .bfloat16:
        for (index, place) in range.enumerated() {
          let bits = bytes.loadUnaligned(fromByteOffset: place * 2, as: UInt16.self)
          floats[index] = Float(bitPattern: UInt32(bits) << 16)
        }
      }
    }
  }
}

extension Float {
  /// An IEEE 754 half-precision number; the type Float16 is not there on every platform.
  init(half bits: UInt16) {
    let sign = UInt32(bits & 0x8000) << 16
    let exponent = UInt32(bits >> 10) & 0x1F
    let fraction = UInt32(bits & 0x3FF)
    switch exponent {
    case 0:
      let size = Float(fraction) * 0x1p-24
      self = sign == 0 ? size : -size
    case 0x1F: self = Float(bitPattern: sign | 0x7F80_0000 | fraction << 13)
    default: self = Float(bitPattern: sign | (exponent + 112) << 23 | fraction << 13)
    }
  }
}
