public import VectorSQL

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// The key of a row, as a number or as text, whatever its column's type.
public enum RowKey: Sendable, Hashable, Codable, CustomStringConvertible {
  /// `smallint`, `integer`, `bigint`.
  case integer(Int)
  /// `text`, `uuid` and the like.
  case text(String)

  /// Reads a JSON number or string.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    if let number = try? container.decode(Int.self) {
      self = .integer(number)
    } else if let number = try? container.decode(Decimal.self) {
      self = .text(number.description)
    } else {
      self = .text(try container.decode(String.self))
    }
  }

  /// Writes a JSON number or string.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    switch self {
    case .integer(let number): try container.encode(number)
    case .text(let text): try container.encode(text)
    }
  }

  /// The key as a person types it.
  public var description: String {
    switch self {
    case .integer(let number): String(number)
    case .text(let text): text
    }
  }
}

extension RowKey: SQLDecodable {
  /// Reads any key column.
  public static func decodeBinary(
    _ bytes: UnsafeRawBufferPointer,
    typeOID: UInt32
  ) throws(SQLValueError) -> RowKey {
    if let number = try? Int.decodeBinary(bytes, typeOID: typeOID) { return .integer(number) }
    if let uuid = try? PGUUID.decodeBinary(bytes, typeOID: typeOID) {
      return .text(uuid.description)
    }
    if let number = try? PGNumeric.decodeBinary(bytes, typeOID: typeOID) {
      return .text(number.description)
    }
    if let date = try? PGDate.decodeBinary(bytes, typeOID: typeOID) {
      return .text(date.description)
    }
    if let moment = try? PGTimestamp.decodeBinary(bytes, typeOID: typeOID) {
      return .text(moment.description)
    }
    return .text(try String.decodeBinary(bytes, typeOID: typeOID))
  }
}
