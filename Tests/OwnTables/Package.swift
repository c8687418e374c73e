// swift-tools-version: 6.2
import PackageDescription

// A user's package: tables that are not ours, an encoder of its own, and a target that is called SQL.
let package = Package(
  name: "OwnTables",
  platforms: [.macOS(.v15)],
  dependencies: [.package(name: "dbtool", path: "../..")],
  targets: [
    .target(name: "SQL"),
    .target(
      name: "ShopTables",
      dependencies: [.product(name: "VectorSQL", package: "dbtool")]
    ),
    .testTarget(
      name: "OwnTablesTests",
      dependencies: [
        "SQL", "ShopTables",
        .product(name: "VectorSQL", package: "dbtool"),
        .product(name: "PQClient", package: "dbtool"),
      ]
    ),
  ],
  swiftLanguageModes: [.v6]
)
