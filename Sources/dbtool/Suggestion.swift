import ArgumentParser

/// Names the nearest command where somebody mistyped one.
enum Suggestion {
  static func check(_ arguments: [String]) throws {
    var path = ""
    var choices = DBTool.configuration.subcommands
    for typed in arguments {
      guard !choices.isEmpty, !typed.hasPrefix("-") else { return }
      if path.isEmpty, typed == "help" { continue }
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

  /// What to say about the first option that the command does not have: the parser would name first
  /// what is missing, which a mistyped option was meant to be.
  static func unknownOption(_ arguments: [String]) -> String? {
    let help = DBTool.helpMessage(for: type(of: command(arguments)), includeHidden: true)
    let known = help.matches(of: /--[a-z][a-z-]*/).map { String($0.output) }
    let typed = arguments.prefix { $0 != "--" }.filter { $0.hasPrefix("--") }
      .map { String($0.prefix { $0 != "=" && $0 != " " }) }
    guard let wrong = typed.first(where: { !known.contains($0) }) else { return nil }
    let nearest = known.min { distance(wrong, $0) < distance(wrong, $1) }
    let hint = nearest.flatMap { distance(wrong, $0) <= 2 ? "; did you mean \"\($0)\"?" : nil }
    return "there is no option \"\(Text.oneLine(wrong))\"\(hint ?? "")"
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

  /// The command that runs for these names, which may be a group's default.
  private static func type(of names: [String]) -> any ParsableCommand.Type {
    let found = names.reduce(DBTool.self as any ParsableCommand.Type) { command, name in
      command.configuration.subcommands.first { self.names($0).contains(name) } ?? command
    }
    return found.configuration.defaultSubcommand ?? found
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
