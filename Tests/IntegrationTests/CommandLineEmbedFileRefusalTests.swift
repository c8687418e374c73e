import Foundation
import PQClient
import TestSupport
import Testing
import VectorSQL

@Suite("The command line: embed --from FILE, refused")
struct CommandLineEmbedFileRefusalTests {
  private typealias Item = ItemTable

  /// Lines that follow a good one, the exit code, and what is said.
  struct Refusal: Sendable, CustomTestStringConvertible {
    let lines: [String]
    let says: String
    var key = "integer"
    var testDescription: String { says }
  }

  private static let refusals = [
    Refusal(lines: ["{\"id\": 2"], says: "v.jsonl:2: this line is not JSON"),
    Refusal(lines: ["", Item.line("2", [1, 2])], says: "v.jsonl:3: this vector has 2 elements"),
    Refusal(
      lines: ["{\"id\": 2, \"embedding\": [1, NaN, 1]}"],
      says: "v.jsonl:2: NaN is no number in JSON"
    ),
    Refusal(lines: [Item.line("2", [1, 1e39, 0])], says: "v.jsonl:2: element 2 is inf"),
    Refusal(lines: [Item.line("2", [0, 0, 0])], says: "v.jsonl:2: this is a zero vector"),
    Refusal(
      lines: [Item.line("2"), Item.line("1")],
      says: "v.jsonl:3: the id \"1\" stands twice, first on line 1"
    ),
    Refusal(
      lines: [Item.line("\" 1\"")],
      says: "v.jsonl:2: the id \" 1\" stands twice, first on line 1"
    ),
    Refusal(lines: [Item.line("1"), Item.line("1")], says: "1 more lines repeat an id"),
    Refusal(
      lines: [Item.line("7")],
      says: "v.jsonl: 1 of 2 ids is in no row of item\n  \"7\" on line 2\n"
    ),
    Refusal(
      lines: ["2", "70", "71", "72", "73", "74"].map { Item.line($0) },
      says:
        "5 of 7 ids are in no row of item\n  \"70\" on line 3, \"71\" on line 4, \"72\" on line 5, \"73\" on line 6, …\n"
    ),
    Refusal(
      lines: [Item.line("2"), Item.line("\"x\""), Item.line("\"2.0\""), Item.line("99999999999")],
      says: "v.jsonl:3: the id \"x\" cannot be a key of item, which is of type integer\n"
        + "  invalid input syntax for type integer: \"x\"; 2 more cannot be either"
    ),
    Refusal(
      lines: [Item.line("\"1\""), Item.line("\"ab000000\"")],
      says: "v.jsonl:2: the id \"1\" cannot be a key of item, which is of type uuid",
      key: "uuid"
    ),
    Refusal(
      lines: [Item.line("\"abcde\"")],
      says: "v.jsonl:2: the id \"abcde\" cannot",
      key: "varchar(4)"
    ),
    Refusal(lines: [Item.line("\"A\"")], says: "1 of 2 ids is in no row of item", key: "text"),
  ]

  @Test(.temporaryVectorDatabase, arguments: refusals)
  func `one bad line refuses the file, and nothing is written`(refusal: Refusal) async throws {
    let isUUID = refusal.key == "uuid"
    let first = isUUID ? "ab000000-0000-4000-8000-000000000001" : "1"
    let keys =
      isUUID ? [first] : [first, "2", "a"].filter { refusal.key != "integer" || $0 != "a" }
    let items = try await ItemTable(key: refusal.key, keys: keys)
    let good = Item.line(isUUID ? "\"\(first)\"" : "1", [3, 4, 0])
    #expect(try await items.load([good]).status == 0)
    let before = try items.fingerprint()
    expectRefusal(
      try await items.load([Item.line(isUUID ? "\"\(first)\"" : "1")] + refusal.lines),
      65,
      says: refusal.says
    )
    #expect(try items.fingerprint() == before)
  }

