import TestSupport
import Testing
import TextEncoders

/// Arrays in NumPy's format, right and spoiled.
@Suite("NumPy files") struct NumpyArrayTests {
  @Test func `a file that is missing, a folder or empty is refused`() throws {
    let scratch = try ScratchFolder()
    for (kind, message, path) in [
      (EncoderError.Kind.notFound, "there is no file", scratch.path("nothing")),
      (.notFound, "cannot read", scratch.path),
      (.badData, "it is no .npy file", try scratch.write("empty", "")),
    ] {
      expectRefusal(kind, message, at: path) { _ = try NumpyArray(path: path) }
    }
  }

  @Test func `bad beginnings are refused`() throws {
    let whole = NumpyFile().bytes
    for count in [1, 5, 6, 7, 8, 9, 10, 11] {
      try expectRefused(Array(whole.prefix(count)), "it is no .npy file")
    }
    try expectRefused([0x92] + whole.dropFirst(), "it is no .npy file")
    try expectRefused(Array("PK\u{3}\u{4} some other file".utf8), "it is no .npy file")
    for version in [0, 4, 9, 255] as [UInt8] {
      try expectRefused(NumpyFile(version: version).bytes, "it is of version \(version)")
    }
    for version in [1, 2, 3] as [UInt8] {
      for length in [1000, 0xFFFF] {
        let file = NumpyFile(version: version, length: length)
        try expectRefused(file.bytes, "its header is longer than the file")
      }
    }
    let file = NumpyFile(version: 2, length: 0xFFFF_FFFF)
    try expectRefused(file.bytes, "its header is longer than the file")
    let spaces = NumpyFile(version: 2, header: String(repeating: " ", count: 100_000))
    try expectRefused(spaces.bytes, "its header is too long: 100000 bytes")
  }

  @Test func `a header that is no dictionary, or lacks an entry, is refused`() throws {
    for header in ["[1, 2]", "'descr'", "1", "{1, 2}", "{'descr': '<f4', 7}", "\u{0}\u{0}"] {
      try expectRefused(NumpyFile(header: header).bytes, "its header cannot be read")
    }
    for header in ["", "{}", "{,}", "{'descr': '<f4', 'shape': (2, 3)}", "{'a': 1, 'b': (1, 2)}"] {
      try expectRefused(NumpyFile(header: header).bytes, "its header lacks descr, fortran_order or")
    }
  }

  @Test(arguments: [
    "'>f4'", "'<i4'", "'<i8'", "'|O'", "'<U5'", "'|S4'", "'|b1'", "'<c8'", "'<f16'", "''", "7",
    "[('a', '<f4'), ('b', '<f4')]", "('<f4', (3,))", "'\n\u{1B}M'",
  ])
  func `elements that are no little-endian floats are named`(type: String) throws {
    try expectRefused(NumpyFile(type: type).bytes, "its elements are ")
  }

  @Test func `Fortran order is refused`() throws {
    for order in ["True", "1", "'False'", "None"] {
      try expectRefused(NumpyFile(order: order).bytes, "it is in Fortran order")
    }
  }

  @Test(arguments: [
    "()", "(6,)", "(1, 2, 3)", "6", "None", "(2, -3)", "(-2, -3)", "(2, 0)", "(0, 0)", "(a, b)",
    "(2.0, 3.0)", "(9223372036854775808, 1)", "(2, 3", "(((2, 3)", "(2 3, 1)",
    "(\(String(repeating: "1, ", count: 10_000)))",
  ])
  func `a shape that is none of rows and columns is refused`(shape: String) throws {
    try expectRefused(NumpyFile(shape: shape).bytes, "its shape is ")
  }

  @Test(arguments: [
    "(9223372036854775807, 9223372036854775807)", "(4611686018427387904, 4)", "(2, 4)", "(3, 3)",
    "(4294967296, 4294967296)", "(2305843009213693952, 2)", "(0, 3)", "(2, 2)", "(1, 3)",
  ])
  func `a shape of more or less than the file has is refused`(shape: String) throws {
    try expectRefused(NumpyFile(shape: shape).bytes, "it has 24 bytes of data, its shape (")
  }

  @Test func `missing and trailing bytes are refused`() throws {
    for count in [0, 1, 20, 23, 25, 28, 48] {
      let file = NumpyFile(data: [UInt8](repeating: 0, count: count))
      try expectRefused(file.bytes, "it has \(count) bytes of data, its shape (2, 3) needs others")
    }
  }

  @Test func `no rows are an array without rows`() throws {
    for columns in [1, 384, Int.max] {
      let array = try NumpyFile(shape: "(0, \(columns))", data: []).array()
      #expect(array.rows == 0 && array.columns == columns)
    }
  }

  @Test func `every way of writing a header is understood`() throws {
    for header in [
      "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }          \n",
      "{\"shape\":(2,3),\"fortran_order\":False,\"descr\":\"<f4\"}",
      "{'shape': (2, 3,), 'descr': '<f4', 'fortran_order': False, 'more': (1, 2)}",
    ] {
      for version in [1, 2, 3] as [UInt8] {
        let array = try NumpyFile(version: version, header: header).array()
        #expect(array.rows == 2 && array[1] == [0, 0, 0])
      }
    }
  }

  private func expectRefused(
    _ bytes: [UInt8],
    _ message: String,
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let scratch = try ScratchFolder()
    let path = try scratch.write("array.npy", bytes)
    expectRefusal(
      .badData,
      message,
      at: path,
      sourceLocation: sourceLocation
    ) { _ = try NumpyArray(path: path) }
  }
}
