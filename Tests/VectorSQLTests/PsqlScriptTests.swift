import Testing
import VectorSQL

@Suite("The script for psql")
struct PsqlScriptTests {
  @Test func `keeps the statement's bytes and declares the parameters' types`() throws {
    let statement = SQLStatement(
      """
      SELECT title
      FROM film
      WHERE film_id = \(-7) AND title <> \("it's \\ a") AND rate > \(0.5)
        AND rented = ANY (\([true, false])) AND embedding <=> \(try PGVector([1, -2.5])) < 1
        AND length < \(nil as Int32?)
      """,
      settings: [SQLSetting("hnsw.ef_search", "200"), SQLSetting("work_mem", "64MB")]
    )
    let script = try statement.psqlScript()
    #expect(
      script == """
        BEGIN;
        SET LOCAL hnsw.ef_search = 200;
        SET LOCAL work_mem = '64MB';
        PREPARE dbtool (bigint, text, double precision, boolean[], vector, integer) AS
        SELECT title
        FROM film
        WHERE film_id = $1 AND title <> $2 AND rate > $3
          AND rented = ANY ($4) AND embedding <=> $5 < 1
          AND length < $6;
        EXECUTE dbtool (-7, E'it''s \\\\ a', '0.5', '{"true","false"}', '[1.0,-2.5]', NULL);
        DEALLOCATE dbtool;
        COMMIT;

        """
    )
    #expect(script.contains(statement.text))
  }

  @Test func `of a statement without parameters has no empty parentheses`() throws {
    #expect(
      try SQLStatement("SELECT 1").psqlScript()
        == "BEGIN;\nPREPARE dbtool AS\nSELECT 1;\nEXECUTE dbtool;\nDEALLOCATE dbtool;\nCOMMIT;\n"
    )
  }

  @Test func `is refused for a value that no script can hold`() {
    #expect(throws: SQLValueError.self) { try SQLStatement("SELECT \("a\0b")").psqlScript() }
  }
}
