public import ArgumentParser
public import DBToolActions
public import Movies
public import VectorSQL

// The values that options take, by the names that the command line gives them.

extension DistanceMetric: ExpressibleByArgument {}

extension GenerateTypes.Access: ExpressibleByArgument {}

extension TopItems.Measure: ExpressibleByArgument {}

extension IndexVariant: ExpressibleByArgument {}

extension RecommendNetflix.Weight: ExpressibleByArgument {}

/// A path or a name: an empty one is a variable that the caller's shell did not have.
struct NonEmpty: ExpressibleByArgument {
  let text: String

  init?(argument: String) {
    guard !argument.isEmpty else { return nil }
    text = argument
  }
}
