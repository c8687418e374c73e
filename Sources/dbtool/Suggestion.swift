import ArgumentParser

/// Names the nearest command where somebody mistyped one.
enum Suggestion {
  static func check(_ arguments: [String]) throws {
    var path = ""
    var choices = DBTool.configuration.subcommands
    for typed in arguments {
      guard !choices.isEmpty, !typed.hasPrefix("-"), typed != "help" else { return }
      guard let found = choices.first(where: { names($0).contains(typed) }) else {
        let hint = nearest(to: typed, in: choices).map { "; did you mean \"\(path)\($0)\"?" }
        throw ValidationError(
          "there is no command \"\(path)\(Text.oneLine(typed))\"\(hint ?? "")"
        )
      }
      path += typed + " "
      choices = found.configuration.subcommands
    }
  }

  private static func names(_ command: any ParsableCommand.Type) -> [String] {
    [command._commandName] + command.configuration.aliases
  }

  /// A long name is often typed by its beginning, so that counts as near too.
  private static func nearest(
    to typed: String,
    in choices: [any ParsableCommand.Type]
  ) -> String? {
    guard !typed.isEmpty else { return nil }
    let far = { (name: String) in
      min(distance(typed, name), distance(typed, String(name.prefix(typed.count))))
    }
    let nearest = choices.flatMap(names).min { far($0) < far($1) }
    return nearest.flatMap { far($0) <= min(2, typed.count / 2) ? $0 : nil }
  }

  /// The part of the arguments that names a command.
  static func command(_ arguments: [String]) -> [String] {
    var names: [String] = []
    var choices = DBTool.configuration.subcommands
    for argument in arguments {
      guard let found = choices.first(where: { self.names($0).contains(argument) }) else { break }
      names.append(argument)
      choices = found.configuration.subcommands
    }
    return names
  }

  /// Edit distance (Levenshtein), row by row.
  static func distance(_ left: String, _ right: String) -> Int {
    let right = Array(right)
    var row = Array(0...right.count)
    for (i, character) in left.enumerated() {
      var diagonal = row[0]
      row[0] = i + 1
      for j in right.indices {
        let above = row[j + 1]
        row[j + 1] = min(above + 1, row[j] + 1, diagonal + (character == right[j] ? 0 : 1))
        diagonal = above
      }
    }
    return row[right.count]
  }
}
