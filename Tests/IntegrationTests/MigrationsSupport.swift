import EmbeddedPostgres
import Foundation
import PQClient
import SQLMigrations
import TestSupport
import VectorSQL

extension ScratchFolder {
  /// Writes one file with both sections.
  func write(_ name: String, up: String, down: String) throws {
    try write(name, "-- migrate:up\n\(up)\n\n-- migrate:down\n\(down)\n")
  }

  func remove(_ name: String) throws {
    try FileManager.default.removeItem(atPath: path + "/" + name)
  }

  func migrator(_ change: (inout Migrator.Options) -> Void = { _ in }) -> Migrator {
    var options = Migrator.Options()
    change(&options)
    return Migrator(folder: MigrationFolder(path), options: options)
  }

  /// `count` files that make a table and an index each.
  func writeTables(_ count: Int) throws {
    for number in 1...count {
      let version = 20_260_101_000_000 + number
      try write(
        "\(version)_create_t\(number).sql",
        up: """
          CREATE TABLE t\(number) (
            id   int GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
            name text NOT NULL,
            note text
          );
          CREATE INDEX t\(number)_name_idx ON t\(number) (name);
          """,
        down: "DROP TABLE t\(number);"
      )
    }
  }
}

/// Everything that a schema change can be seen by, as sorted lines; nothing of dbtool's own.
func catalogue(_ db: inout PQConnection) throws -> [String] {
  let rows = try db.query(
    """
    SELECT format('%s %s.%s', relkind, nspname, relname) AS line
    FROM pg_class JOIN pg_namespace n ON n.oid = relnamespace
    WHERE nspname NOT IN ('pg_catalog', 'information_schema', 'dbtool', 'pg_toast')
    UNION ALL
    SELECT format('column %s.%s %s %s %s %s', attrelid::regclass, attname,
                  format_type(atttypid, atttypmod), attnotnull, attnum,
                  pg_get_expr(adbin, adrelid))
    FROM pg_attribute
    JOIN pg_class c ON c.oid = attrelid JOIN pg_namespace n ON n.oid = relnamespace
    LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum
    WHERE attnum > 0 AND NOT attisdropped
      AND nspname NOT IN ('pg_catalog', 'information_schema', 'dbtool', 'pg_toast')
    UNION ALL
    SELECT format('constraint %s %s', conname, pg_get_constraintdef(c.oid))
    FROM pg_constraint c JOIN pg_namespace n ON n.oid = connamespace
    WHERE nspname NOT IN ('pg_catalog', 'information_schema', 'dbtool')
    UNION ALL
    SELECT 'index ' || pg_get_indexdef(indexrelid) || indisvalid
    FROM pg_index JOIN pg_class c ON c.oid = indexrelid JOIN pg_namespace n ON n.oid = relnamespace
    WHERE nspname NOT IN ('pg_catalog', 'information_schema', 'dbtool', 'pg_toast')
    UNION ALL
    SELECT 'function ' || pg_get_functiondef(p.oid)
    FROM pg_proc p JOIN pg_namespace n ON n.oid = pronamespace
    WHERE nspname NOT IN ('pg_catalog', 'information_schema', 'dbtool')
    UNION ALL
    SELECT 'view ' || viewname || definition FROM pg_views
    WHERE schemaname NOT IN ('pg_catalog', 'information_schema', 'dbtool')
    UNION ALL
    SELECT 'rule ' || definition FROM pg_rules
    WHERE schemaname NOT IN ('pg_catalog', 'information_schema', 'dbtool')
    UNION ALL
    SELECT format('operator %s %s', oprname, oprleft::regtype) FROM pg_operator o
    JOIN pg_namespace n ON n.oid = oprnamespace WHERE nspname = 'public'
    UNION ALL
    SELECT format('comment %s', description) FROM pg_description d
    JOIN pg_class c ON c.oid = objoid JOIN pg_namespace n ON n.oid = relnamespace
    WHERE nspname NOT IN ('pg_catalog', 'information_schema', 'dbtool')
    ORDER BY line
    """
  )
  return try rows.map { try $0.decode("line", as: String.self) }
}

/// The rows of every table, as text.
func contents(_ db: inout PQConnection) throws -> [String] {
  var lines: [String] = []
  let tables = try db.query(
    """
    SELECT format('%I.%I', nspname, relname) AS name
    FROM pg_class JOIN pg_namespace n ON n.oid = relnamespace
    WHERE relkind = 'r' AND nspname NOT IN ('pg_catalog', 'information_schema', 'dbtool')
      AND nspname !~ '^pg_'
    ORDER BY 1
    """
  )
  for table in tables {
    let name: String = try table["name"]
    for row in try db.query("SELECT t::text AS line FROM \(unsafeRaw: name) AS t") {
      let line: String = try row["line"]
      lines.append(name + " " + line)
    }
  }
  return lines.sorted()
}

/// Runs a script with the server's own psql against the test's database.
@discardableResult
func psql(_ script: String, _ arguments: [String] = []) async throws -> String {
  let server = try await TestServer.shared()
  let file = "/tmp/dbtool-script-\(UInt64.random(in: 0...UInt64.max)).sql"
  try Data(script.utf8).write(to: URL(filePath: file))
  defer { try? FileManager.default.removeItem(atPath: file) }
  let url = try TestDatabase.current.url
  let outcome = try await Program.run(
    server.program("psql"),
    ["-XAtq", "-v", "ON_ERROR_STOP=1"] + arguments + ["-d", url, "-f", file]
  )
  guard outcome.succeeded else { throw PsqlFailure(errors: outcome.errors) }
  return outcome.output
}

struct PsqlFailure: Error {
  let errors: String
}
