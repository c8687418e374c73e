#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// The course catalogue as its JSON file has it: XML turned into JSON by a program, so that a list of one is
/// no list, a number is a string, and a name with attributes is an object.
struct MovieCatalogue: Decodable {
  struct Films: Decodable {
    var film: OneOrMany<Film>
  }

  /// A film, with the keys of the file.
  struct Film: Decodable {
    var titre: LooseText?
    var annee: LooseText?
    var pays: OneOrMany<LooseText>?
    var langue: OneOrMany<LooseText>?
    var duree: LooseText?
    var resume: LooseText?
    var genre: OneOrMany<LooseText>?
    var realisateur: OneOrMany<LooseText>?
    var scenariste: OneOrMany<LooseText>?
    var role: OneOrMany<Role>?
    var poster: LooseText?
    var _id: LooseText?
  }

  struct Role: Decodable {
    var acteur: LooseText?
  }

  var films: Films
}

/// A list, or a single value where a list is meant.
struct OneOrMany<Element: Decodable>: Decodable {
  var elements: [Element]

  init(from decoder: any Decoder) throws {
    if let list = try? decoder.unkeyedContainer(), list.count != nil {
      elements = try [Element?](from: decoder).compactMap(\.self)
    } else {
      elements = [try Element(from: decoder)]
    }
  }
}

/// Text: a string, a number, or an object that holds its text in `__text`.
struct LooseText: Decodable {
  /// The text without blanks around it; nil where nothing is left.
  var text: String?

  private enum CodingKeys: String, CodingKey { case text = "__text" }

  init(from decoder: any Decoder) throws {
    if let object = try? decoder.container(keyedBy: CodingKeys.self) {
      text = try object.decodeIfPresent(LooseText.self, forKey: .text)?.text
      return
    }
    let value = try decoder.singleValueContainer()
    let written = try (try? value.decode(Int.self)).map(String.init) ?? value.decode(String.self)
    let trimmed = written.drop { $0.isWhitespace }
    text = trimmed.isEmpty ? nil : String(trimmed.trimmingSuffix { $0.isWhitespace })
  }
}

extension Substring {
  fileprivate func trimmingSuffix(_ isDropped: (Character) -> Bool) -> Substring {
    var rest = self
    while let last = rest.last, isDropped(last) { rest.removeLast() }
    return rest
  }
}

/// A film as it goes into the table `movie`; its keys are the columns.
struct CatalogueMovie: Encodable {
  let imdb_id: String
  let title: String
  let year: Int?
  let genres: [String]
  let countries: [String]
  let language: String?
  let duration: Int?
  let summary: String?
  let director: String?
  let writers: [String]
  let cast: [String]
  let poster: String?

  /// Takes over what a film of the file says.
  ///
  /// - Throws: `MovieProblem` for what is missing or no number.
  init(_ film: MovieCatalogue.Film) throws(MovieProblem) {
    imdb_id = try Self.imdbID(film._id?.text)
    guard let title = film.titre?.text else { throw MovieProblem(text: "it has no titre") }
    self.title = title
    year = try Self.number(film.annee?.text, "annee")
    duration = try Self.number(film.duree?.text, "duree")
    genres = Self.texts(film.genre)
    countries = Self.texts(film.pays)
    language = Self.joined(film.langue)
    summary = film.resume?.text
    director = Self.joined(film.realisateur)
    writers = Self.texts(film.scenariste)
    cast = film.role?.elements.compactMap { $0.acteur?.text } ?? []
    poster = film.poster?.text
  }

  /// IMDb's number as its own addresses write it: `tt` and at least seven digits.
  private static func imdbID(_ text: String?) throws(MovieProblem) -> String {
    guard let text else { throw MovieProblem(text: "it has no _id") }
    let digits = text.hasPrefix("tt") ? text.dropFirst(2) : text[...]
    guard !digits.isEmpty, digits.utf8.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }) else {
      throw MovieProblem(text: "its _id \"\(text)\" is no number of IMDb")
    }
    return "tt" + String(repeating: "0", count: max(0, 7 - digits.count)) + digits
  }

  private static func number(_ text: String?, _ key: String) throws(MovieProblem) -> Int? {
    guard let text else { return nil }
    guard let number = Int(text) else {
      throw MovieProblem(text: "its \(key) \"\(text)\" is no number")
    }
    return number
  }

  private static func texts(_ list: OneOrMany<LooseText>?) -> [String] {
    list?.elements.compactMap(\.text) ?? []
  }

  private static func joined(_ list: OneOrMany<LooseText>?) -> String? {
    let texts = texts(list)
    return texts.isEmpty ? nil : texts.joined(separator: ", ")
  }
}

/// What is wrong with a film of the catalogue; follows the film's number in a sentence.
struct MovieProblem: Error {
  let text: String
}
