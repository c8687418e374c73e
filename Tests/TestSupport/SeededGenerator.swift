/// Random numbers that are the same in every run: SplitMix64 (Steele, Lea and Flood, "Fast Splittable
/// Pseudorandom Number Generators", 2014).
public struct SeededGenerator: RandomNumberGenerator, Sendable {
  private var state: UInt64

  /// Starts a sequence; equal seeds give equal sequences.
  public init(seed: UInt64) { state = seed }

  /// The next number of the sequence.
  public mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }

  /// A vector of length one, its elements uniform before the scaling.
  public mutating func unitVector(dimension: Int) -> [Float] {
    let elements = (0..<dimension).map { _ in Float.random(in: -1...1, using: &self) }
    let length = elements.reduce(0) { $0 + $1 * $1 }.squareRoot()
    guard length > 0 else { return unitVector(dimension: dimension) }
    return elements.map { $0 / length }
  }
}
