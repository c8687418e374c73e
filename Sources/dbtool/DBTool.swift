import ArgumentParser

@main
struct DBTool: ParsableCommand {
  func run() { print("hello") }
}
