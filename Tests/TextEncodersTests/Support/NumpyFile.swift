import TestSupport
import TextEncoders

/// A `.npy` file of two rows and three columns, in which a test spoils what it wants.
struct NumpyFile {
  var version: UInt8 = 1
  /// What the file says that its header has, where that is not the truth.
  var length: Int?
  /// The header, where it is not made of the three parts that follow.
  var header: String?
  var type = "'<f4'"
  var order = "False"
  var shape = "(2, 3)"
  var data = [UInt8](repeating: 0, count: 24)

  /// The file.
  var bytes: [UInt8] {
    let header =
      header ?? "{'descr': \(type), 'fortran_order': \(order), 'shape': \(shape), }\n"
    let length = length ?? header.utf8.count
    let lengthBytes = (0..<(version == 1 ? 2 : 4)).map { UInt8(length >> ($0 * 8) & 0xFF) }
    return [0x93] + Array("NUMPY".utf8) + [version, 0] + lengthBytes + Array(header.utf8) + data
  }

  /// Opens the file; it is gone then, but for what is mapped.
  func array() throws -> NumpyArray {
    let scratch = try ScratchFolder()
    let path = try scratch.write("array.npy", bytes)
    return try withExtendedLifetime(scratch) { try NumpyArray(path: path) }
  }
}
