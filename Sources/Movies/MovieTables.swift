import DBToolActions
import VectorSQL

/// The tables of the movie database that recommendations read.
enum MovieTables {
  /// The films of DVDRental.
  static let films = EncoderChoice.NeededTable(name: "film", key: "film_id") { "embedding_\($0)" }
  /// The shows of Netflix.
  static let shows = EncoderChoice.NeededTable(name: "netflix_shows", key: "show_id") {
    "embedding_\($0)"
  }
  /// Who rented which film, one row per pair.
  static let rentals = Interactions(
    Table("customer_film"),
    subject: "customer_id",
    item: "film_id",
    count: "times",
    time: "last_rented"
  )
}
