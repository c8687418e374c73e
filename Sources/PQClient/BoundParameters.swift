import CLibPQ
import VectorSQL

/// The parameters of one execution in the arrays that libpq wants, their bytes in one buffer.
struct BoundParameters {
  private var buffer: [UInt8] = []
  private var offsets: [Int?] = []
  private var lengths: [Int32] = []
  private var formats: [Int32] = []

  /// The server refuses longer messages, and libpq counts their bytes in 32 bits.
  private static let longestMessage = 0x3FFF_FFFE

  /// Encodes the binds: binary where the type has a known binary form, text elsewhere.
  init(_ binds: [SQLBind]) throws(PostgresError) {
    for bind in binds {
      do { try bind.validate() } catch { throw PostgresError(error) }
      let binary = bind.type.travelsInBinary
      formats.append(binary ? 1 : 0)
      guard !bind.isNull else {
        offsets.append(nil)
        lengths.append(0)
        continue
      }
      let start = buffer.count
      offsets.append(start)
      if binary {
        bind.encodeBinary(into: &buffer)
        lengths.append(Int32(truncatingIfNeeded: buffer.count - start))
      } else {
        let text = bind.text ?? ""
        do { try text.validate() } catch { throw PostgresError(error) }
        buffer.append(contentsOf: text.utf8)
        lengths.append(Int32(truncatingIfNeeded: buffer.count - start))
        buffer.append(0)  // libpq takes a text parameter as a C string
      }
    }
    guard buffer.count <= Self.longestMessage else {
      throw PostgresError(.client, "the parameters are larger than a gigabyte")
    }
    if buffer.isEmpty { buffer.append(0) }  // an empty value still needs an address
  }

  /// Calls libpq with the arrays, which live no longer than the call.
  func withPointers<Result>(
    _ body: (
      _ count: Int32,
      _ values: UnsafePointer<UnsafePointer<CChar>?>?,
      _ lengths: UnsafePointer<Int32>?,
      _ formats: UnsafePointer<Int32>?
    ) -> Result
  ) -> Result {
    buffer.withUnsafeBytes { bytes in
      let base = bytes.assumingMemoryBound(to: CChar.self).baseAddress
      let values = offsets.map { offset in offset.flatMap { base?.advanced(by: $0) } }
      return values.withUnsafeBufferPointer { values in
        lengths.withUnsafeBufferPointer { lengths in
          formats.withUnsafeBufferPointer { formats in
            body(Int32(values.count), values.baseAddress, lengths.baseAddress, formats.baseAddress)
          }
        }
      }
    }
  }
}
