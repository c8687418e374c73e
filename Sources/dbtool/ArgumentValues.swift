public import ArgumentParser
public import DBToolActions
public import Movies
public import VectorSQL

// The values that options take, by the names that the command line gives them.

extension DistanceMetric: ExpressibleByArgument {}

extension IndexVariant: ExpressibleByArgument {}

extension RecommendNetflix.Weight: ExpressibleByArgument {}
