/// The model that `make setup` fetches.
public enum ModelFolder {
  /// all-MiniLM-L6-v2.
  public static let miniLM = PackageDirectory.path(".tools/models/all-MiniLM-L6-v2")
}
