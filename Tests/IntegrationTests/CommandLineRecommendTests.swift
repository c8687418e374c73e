import Foundation
import PQClient
import TestSupport
import Testing
import VectorSQL

@Suite("The command line: recommend-netflix")
struct CommandLineRecommendTests {
  @Test(.temporaryDatabase) func `JSON has the documented keys in their order`() async throws {
    let database = try TestDatabase.current
    try await database.makeMovies()
    let text = try await database.succeed(
      "recommend-netflix",
      "--customer",
      "5",
      "--limit",
      "2",
      "--format",
      "json"
    )
    #expect(
      keys(text, indented: 2) == [
        "command", "table", "encoder", "metric", "requested", "returned", "complete", "why",
        "exact",
        "coverage", "index", "index_why", "rows", "sql", "binds", "settings", "timing",
      ]
    )
    let row = ["rank", "id", "title", "description", "distance", "similarity", "because"]
    let bind = ["type", "value"]
    #expect(keys(text, indented: 4) == ["hnsw.ef_search", "milliseconds"])
    #expect(keys(text, indented: 6) == row + row + bind)
    #expect(
      keys(text, indented: 10)
        == Array(repeatElement(["id", "title", "distance"], count: 4).joined())
    )

    let json = try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any]
    #expect(json?["command"] as? String == "recommend-netflix")
    #expect(json?["table"] as? String == "netflix_shows")
    #expect(json?["why"] is NSNull)
    #expect(json?["index"] is NSNull)
  }

  private func keys(_ text: String, indented blanks: Int) -> [String] {
    let indentation = String(repeating: " ", count: blanks) + "\""
    return text.split(separator: "\n").filter { $0.hasPrefix(indentation) }.map { line in
      String(line.dropFirst(blanks + 1).prefix { $0 != "\"" })
    }
  }

  @Test(.temporaryDatabase) func `says what it took, how complete it is and that it is exact`()
    async throws
  {
    let database = try TestDatabase.current
    try await database.makeMovies()
    let answer = try await database.recommend("--customer", "5")
    #expect(answer.encoder == "lexical")
    #expect(answer.metric == "cosine")
    #expect(answer.requested == 5 && answer.returned == 5 && answer.complete)
    #expect(answer.exact && answer.index == nil)
    #expect(answer.index_why.contains("no approximate index"))
    #expect(answer.coverage == 159.0 / 160)
    #expect(answer.binds == [Answer.Bind(type: "bigint", value: "5")])
    #expect(answer.rows.map(\.rank) == [1, 2, 3, 4, 5])
    #expect(answer.rows.allSatisfy { abs($0.similarity - (1 - $0.distance)) < 1e-12 })
    #expect(answer.rows.allSatisfy { $0.because.count == 2 })

    let outcome = try await database.dbtool("recommend-netflix", "--customer", "5", "--timing")
    #expect(outcome.status == 0)
    #expect(outcome.stderr == "dbtool: taking encoder \"lexical\"\n")
    let lines = outcome.stdout.split(separator: "\n")
    #expect(lines.count == 8)
    #expect(lines[0].hasPrefix("#  distance  title"))
    #expect(lines[6] == "encoder lexical, metric cosine, exact, coverage 99.4 %")
    #expect(lines[7].wholeMatch(of: /time \d+\.\d ms/) != nil)
    #expect(!outcome.stdout.contains("\u{1B}"))
  }

  @Test(
    .temporaryDatabase,
    arguments: ["cosine", "l2", "ip", "l1"],
    ["equal", "count", "recency"]
  )
  func `the rows are those of plain SQL`(metric: String, weight: String) async throws {
    let database = try TestDatabase.current
    try await database.makeMovies()
    // One film counts for many rentals, and rentals lie years apart, so that the weights matter.
    var db = try database.connect()
    try db.executeScript(
      """
      INSERT INTO rental (rental_date, inventory_id, customer_id, staff_id)
      SELECT timestamp '2020-01-01' + n * interval '1 day', inventory_id, 5, 1
      FROM generate_series(1, 6) AS n, (SELECT min(inventory_id) AS inventory_id FROM inventory) AS i
      """
    )
    let sign = ["cosine": "<=>", "l2": "<->", "ip": "<#>", "l1": "<+>"][metric] ?? ""
    let factor =
      [
        "equal": "1", "count": "times",
        "recency": "exp(-ln(2) * extract(epoch FROM newest - last_rented) / 86400 / 90)",
      ][weight] ?? ""
    let rows = try db.query(
      """
      WITH rented AS (
        SELECT embedding_lexical AS v, times, last_rented, max(last_rented) OVER () AS newest
        FROM customer_film JOIN film USING (film_id)
        WHERE customer_id = 5 AND embedding_lexical IS NOT NULL
      ),
      element AS (
        SELECT place, sum(value * (\(unsafeRaw: factor))::float8) / sum((\(unsafeRaw: factor))::float8) AS mean
        FROM rented, unnest(v::real[]) WITH ORDINALITY AS e (value, place)
        GROUP BY place
      ),
      probe AS (SELECT array_agg(mean ORDER BY place)::real[]::vector AS v FROM element)
      SELECT show_id, (embedding_lexical \(unsafeRaw: sign) probe.v)::float8 AS distance
      FROM netflix_shows, probe
      WHERE embedding_lexical IS NOT NULL
      ORDER BY distance, show_id LIMIT 20
      """
    )
    let exact = try await database.recommend(
      "--customer",
      "5",
      "--limit",
      "20",
      "--metric",
      metric,
      "--weight",
      weight,
      "--exact"
    )
    #expect(exact.exact)
    #expect(exact.index_why.contains("exact search was asked for"))
    for (row, plain) in zip(exact.rows, rows) {
      let distance: Double = try plain["distance"]
      #expect(abs(row.distance - distance) < 1e-5)
      #expect(try row.id == plain["show_id"] || abs(row.distance - distance) < 1e-6)
    }
    let usual = try await database.recommend(
      "--customer",
      "5",
      "--limit",
      "20",
      "--metric",
      metric,
      "--weight",
      weight
    )
    #expect(usual.rows == exact.rows)
    #expect(rows.count == 20 && exact.rows.count == 20)
  }

  @Test(.temporaryDatabase) func `weights change the answer`() async throws {
    let database = try TestDatabase.current
    try await database.makeMovies()
    var db = try database.connect()
    try db.executeScript(
      """
      INSERT INTO rental (rental_date, inventory_id, customer_id, staff_id)
      SELECT timestamp '2020-01-01' + n * interval '1 day', inventory_id, 5, 1
      FROM generate_series(1, 20) AS n, (SELECT min(inventory_id) AS inventory_id FROM inventory) AS i
      """
    )
    let equal = try await database.recommend("--customer", "5").rows.map(\.distance)
    let count = try await database.recommend("--customer", "5", "--weight", "count")
    let recency = try await database.recommend("--customer", "5", "--weight", "recency")
    #expect(count.rows.map(\.distance) != equal)
    #expect(recency.rows.map(\.distance) != equal)
    #expect(recency.rows.map(\.distance) != count.rows.map(\.distance))
  }

  @Test(.temporaryDatabase) func `because names the two rented films nearest to each show`()
    async throws
  {
    let database = try TestDatabase.current
    try await database.makeMovies()
    var db = try database.connect()
    for row in try await database.recommend("--customer", "3").rows {
      let films = try db.query(
        """
        SELECT film_id, film.title, film.embedding_lexical <=> show.embedding_lexical AS distance
        FROM netflix_shows AS show, customer_film JOIN film USING (film_id)
        WHERE show.show_id = \(row.id) AND customer_id = 3 AND film.embedding_lexical IS NOT NULL
        ORDER BY distance, film_id LIMIT 2
        """
      )
      let expected = try films.map { film in
        Answer.Reason(
          id: try film["film_id"],
          title: try film["title"],
          distance: try film["distance"]
        )
      }
      #expect(row.because == expected)
    }
  }

  @Test(.temporaryDatabase) func `shows that differ have their reasons, too`() async throws {
    let database = try TestDatabase.current
    try await database.makeMovies()
    let usual = try await database.recommend("--customer", "5", "--limit", "40")
    let diverse = try await database.recommend("--customer", "5", "--diversity", "0.7")
    #expect(diverse.rows.count == 5 && diverse.rows.map(\.id) != usual.rows.prefix(5).map(\.id))
    for row in diverse.rows {
      let same = usual.rows.first { $0.id == row.id }
      #expect(row.because.count == 2 && (same == nil || same?.because == row.because))
    }
  }

  @Test(.temporaryDatabase) func `a short answer says why`() async throws {
    let database = try TestDatabase.current
    try await database.makeMovies()
    let all = try await database.recommend("--customer", "5", "--limit", "1000")
    #expect(all.requested == 1000 && all.returned == 159 && !all.complete)
    #expect(all.why == "only 159 rows have a vector of encoder \"lexical\"")

    var db = try database.connect()
    let newcomer: Int = try db.query(
      """
      SELECT min(customer_id) FROM customer
      WHERE customer_id NOT IN (SELECT customer_id FROM customer_film)
      """
    ).scalar()
    let none = try await database.recommend("--customer", "\(newcomer)")
    #expect(none.returned == 0 && !none.complete && none.rows.isEmpty)
    #expect(none.why == "no profile: customer_id \(newcomer) has no items in customer_film")
    let table = try await database.dbtool("recommend-netflix", "--customer", "\(newcomer)")
    #expect(table.status == 0)
    #expect(table.stdout.hasPrefix("0 of 5 rows: no profile: customer_id \(newcomer) has no"))

    try db.execute(
      """
      UPDATE film SET embedding_lexical = NULL
      WHERE film_id IN (SELECT film_id FROM customer_film WHERE customer_id = 7)
      """
    )
    let bare = try await database.recommend("--customer", "7", "--encoder", "lexical")
    #expect(bare.returned == 0)
    #expect(bare.why?.contains("items of customer_id 7 has a vector of encoder") == true)
  }

  @Test(.temporaryDatabase) func `a mean without a direction is no profile`() async throws {
    let database = try TestDatabase.current
    try await database.makeMovies()
    var db = try database.connect()
    try db.executeScript(
      """
      DELETE FROM payment WHERE customer_id = 5;
      DELETE FROM rental WHERE customer_id = 5;
      INSERT INTO rental (rental_date, inventory_id, customer_id, staff_id)
      SELECT '2024-01-01', min(inventory_id), 5, 1 FROM inventory WHERE film_id IN (1, 2) GROUP BY film_id;
      UPDATE film SET embedding_lexical = array_prepend(3 - 2 * film_id, array_fill(0, ARRAY[511]))::real[]::vector
      WHERE film_id IN (1, 2);
      """
    )
    let answer = try await database.recommend("--customer", "5")
    #expect(answer.why == "no profile: the items of customer_id 5 are zero vectors or cancel out")
    #expect(answer.returned == 0)
    // Under the others a mean at the origin is a place like any other.
    #expect(try await database.recommend("--customer", "5", "--metric", "l2").returned == 5)
  }

  @Test(.temporaryDatabase) func `an unknown customer is absent`() async throws {
    let database = try TestDatabase.current
    try await database.makeMovies()
    for customer in ["999", "2147483647"] {
      for format in ["table", "json"] {
        let outcome = try await database.dbtool(
          "recommend-netflix",
          "--customer",
          customer,
          "--format",
          format
        )
        expectRefusal(outcome, 66, says: "no customer \(customer) in table customer")
      }
    }
  }

  @Test(.temporaryDatabase) func `encoders that cannot serve`() async throws {
    let database = try TestDatabase.current
    try await database.succeed("migrate")
    let recommend = ["recommend-netflix", "--customer", "5"]
    let environment = ["DATABASE_URL": database.url]
    let bareTables = try await DBToolProcess.run(recommend, environment: environment)
    expectRefusal(bareTables, 78, says: "table \"film\" is empty", "dbtool seed")
    try await database.succeed("seed")
    let nothing = try await DBToolProcess.run(recommend, environment: environment)
    expectRefusal(nothing, 78, says: "no encoder covers 90 %", "dbtool embed --encoder minilm")
    let empty = try await DBToolProcess.run(
      recommend + ["--encoder", "minilm"],
      environment: environment
    )
    expectRefusal(empty, 78, says: "\"minilm\" has no vectors yet", "dbtool embed --encoder minilm")
    let unknown = try await DBToolProcess.run(
      recommend + ["--encoder", "word2vec"],
      environment: environment
    )
    expectRefusal(unknown, 66, says: "no encoder \"word2vec\"", "lexical, minilm")
    var db = try database.connect()
    try db.execute("ALTER TABLE film DROP COLUMN embedding_bart")
    let bare = try await DBToolProcess.run(
      recommend + ["--encoder", "bart"],
      environment: environment
    )
    expectRefusal(bare, 78, says: "\"bart\" has no column in table \"film\"")
    expectRefusal(
      try await database.dbtool("embed", "--encoder", "word2vec"),
      66,
      says: "\"word2vec\""
    )
    expectRefusal(
      try await database.dbtool("embed", "--encoder", "lexical", "--table", "nosuch"),
      66,
      says: "\"nosuch\"",
      "film"
    )

    // The encoder may be covered in one table and not in the other.
    try await database.succeed("embed", "--encoder", "lexical", "--table", "film")
    let half = try await DBToolProcess.run(recommend, environment: environment)
    expectRefusal(half, 78, says: "covers 90 % of netflix_shows and film")
  }

  @Test(.temporaryDatabase) func `takes minilm once it covers both tables`() async throws {
    let database = try TestDatabase.current
    try await database.makeMovies()
    var db = try database.connect()
    let fill: (String) -> SQLFragment = { table in
      """
      UPDATE \(ident: table) SET embedding_minilm =
        (SELECT array_agg(sin(n * length(title)))::real[]::vector FROM generate_series(1, 384) AS n)
      """
    }
    // The registry knows of it once embed has made the first of them.
    try db.execute(
      """
      INSERT INTO dbtool.embedding_state (embedding_id, row_key, revision)
      SELECT embedding_id, '1', 1 FROM dbtool.embedding WHERE encoder = 'minilm'
      """
    )
    try db.execute(fill("film"))
    #expect(try await database.recommend("--customer", "5").encoder == "lexical")
    try db.execute(fill("netflix_shows"))
    #expect(try await database.recommend("--customer", "5").encoder == "minilm")
    let named = try await database.recommend("--customer", "5", "--encoder", "lexical")
    #expect(named.encoder == "lexical")
    try db.execute("UPDATE film SET embedding_minilm = NULL WHERE film_id % 5 = 0")
    #expect(try await database.recommend("--customer", "5").encoder == "lexical")
    let partial = try await database.recommend("--customer", "5", "--encoder", "minilm")
    #expect(partial.encoder == "minilm")
  }

  @Test(.temporaryDatabase) func `-e prints the SQL on stderr and runs it`() async throws {
    let database = try TestDatabase.current
    try await database.makeMovies()
    let echoed = try await database.dbtool(
      "recommend-netflix",
      "--customer",
      "5",
      "-e",
      "--format",
      "json"
    )
    let shown = try await database.succeed("recommend-netflix", "--customer", "5", "--show-sql")
    #expect(echoed.status == 0)
    #expect(
      echoed.stderr.trimmingCharacters(in: .newlines) == shown.trimmingCharacters(in: .newlines)
    )
    #expect(try JSONDecoder().decode(Answer.self, from: Data(echoed.stdout.utf8)).returned == 5)
  }

  @Test(.temporaryDatabase) func `the ten planted tastes are found`() async throws {
    let database = try TestDatabase.current
    try await database.makeMovies()
    let tastes = try String(
      contentsOfFile: PackageDirectory.path("seeds/tastes.csv"),
      encoding: .utf8
    )
    .split(separator: "\n").dropFirst()
    #expect(tastes.count == 10)
    for line in tastes {
      let fields = line.split(separator: ",")
      let planted = Set(fields[2].split(separator: " ").map(String.init))
      let answer = try await database.recommend("--customer", String(fields[0]))
      let found = answer.rows.filter { planted.contains($0.id) }
      #expect(found.count >= 4, "\(fields[1]): \(answer.rows.map(\.title))")
    }
  }

  @Test(.temporaryDatabase, arguments: ["equal", "count", "recency"])
  func `for all customers at once the rows are those for each`(weight: String) async throws {
    struct Line: Decodable {
      struct Row: Decodable, Hashable { var id: String, distance: Double }
      var customer: Int, encoder: String, rows: [Row]
    }
    let database = try TestDatabase.current
    try await database.makeMovies()
    let options = ["--weight", weight, "--exact", "--limit", "3"]
    let all = try await database.dbtool(["recommend-netflix", "--all"] + options)
    #expect(all.status == 0, "\(all)")
    let lines = try all.stdout.split(separator: "\n").map {
      try JSONDecoder().decode(Line.self, from: Data($0.utf8))
    }
    var db = try database.connect()
    // Whose films have no vector has no profile.
    let customers: Int = try db.query(
      """
      SELECT count(DISTINCT customer_id) FROM customer_film JOIN film USING (film_id)
      WHERE embedding_lexical IS NOT NULL
      """
    ).scalar()
    #expect(lines.count == customers)
    #expect(lines.map(\.customer) == lines.map(\.customer).sorted())
    for line in lines.prefix(4) {
      let one = try await database.dbtool(
        ["recommend-netflix", "--customer", "\(line.customer)", "--format", "json"] + options
      )
      let answer = try JSONDecoder().decode(Answer.self, from: Data(one.stdout.utf8))
      #expect(answer.rows.map(\.id) == line.rows.map(\.id), "customer \(line.customer)")
      for (left, right) in zip(answer.rows, line.rows) {
        #expect(abs(left.distance - right.distance) < 1e-6)
      }
    }
    expectRefusal(
      try await database.dbtool(["recommend-netflix", "--all", "--customer", "5"]),
      64,
      says: "name a customer"
    )
  }

  @Test(.temporaryDatabase) func `for all customers into a table that says what it means`()
    async throws
  {
    let database = try TestDatabase.current
    try await database.makeMovies()
    let command = ["recommend-netflix", "--all", "--encoder", "lexical", "--limit", "3"]
    let made = try await database.dbtool(command + ["--into", "public.\"My Table\""])
    var db = try database.connect()
    let same = try await database.psql(
      try await database.succeed(
        command[0],
        command[1],
        command[2],
        command[3],
        "--limit",
        "3",
        "--show-sql"
      )
    )
    let stored = try db.query(
      "SELECT subject || E'\\x1f' || show_id AS pair FROM \"My Table\" ORDER BY subject, distance, show_id"
    ).map { try $0[0] as String }
    #expect(
      stored
        == same.split(separator: "\n").map { line in
          line.split(separator: "\u{1F}").prefix(2).joined(separator: "\u{1F}")
        }
    )
    #expect(made.stdout == "\(stored.count) rows in table public.\"My Table\"\n", "\(made)")
    let comment: String = try db.query("SELECT obj_description('\"My Table\"'::regclass)").scalar()
    #expect(comment.contains("cosine distance") && comment.contains("\"lexical\""))
    expectRefusal(
      try await database.dbtool(command + ["--into", "\"My Table\""]),
      65,
      says: "already",
      "DROP TABLE"
    )
    let script = try await database.dbtool(command + ["--into", "other", "--show-sql"])
    #expect(try await database.psql(script.stdout).isEmpty)
    #expect(try db.query("SELECT count(*) FROM other").scalar() as Int == stored.count)
    expectRefusal(
      try await database.dbtool("recommend-netflix", "--customer", "5", "--into", "x"),
      64,
      says: "--all"
    )
  }
}
