/// Numbers in sentences.
package enum Figures {
  /// `1,234 rows`, `1 row`.
  package static func count(_ number: Int, _ unit: String) -> String {
    "\(grouped(number)) \(unit)\(number == 1 ? "" : "s")"
  }

  /// A count with a comma between each three digits.
  package static func grouped(_ number: Int) -> String {
    let digits = String(abs(number))
    var out = ""
    for (index, digit) in digits.enumerated() {
      if index > 0, (digits.count - index) % 3 == 0 { out += "," }
      out.append(digit)
    }
    return (number < 0 ? "-" : "") + out
  }

  /// `12.3 %`; what is more than nothing is never shown as nothing, nor less than all as all.
  static func percent(_ share: Double) -> String {
    let tenths = Int((share * 1000).rounded())
    if tenths == 0, share > 0 { return "< 0.1 %" }
    if tenths == 1000, share < 1 { return "> 99.9 %" }
    return "\(tenths / 10).\(tenths % 10) %"
  }

  /// `16 kB`, `1.5 GB`, as PostgreSQL's settings have them.
  package static func size(_ bytes: Int) -> String {
    var (value, unit) = (Double(bytes) / 1024, "kB")
    for next in ["MB", "GB", "TB"] where value >= 1024 {
      (value, unit) = (value / 1024, next)
    }
    let tenths = Int((value * 10).rounded())
    return
      (tenths % 10 == 0 || value >= 100
      ? "\(Int(value.rounded()))" : "\(tenths / 10).\(tenths % 10)")
      + " " + unit
  }

  /// The next power of two in a setting's unit: `256MB`.
  static func setting(atLeast bytes: Int) -> String {
    var megabytes = 1
    while megabytes << 20 < bytes { megabytes *= 2 }
    return megabytes >= 1024 ? "\(megabytes / 1024)GB" : "\(megabytes)MB"
  }
}
