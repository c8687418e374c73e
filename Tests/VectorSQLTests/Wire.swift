import VectorSQL

/// The binary form of a value in hexadecimal, its bytes in groups as the format has them.
func wire(_ value: some SQLEncodable, groups: [Int] = []) -> String {
  let digits = (SQLBind(value).binary ?? []).map { byte in
    (byte < 16 ? "0" : "") + String(byte, radix: 16)
  }
  var rest = digits[...]
  var out: [String] = []
  for group in groups where !rest.isEmpty {
    out.append(rest.prefix(group).joined())
    rest = rest.dropFirst(group)
  }
  if !rest.isEmpty { out.append(rest.joined()) }
  return out.joined(separator: " ")
}

/// Reads a value from its binary form.
func read<Value: SQLDecodable>(
  _ bytes: [UInt8],
  _ type: SQLType,
  as _: Value.Type = Value.self
) throws(SQLValueError) -> Value {
  let result: Result<Value, SQLValueError> = bytes.withUnsafeBytes { buffer in
    do throws(SQLValueError) {
      return .success(try Value.decodeBinary(buffer, typeOID: type.oid ?? 99_999))
    } catch {
      return .failure(error)
    }
  }
  return try result.get()
}

/// Sends a value and reads it back, as if the server had returned the same bytes.
func roundTrip<Value: SQLEncodable & SQLDecodable>(_ value: Value) throws(SQLValueError) -> Value {
  try read(SQLBind(value).binary ?? [], Value.sqlType)
}
