import PQClient
import TestSupport

/// A shop that nobody registered: names that need quotes, a uuid key, vectors in a side table.
enum Shop {
  /// The products.
  static let items = "shop.\"Product Items\""

  /// Forty products on a circle, each with a group, a price and tags; who bought which; chunks with vectors
  /// of their own table.
  static func make() async throws -> TestDatabase {
    let database = try TestDatabase.current
    var db = try database.connect()
    try db.executeScript(
      """
      CREATE EXTENSION IF NOT EXISTS vector;
      CREATE SCHEMA shop;
      CREATE TABLE shop."Product Items" (
        id uuid PRIMARY KEY, "Title" text, price numeric, tags text[], kinds text, "limit" vector(2)
      );
      INSERT INTO shop."Product Items"
      SELECT ('00000000-0000-4000-8000-' || lpad(n::text, 12, '0'))::uuid, 'Item ' || n % 39, n,
             ARRAY['n' || n % 2, 'all'], 'odd ' || n % 2 || ', all',
             ARRAY[cos(n / 20.0), sin(n / 20.0)]::vector * ARRAY[2, 2]::vector
      FROM generate_series(0, 39) AS n;
      CREATE TABLE shop.buys (who int, what uuid, times int, at timestamptz);
      INSERT INTO shop.buys
      SELECT n / 10, ('00000000-0000-4000-8000-' || lpad(n::text, 12, '0'))::uuid, 1 + n % 3,
             timestamptz '2025-01-01' + n * interval '1 day'
      FROM generate_series(0, 29) AS n;
      CREATE TABLE shop.reviews (who int, what uuid, stars real, at timestamptz);
      INSERT INTO shop.reviews
      SELECT who, ('00000000-0000-4000-8000-' || lpad(n::text, 12, '0'))::uuid, 1 + (n * who) % 5,
             timestamptz '2025-01-01' + (n * who) * interval '1 day'
      FROM generate_series(0, 39) AS n, generate_series(1, 9) AS who
      WHERE (n + who) % 3 = 0 AND n <> 39;
      INSERT INTO shop.reviews
      VALUES (1, '00000000-0000-4000-8000-000000000039', 5, '2025-01-01'), (1, NULL, 5, NULL);
      CREATE TABLE chunk (id int PRIMARY KEY, body text, page int);
      CREATE TABLE chunk_vector (chunk int PRIMARY KEY REFERENCES chunk, v halfvec(2));
      INSERT INTO chunk SELECT n, 'chunk ' || n, n FROM generate_series(1, 30) AS n;
      INSERT INTO chunk_vector
      SELECT n, ARRAY[cos(n / 10.0), sin(n / 10.0)]::real[]::vector::halfvec FROM generate_series(1, 30) AS n;
      """
    )
    return database
  }

  /// The key of a product.
  static func key(_ number: Int) -> String {
    "00000000-0000-4000-8000-" + String(repeating: "0", count: 12 - String(number).count)
      + String(number)
  }
}
