import ArgumentParser
import DBToolActions
import VectorSQL

struct DoctorCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "doctor",
    abstract: "Say what is wrong with vector columns, their indexes and what is around them.",
    usage: """
      dbtool doctor
      DATABASE_URL=postgresql://localhost/shop dbtool doctor
      dbtool doctor --table shop.product
      dbtool doctor --format json
      """,
    discussion: """
      Looks at any database with pgvector, also at a standby and with SELECT rights alone; reads only. \
      Each finding says what to do. Exit 1 when one of them needs a hand, 0 when there are hints at most.

      A table is read once for all of its vector columns: every row of up to 100,000, and of more a sample \
      of about 50,000 (TABLESAMPLE SYSTEM), which the answer says. Views and foreign tables of more rows are \
      not read, and a locked table is waited for three seconds.

      How many rows an IVFFlat index was built from is known only until the next VACUUM or ANALYZE counts \
      anew; PostgreSQL does not keep it. The servers of registered models are asked once, for two seconds \
      at most.
      """
  )

  @Option(help: "Only this table, [SCHEMA.]NAME, and the encoders of its columns.")
  var table: NonEmpty?

  @Flag(
    name: [.customShort("e"), .customLong("echo-sql")],
    help: "Print the SQL that reads the tables on stderr."
  )
  var echoSQL = false

  @OptionGroup var output: FormatOption
  @OptionGroup var connection: ConnectionOptions

  func run() async throws {
    let session = try connection.session("doctor")
    var db = try await session.open()
    let progress = ProgressMeter(unit: "tables")
    let echoSQL = echoSQL
    let doctor = Doctor(session, table: table?.text) { event in
      switch event {
      case .reading(let table, let number, let total, let statement):
        progress.show("reading \(table), table \(number) of \(total)")
        if echoSQL { Console.note(statement.text + ";") }
      }
    }
    let diagnosis = try await doctor.run(on: &db)
    Console.progress(nil)
    DoctorOutput.print(diagnosis, output.format)
    if diagnosis.needsHand { throw ExitCode(ExitStatus.no.rawValue) }
  }
}
