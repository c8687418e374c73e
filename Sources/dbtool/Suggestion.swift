import ArgumentParser

/// Names the nearest command where somebody mistyped one.
enum Suggestion {
  static func check(_ arguments: [String]) throws {
    guard let typed = arguments.first, !typed.hasPrefix("-"), typed != "help" else { return }
    let names = DBTool.configuration.subcommands.flatMap { command in
      [command._commandName] + command.configuration.aliases
    }
    guard !names.contains(typed) else { return }
    // A long name is often typed by its beginning, so that counts as near too.
    let far = { (name: String) in
      min(distance(typed, name), distance(typed, String(name.prefix(typed.count))))
    }
    let nearest = names.min { far($0) < far($1) }
    let hint = nearest.flatMap { far($0) <= 2 ? "; did you mean \"\($0)\"?" : nil }
    throw ValidationError(
      "there is no command \"\(Text.oneLine(typed))\"\(hint ?? "")"
    )
  }

  /// The part of the arguments that names a command.
  static func command(_ arguments: [String]) -> [String] {
    var names: [String] = []
    var choices = DBTool.configuration.subcommands
    for argument in arguments {
      let found = choices.first { command in
        command._commandName == argument || command.configuration.aliases.contains(argument)
      }
      guard let found else { break }
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
