import Foundation
import PQClient
import TestSupport
import Testing
import VectorSQL

/// What the tests of `dbtool index` share.
extension TestDatabase {
  /// Products around sixty centres, in a table that nobody registered and whose names need quotes.
  func makeProducts(_ rows: Int = 6000, dimension: Int = 128) throws {
    var db = try connect()
    try db.executeScript(
      """
      CREATE EXTENSION IF NOT EXISTS vector;
      CREATE SCHEMA shop;
      CREATE TABLE shop."Product Items" (
        id int PRIMARY KEY, name text, kind int, "The Vector" vector(\(dimension))
      );
      """
    )
    try addProducts(1...rows, dimension: dimension)
  }

  /// More of them.
  func addProducts(_ ids: ClosedRange<Int>, dimension: Int = 128) throws {
    var db = try connect()
    try db.executeScript(
      """
      SELECT setseed(0.5);
      INSERT INTO shop."Product Items"
      SELECT n, 'Item ' || n, n % 7, (
        SELECT array_agg(sin((1 + n % 60) * j * j * 0.7 + j) + random() - 0.5 ORDER BY j)
        FROM generate_series(1, \(dimension)) AS j
      )::vector
      FROM generate_series(\(ids.lowerBound), \(ids.upperBound)) AS n;
      ANALYZE shop."Product Items";
      """
    )
  }

  /// Runs `dbtool index` on the products.
  func index(_ arguments: String..., url: String? = nil) async throws -> DBToolProcess.Outcome {
    let column = ["--table", "shop.\"Product Items\"", "--encoder", "The Vector"]
    let isList = arguments.first == "list"
    return try await DBToolProcess.run(
      ["index"] + arguments + (isList ? [] : column),
      environment: ["DATABASE_URL": url ?? self.url]
    )
  }

  /// The answer of `dbtool index list --format json`.
  func indexList(_ arguments: String...) async throws -> [ListedIndex] {
    let command = ["index", "list", "--format", "json"] + arguments
    let outcome = try await DBToolProcess.run(command, environment: ["DATABASE_URL": url])
    try #require(outcome.status == 0, "\(outcome)")
    return try JSONDecoder().decode(ListedIndexes.self, from: Data(outcome.stdout.utf8)).indexes
  }

  /// The answer of `dbtool index plan --format json`.
  func indexPlan(_ variant: String, url: String? = nil) async throws -> PlannedIndex {
    let outcome = try await index("plan", variant, "--format", "json", url: url)
    try #require([0, 1].contains(outcome.status), "\(outcome)")
    return try JSONDecoder().decode(PlannedIndex.self, from: Data(outcome.stdout.utf8))
  }

  /// The approximate indexes with their validity, by name.
  func approximateIndexes() throws -> [String] {
    var db = try connect()
    return try db.query(
      """
      SELECT i.relname || CASE WHEN x.indisvalid THEN '' ELSE ' invalid' END AS index
      FROM pg_index AS x JOIN pg_class AS i ON i.oid = x.indexrelid JOIN pg_am ON pg_am.oid = i.relam
      WHERE amname IN ('hnsw', 'ivfflat') ORDER BY 1
      """
    ).map { try $0["index"] }
  }

  /// Marks an index as an interrupted build leaves it.
  func invalidate(_ index: String) throws {
    var db = try connect()
    try db.execute(
      "UPDATE pg_index SET indisvalid = false WHERE indexrelid = (SELECT oid FROM pg_class WHERE relname = \(index))"
    )
  }
}

private struct ListedIndexes: Decodable { var indexes: [ListedIndex] }

/// An index as `index list` tells it.
struct ListedIndex: Decodable {
  var table: String
  var column: String
  var encoder: String?
  var wanted: String?
  var name: String?
  var missing: Bool
  var made_by_dbtool: Bool
  var operator_class: String?
  var valid: Bool?
  var bytes: Int?
  var rows_at_build: Int?
  var rows: Int?
  var stale: Bool
  var scans: Int?
}

/// What `index plan` tells.
struct PlannedIndex: Decodable {
  var rows: Int
  var dimension: Int?
  var most_dimensions: Int
  var operator_class: String?
  var definition: String?
  var lists: Int?
  var bytes: Int
  var memory: Int
  var sample_rows: Int?
  var build_seconds: Double?
  var update_milliseconds: Double?
  var no_estimate: String?
  var buildable: Bool
  var why_not: String?
}
