extension ScriptStatement {
  /// `COPY … FROM stdin`: rows follow. (The grammar takes `stdout` for it as well.)
  var readsStdin: Bool { copies("FROM") }

  /// `COPY … TO stdout`: rows would come back.
  var writesStdout: Bool { copies("TO") }

  private func copies(_ direction: String) -> Bool {
    guard words.first == "COPY" else { return false }
    return zip(words, words.dropFirst()).contains { word, next in
      word == direction && (next == "STDIN" || next == "STDOUT")
    }
  }

  /// The command, if it starts or ends a transaction.
  var transactionControl: String? {
    guard let first = words.first else { return nil }
    let second = words.dropFirst().first
    switch first {
    case "BEGIN", "COMMIT", "END", "ABORT":
      return first
    case "START", "PREPARE":
      return second == "TRANSACTION" ? "\(first) TRANSACTION" : nil
    case "ROLLBACK":
      // ROLLBACK [WORK | TRANSACTION] TO [SAVEPOINT] stays inside of the transaction.
      return words.prefix(3).contains("TO") ? nil : first
    default:
      return nil
    }
  }

  /// True for what the server runs in transactions of its own.
  ///
  /// When the connection breaks during such a statement, nobody can tell from outside whether it
  /// took effect; every other statement commits together with the record of it.
  var runsOutsideTransactions: Bool {
    switch words.first {
    case "VACUUM", "CLUSTER", "CALL", "DO": true
    case "ALTER": words.dropFirst().first == "SYSTEM" || words.contains("CONCURRENTLY")
    case "CREATE", "DROP":
      words.contains("CONCURRENTLY")
        || ["DATABASE", "TABLESPACE", "SUBSCRIPTION"].contains(words.dropFirst().first)
    case "REINDEX": true
    default: false
    }
  }
}

extension ScriptStatement {
  /// SET and RESET, which a new session has to repeat; SET LOCAL is gone with its transaction.
  var isSessionSetting: Bool {
    switch words.first {
    case "RESET": true
    case "SET": !["LOCAL", "TRANSACTION", "CONSTRAINTS"].contains(words.dropFirst().first)
    default: false
    }
  }
}
