/// The tables of the movie database that recommendations read.
enum MovieTables {
  /// The films of DVDRental.
  static let films = "film"
  /// The shows of Netflix.
  static let shows = "netflix_shows"
  /// Who rented which film: the subject, the item, how often, when last.
  static let rentals = (
    table: "customer_film", columns: ["customer_id", "film_id", "times", "last_rented"]
  )
}
