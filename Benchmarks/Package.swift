// swift-tools-version: 6.2
import PackageDescription

// A package of its own, so that who uses dbtool's libraries never builds it. `make bench` runs it.
let package = Package(
  name: "Benchmarks",
  platforms: [.macOS(.v15)],
  dependencies: [.package(name: "dbtool", path: "..")],
  targets: [
    .systemLibrary(
      name: "LibPQ",
      pkgConfig: "libpq",
      providers: [.apt(["libpq-dev"]), .brew(["libpq"])]
    ),
    .executableTarget(name: "LibPQWorker", dependencies: ["LibPQ"]),
    .executableTarget(name: "Spawn"),
    .executableTarget(
      name: "ClientWorker",
      dependencies: [
        .product(name: "PQClient", package: "dbtool"),
        .product(name: "VectorSQL", package: "dbtool"),
      ],
      swiftSettings: [
        .enableUpcomingFeature("ExistentialAny"),
        .enableUpcomingFeature("InternalImportsByDefault"),
        .enableUpcomingFeature("MemberImportVisibility"),
        .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
        .treatAllWarnings(as: .error),
      ]
    ),
  ],
  swiftLanguageModes: [.v6]
)