  @Test(.temporaryVectorDatabase)
  func `files that hold something else are refused`() async throws {
    let items = try await ItemTable()
    #expect(try await items.load([Item.line("1")]).status == 0)
    let before = try items.fingerprint()
    let folder = items.folder
    let ids = try folder.write("ids.txt", "1\n2\n")
    func array(_ rows: [[Double]]) throws -> String {
      try folder.write("v.npy", NumpyBytes.of(rows, type: "<f4"))
    }
    expectRefusal(try await items.load([]), 65, says: "v.jsonl holds no vectors")
    expectRefusal(
      try await items.load(
        from: folder.write(
          "latin1",
          Array("{\"id\":\"\u{FC}".unicodeScalars.map { UInt8($0.value) }) + [0x22]
        )
      ),
      65,
      says: "latin1:1: this line is not UTF-8"
    )
    expectRefusal(
      try await items.load(from: array([[1, 2, 3, 4]]), ["--ids", ids]),
      65,
      says: "v.npy: its vectors have 4 elements, encoder \"tiny\" has 3"
    )
    expectRefusal(
      try await items.load(from: array([[1, 2, 3]]), ["--ids", ids]),
      65,
      says: "ids.txt has 2 lines, the array in",
      "has 1 rows"
    )
    expectRefusal(
      try await items.load(from: array([[1, 2, 3], [0, 0, 0]]), ["--ids", ids]),
      65,
      says: "v.npy[1], ",
      "ids.txt:2: this is a zero vector"
    )
    let other = try folder.write("other.txt", "2\n9\n")
    expectRefusal(
      try await items.load(from: array([[1, 2, 3], [1, 0, 0]]), ["--ids", other]),
      65,
      says: "other.txt: 1 of 2 ids is in no row of item",
      "\"9\" on line 2"
    )
    expectRefusal(
      try await items.load(from: array([[1, 2, 3]])),
      64,
      says: "has no ids of its own",
      "--ids FILE"
    )
    expectRefusal(try await items.load([Item.line("1")], "--ids", ids), 64, says: "is no .npy file")
    expectRefusal(
      try await items.load(from: array([[1, 2, 3]]), ["--ids", "/nowhere"]),
      66,
      says: "there is no file /nowhere"
    )
    expectRefusal(try await items.load(from: folder.path), 65, says: "is a folder")
    for name in ["nowhere.jsonl", "minilm", "file:v.jsonl", "olama:nomic"] {
      expectRefusal(
        try await items.load(from: name),
        66,
        says: "\"\(name)\" is neither a file nor a model",
        "JSON Lines, or .npy",
        "bert:FOLDER"
      )
    }
    expectRefusal(try await items.load(from: "bert:"), 64, says: "\"bert:\" names no model")
    #expect(try items.fingerprint() == before)
  }

  @Test(.temporaryVectorDatabase)
  func `a column or a registry that does not fit says so`() async throws {
    let items = try await ItemTable()
    let file = try items.folder.write("v.jsonl", Item.line("1"))
    var db = try items.database.connect()
    try db.execute("UPDATE dbtool.encoder SET dimension = 2 WHERE name = 'tiny'")
    expectRefusal(
      try await items.load(from: file),
      78,
      says: "item.embedding has 3 dimensions, encoder \"tiny\" has 2"
    )
    try db.execute("UPDATE dbtool.encoder SET dimension = 3 WHERE name = 'tiny'")
    try db.execute("UPDATE dbtool.embedding SET vector_column = 'gone'")
    expectRefusal(try await items.load(from: file), 78, says: "item.gone, which is not there")
    expectRefusal(
      try await items.load(from: file, ["--table", "nope"]),
      66,
      says: "no column in table \"nope\""
    )
  }

  @Test(.temporaryDatabase) func `an encoder of several tables asks which`() async throws {
    let database = try TestDatabase.current
    try await database.succeed("migrate")
    let folder = try ScratchFolder()
    let file = try folder.write("v.jsonl", Item.line("1"))
    expectRefusal(
      try await database.dbtool("embed", "--encoder", "bart", "--from", file),
      64,
      says: "v.jsonl are of which table?",
      "--table film|netflix_shows|movie"
    )
  }

  @Test(arguments: [
    (["--force"], "--force"), (["--limit", "5"], "--limit"), (["--workers", "2"], "--workers"),
    (["--batch-size", "64"], "--batch-size"), (["--preview", "1"], "--preview"),
  ])
  func `what does not go with a file says so`(options: [String], word: String) async throws {
    let command = ["embed", "--encoder", "bart", "--from", "v.jsonl"] + options
    expectRefusal(
      try await DBToolProcess.run(command),
      64,
      says: word + " does not go with a file of vectors, v.jsonl"
    )
  }

  @Test func `a file belongs to an encoder, and ids to a file`() async throws {
    expectRefusal(
      try await DBToolProcess.run(["embed", "--from", "v.jsonl"]),
      64,
      says: "which encoder made the vectors",
      "--encoder"
    )
    expectRefusal(
      try await DBToolProcess.run(["embed", "--encoder", "gte", "--from", "bert:x", "--ids", "y"]),
      64,
      says: "--ids is for a .npy file"
    )
    expectRefusal(
      try await DBToolProcess.run(["embed", "--encoder", "lexical", "--from", "v.jsonl"]),
      64,
      says: "--from is not for the lexical encoder"
    )
    expectRefusal(
      try await DBToolProcess.run([
        "embed", "--encoder", "bart", "--from", "v.jsonl", "--text", "a",
      ]),
      64,
      says: "\"v.jsonl\" names no model"
    )
  }
}
