import TestSupport
import Testing
import VectorSQL

@Suite("SELECT")
struct SelectTests {
  private enum Film: TableSchema {
    static let table = Table("film")
    static let id = TypedColumn<Int32>(table, "film_id")
    static let title = TypedColumn<String>(table, "title")
    static let length = TypedColumn<Int16?>(table, "length")
    static let features = TypedColumn<[String]?>(table, "special_features")
  }

  private enum Inventory: TableSchema {
    static let table = Table("inventory", schema: "Shop")
    static let id = TypedColumn<Int32>(table, "inventory_id")
    static let filmID = TypedColumn<Int32>(table, "film_id")
  }

  @Test func `joins, groups, orders and limits`() {
    expectSQL(
      Select(Film.title, Inventory.id.count, Film.length.maximum)
        .from(Film.self)
        .join(Inventory.self, on: Inventory.filmID == Film.id)
        .where(Film.length > 90)
        .where(Film.title != "A" || Film.length.isNull)
        .group(by: Film.title)
        .having(rowCount() > 1)
        .order(by: rowCount().descending, Film.title.ascending)
        .limit(5)
        .offset(10)
        .statement,
      is: """
        SELECT film.title, count("Shop".inventory.inventory_id), max(film.length)
        FROM film
        JOIN "Shop".inventory ON "Shop".inventory.film_id = film.film_id
        WHERE film.length > $1
          AND (film.title <> $2 OR film.length IS NULL)
        GROUP BY film.title
        HAVING count(*) > $3
        ORDER BY count(*) DESC NULLS LAST, film.title
        LIMIT 5
        OFFSET 10
        """,
      binds: [SQLBind(Int16(90)), SQLBind("A"), SQLBind(Int64(1))]
    )
  }

  @Test func `reads a table twice, and asks what exists`() {
    let other = Film.table.named("other")
    let otherTitle = TypedColumn<String>(other, "title")
    let copies = Select(Inventory.id).from(Inventory.self).where(Inventory.filmID == Film.id)
    expectSQL(
      Select(Film.title, otherTitle.optional)
        .from(Film.self)
        .leftJoin(other, on: otherTitle == Film.title)
        .where(!copies.exists && Film.features.has("Trailers"))
        .statement,
      is: """
        SELECT film.title, other.title
        FROM film
        LEFT JOIN film AS other ON other.title = film.title
        WHERE (NOT EXISTS (
          SELECT "Shop".inventory.inventory_id
          FROM "Shop".inventory
          WHERE "Shop".inventory.film_id = film.film_id
        ))
          AND $1 = ANY (film.special_features)
        """,
      binds: [SQLBind("Trailers")]
    )
  }

  @Test func `takes any expression whose type is stated`() {
    let place = SQLExpression<Int64>("row_number() OVER (ORDER BY \(Film.length.sql))")
    expectSQL(
      Select(place, Film.length.average, Film.length.sum)
        .from(Film.self)
        .where(Film.id.isOne(of: [1, 2]) && Film.title.like("A%"))
        .statement,
      is: """
        SELECT row_number() OVER (ORDER BY film.length), avg(film.length)::double precision, \
        sum(film.length)::numeric
        FROM film
        WHERE film.film_id = ANY ($1)
          AND film.title LIKE $2
        """,
      binds: [SQLBind([Int32(1), 2]), SQLBind("A%")]
    )
  }
}
