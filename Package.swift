// swift-tools-version: 6.2
import PackageDescription

/// One list for every target: Swift 6 mode is data-race checked; nothing compiles with a warning.
let settings: [SwiftSetting] = [
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("MemberImportVisibility"),
  .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
  .treatAllWarnings(as: .error),
]

let package = Package(
  name: "dbtool",
  platforms: [.macOS(.v15)],
  products: [
    .executable(name: "dbtool", targets: ["dbtool"]),
    .library(name: "VectorSQL", targets: ["VectorSQL"]),
    .library(name: "PQClient", targets: ["PQClient"]),
    .library(name: "PGCatalog", targets: ["PGCatalog"]),
    .library(name: "SQLMigrations", targets: ["SQLMigrations"]),
    .library(name: "TextEncoders", targets: ["TextEncoders"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
    .package(url: "https://github.com/apple/swift-system", from: "1.8.1"),
    .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
    .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.6"),
    .package(url: "https://github.com/swift-server/async-http-client", from: "1.37.0"),
    .package(url: "https://github.com/swiftlang/swift-subprocess", from: "1.0.2", traits: []),
  ],
  targets: [
    .systemLibrary(
      name: "CLibPQ",
      pkgConfig: "libpq",
      providers: [.apt(["libpq-dev"]), .brew(["libpq"])]
    ),
    .target(name: "VectorSQL", swiftSettings: settings),
    .target(name: "PQClient", dependencies: ["VectorSQL", "CLibPQ"], swiftSettings: settings),
    .target(name: "PGCatalog", dependencies: ["PQClient", "VectorSQL"], swiftSettings: settings),
    .target(
      name: "SQLMigrations",
      dependencies: [
        "PQClient", "VectorSQL", .product(name: "Crypto", package: "swift-crypto"),
      ],
      // A link to sql/internal/: the statements become part of the binary.
      resources: [.embedInCode("Internal")],
      swiftSettings: settings
    ),
    .target(
      name: "EmbeddedPostgres",
      dependencies: [
        "PQClient", "VectorSQL",
        .product(name: "Subprocess", package: "swift-subprocess"),
        .product(name: "SystemPackage", package: "swift-system"),
      ],
      swiftSettings: settings
    ),
    .target(name: "CMatrixKernels"),
    .target(
      name: "TextEncoders",
      dependencies: [
        "CMatrixKernels",
        .product(name: "AsyncHTTPClient", package: "async-http-client"),
        .product(name: "NIOCore", package: "swift-nio"),
        .product(name: "NIOHTTP1", package: "swift-nio"),
        .product(name: "NIOPosix", package: "swift-nio"),
        .product(name: "NIOSSL", package: "swift-nio-ssl"),
      ],
      resources: [.embedInCode("Resources")],
      swiftSettings: settings
    ),
    .target(
      name: "PlanVerdict",
      dependencies: ["PGCatalog", "PQClient", "VectorSQL"],
      swiftSettings: settings
    ),
    .target(
      name: "DBToolActions",
      dependencies: [
        "SQLMigrations", "EmbeddedPostgres", "PlanVerdict", "PGCatalog", "TextEncoders", "PQClient",
        "VectorSQL",
      ],
      resources: [.embedInCode("IndexVariants")],
      swiftSettings: settings
    ),
    .target(
      name: "Movies",
      dependencies: [
        "DBToolActions", "PGCatalog", "PQClient", "VectorSQL",
        .product(name: "Subprocess", package: "swift-subprocess"),
        .product(name: "SystemPackage", package: "swift-system"),
      ],
      swiftSettings: settings
    ),
    .executableTarget(
      name: "dbtool",
      dependencies: [
        "Movies", "DBToolActions", "SQLMigrations", "EmbeddedPostgres", "PlanVerdict", "PGCatalog",
        "TextEncoders", "PQClient", "VectorSQL",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ],
      swiftSettings: settings,
      // The Swift runtime inside the program: it starts in half the time, and runs where there is no Swift.
      // (`--static-swift-stdlib` would be for the whole build, and the tests need the shared runtime.)
      linkerSettings: [
        .unsafeFlags(["-static-stdlib", "-use-ld=lld"], .when(platforms: [.linux])),
        .linkedLibrary("_FoundationCollections", .when(platforms: [.linux])),
        .linkedLibrary("_FoundationCShims", .when(platforms: [.linux])),
      ]
    ),
    .target(
      name: "TestSupport",
      dependencies: [
        "EmbeddedPostgres", "PQClient", "VectorSQL",
        .product(name: "NIOCore", package: "swift-nio"),
        .product(name: "NIOHTTP1", package: "swift-nio"),
        .product(name: "NIOPosix", package: "swift-nio"),
        .product(name: "Subprocess", package: "swift-subprocess"),
        .product(name: "SystemPackage", package: "swift-system"),
      ],
      path: "Tests/TestSupport",
      swiftSettings: settings
    ),
    .testTarget(
      name: "VectorSQLTests",
      dependencies: ["VectorSQL", "TestSupport"],
      swiftSettings: settings
    ),
    .testTarget(
      name: "MigrationsTests",
      dependencies: ["SQLMigrations", "VectorSQL", "TestSupport"],
      exclude: ["Fixtures"],
      swiftSettings: settings
    ),
    .testTarget(
      name: "TextEncodersTests",
      dependencies: [
        "TextEncoders", "CMatrixKernels", "TestSupport",
        .product(name: "Crypto", package: "swift-crypto"),
      ],
      exclude: ["Fixtures"],
      swiftSettings: settings
    ),
    .testTarget(
      name: "DBToolTests",
      dependencies: ["Movies", "DBToolActions", "TestSupport"],
      swiftSettings: settings
    ),
    .testTarget(
      name: "IntegrationTests",
      dependencies: [
        "Movies", "DBToolActions", "SQLMigrations", "EmbeddedPostgres", "PlanVerdict", "PGCatalog",
        "TextEncoders", "PQClient", "VectorSQL", "TestSupport",
      ],
      exclude: ["Fixtures"],
      swiftSettings: settings
    ),
  ],
  swiftLanguageModes: [.v6]
)
