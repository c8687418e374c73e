import VectorSQL

/// What the tables of the movie database are to a recommendation; `Tables/` is made by `dbtool codegen`.
enum MovieTables {
  /// The films of DVDRental.
  static let films = Film.table.name
  /// The shows of Netflix.
  static let shows = NetflixShows.table.name
  /// Who rented which film: the subject, the item, how often, when last.
  static let rentals = (
    table: CustomerFilm.table.name,
    columns: [
      CustomerFilm.customerID.column, CustomerFilm.filmID.column, CustomerFilm.times.column,
      CustomerFilm.lastRented.column,
    ].map(\.name)
  )
}
