import TestSupport
import Testing
import VectorSQL

@Suite("Vectors")
struct VectorCodecTests {
  @Test func `a vector travels with its dimension`() throws {
    let vector = try PGVector([1, -0.5])
    #expect(wire(vector, groups: [2, 2, 4, 4]) == "0002 0000 3f800000 bf000000")
    #expect(SQLBind(vector).text == "[1.0,-0.5]")
    #expect(SQLBind(vector).type == .vector)
    #expect(try roundTrip(vector) == vector)
    #expect(vector.dimension == 2)
  }

  @Test func `a half vector travels in two bytes an element`() throws {
    let vector = try PGHalfVector([1, -0.5, 0.1])
    #expect(wire(vector, groups: [2, 2, 2, 2, 2]) == "0003 0000 3c00 b800 2e66")
    #expect(vector.elements[2] == 0.099975586)
    #expect(SQLBind(vector).text == "[1.0,-0.5,0.099975586]")
    #expect(try roundTrip(vector) == vector)
  }

  @Test(arguments: [0, 16_001])
  func `a dimension that pgvector does not have is refused`(dimension: Int) {
    let elements = [Float](repeating: 0, count: dimension)
    #expect(throws: SQLValueError("a vector has 1 to 16,000 dimensions, not \(dimension)")) {
      try PGVector(elements)
    }
    #expect(throws: SQLValueError("a halfvec has 1 to 16,000 dimensions, not \(dimension)")) {
      try PGHalfVector(elements)
    }
  }

  @Test func `the largest vectors are taken`() throws {
    var generator = SeededGenerator(seed: 1)
    let elements = generator.unitVector(dimension: 16_000)
    #expect(try roundTrip(PGVector(elements)).elements == elements)
    #expect(try roundTrip(PGHalfVector(elements)).dimension == 16_000)
  }

  @Test(arguments: [Float.nan, .infinity, -.infinity, .signalingNaN])
  func `an element that is no number is refused and named`(element: Float) {
    #expect(throws: SQLValueError("element 3 of a vector is \(element), not a finite number")) {
      try PGVector([0, 1, element, .nan])
    }
    #expect(throws: SQLValueError.self) { try PGHalfVector([element]) }
  }

  @Test func `extreme finite elements are taken as they are`() throws {
    let extremes = [
      Float.greatestFiniteMagnitude, -.greatestFiniteMagnitude, .leastNonzeroMagnitude, -0.0, 0,
    ]
    let read = try roundTrip(PGVector(extremes))
    #expect(read.elements.map(\.bitPattern) == extremes.map(\.bitPattern))
  }

  @Test func `bytes that are no vector are refused`() {
    #expect(throws: SQLValueError.self) { try read([0, 2, 0, 0, 0], .vector, as: PGVector.self) }
    #expect(throws: SQLValueError.self) { try read([], .vector, as: PGVector.self) }
    #expect(throws: SQLValueError.self) { try read([0, 1, 0, 0], .halfvec, as: PGHalfVector.self) }
  }
}

@Suite("Half-precision floats")
struct HalfFloatTests {
  /// The bits that an element gets on the wire.
  private func bits(_ element: Float) throws -> UInt16 {
    let bytes = try #require(SQLBind(try PGHalfVector([element])).binary)
    return UInt16(bytes[4]) << 8 | UInt16(bytes[5])
  }

  @Test func `each of the 65,536 patterns reads back as itself or is refused`() throws {
    for pattern in UInt16.min...UInt16.max {
      let bytes = [0, 1, 0, 0, UInt8(pattern >> 8), UInt8(truncatingIfNeeded: pattern)]
      if pattern & 0x7C00 == 0x7C00 {
        #expect(throws: SQLValueError.self) { try read(bytes, .halfvec, as: PGHalfVector.self) }
      } else {
        let vector = try read(bytes, .halfvec, as: PGHalfVector.self)
        try #require(SQLBind(vector).binary == bytes)
      }
    }
  }

  @Test(
    arguments: [
      (0, 0x0000), (-0.0, 0x8000), (1, 0x3C00), (-2, 0xC000), (65_504, 0x7BFF), (0.1, 0x2E66),
      (0x1p-14, 0x0400), (0x1p-24, 0x0001), (0x1.ff8p-15, 0x03FF),
      (1 + 0x1p-11, 0x3C00), (1 + 0x3p-11, 0x3C02), (1 + 0x1.002p-11, 0x3C01),
      (0x1p-25, 0x0000), (0x1.8p-25, 0x0001), (0x3p-25, 0x0002), (0x5p-25, 0x0002),
      (-0x1p-26, 0x8000), (65_519.996, 0x7BFF), (0x1.ffcp-15, 0x0400),
    ] as [(Float, UInt16)]
  )
  func `rounds to the nearest, ties to even`(element: Float, pattern: UInt16) throws {
    #expect(try bits(element) == pattern)
  }

  @Test func `what rounds beyond the largest is refused`() throws {
    #expect(throws: SQLValueError("element 2 of a halfvec is 65520.0, beyond 65504")) {
      try PGHalfVector([0, 65_520])
    }
    #expect(throws: SQLValueError.self) { try PGHalfVector([-.greatestFiniteMagnitude]) }
  }

  #if !(os(macOS) && arch(x86_64))
  @Test func `rounds as the hardware does around every boundary`() throws {
    for pattern in UInt16(0)..<0x7BFF {
      let low = Float(Float16(bitPattern: pattern))
      let middle = (low + Float(Float16(bitPattern: pattern + 1))) / 2
      for element in [low, low.nextUp, middle.nextDown, middle, middle.nextUp] {
        try #require(try bits(element) == Float16(element).bitPattern)
        try #require(try bits(-element) == Float16(-element).bitPattern)
      }
    }
  }
  #endif
}
