import TestSupport
import Testing
import TextEncoders

/// The numbers and names in the JSON files of a model folder.
@Suite("Configurations that cannot be used") struct ModelConfigurationTests {
  @Test(arguments: ["roberta", "mpnet", "xlm-roberta", "distilbert"])
  func `another architecture is named, whatever else its file has`(name: String) throws {
    var model = SmallModel()
    model.config["model_type"] = "\"\(name)\""
    try model.expectRefusal("its architecture is \"\(name)\", dbtool runs \"bert\"")
    model.config = ["model_type": "\"\(name)\"", "dim": "8"]
    try model.expectRefusal("its architecture is \"\(name)\", dbtool runs \"bert\"")
    model.config["model_type"] = nil
    try model.expectRefusal("its architecture is \"not named\"")
  }

  @Test(arguments: [
    "hidden_size", "num_hidden_layers", "num_attention_heads", "intermediate_size",
    "max_position_embeddings",
  ])
  func `a size that is missing, no whole number or out of range is named`(key: String) throws {
    var model = SmallModel()
    for (value, message) in [
      (nil, "config.json has no \"\(key)\""),
      ("null", "config.json has a \"\(key)\" that is null"),
      ("\"8\"", "config.json has a \"\(key)\" of another type"),
      ("[]", "config.json has a \"\(key)\" of another type"),
      ("8.5", "config.json is no JSON, or has a number that cannot be"),
      ("1e30", "config.json is no JSON, or has a number that cannot be"),
      ("-1", "its \(key) is -1"), ("1000001", "its \(key) is 1000001"),
      ("9223372036854775807", "its \(key) is 9223372036854775807"),
      ("-9223372036854775808", "its \(key) is -9223372036854775808"),
      ("9223372036854775808", "config.json is no JSON, or has a number that cannot be"),
    ] as [(String?, String)] {
      model.config[key] = value
      try model.expectRefusal(message)
    }
    guard key != "num_hidden_layers" else { return }
    model.config[key] = "0"
    try model.expectRefusal("its \(key) is 0, dbtool takes 1 to")
  }

  @Test func `sizes that are other than the weights' are refused before they are used`() throws {
    for (key, value, message) in [
      ("hidden_size", "16000", "has the shape [36, 8], config.json asks for [36, 16000]"),
      ("hidden_size", "16", "has the shape [36, 8], config.json asks for [36, 16]"),
      ("intermediate_size", "64000", "config.json asks for [64000, 8]"),
      ("num_hidden_layers", "1000", "it has no tensor encoder.layer.1.attention.self.query"),
      ("max_position_embeddings", "17", "has the shape [16, 8], config.json asks for [17, 8]"),
      ("num_attention_heads", "3", "hidden_size 8 is no multiple of 3 heads"),
      ("num_attention_heads", "16000", "hidden_size 8 is no multiple of 16000 heads"),
      ("layer_norm_eps", "-1", "its layer_norm_eps is negative"),
      ("layer_norm_eps", "1e400", "config.json is no JSON, or has a number that cannot be"),
    ] {
      var model = SmallModel()
      model.texts["sentence_bert_config.json"] = nil
      model.config[key] = value
      try model.expectRefusal(message)
    }
  }

  @Test func `activations and positions that are not computed are named`() throws {
    for name in ["relu", "gelu_new", "gelu_fast", "silu", ""] {
      var model = SmallModel()
      model.config["hidden_act"] = "\"\(name)\""
      try model.expectRefusal("its activation is \"\(name)\", dbtool computes \"gelu\"")
    }
    for name in ["relative_key", "relative_key_query", "alibi", "rotary"] {
      var model = SmallModel()
      model.config["position_embedding_type"] = "\"\(name)\""
      try model.expectRefusal("its positions are \"\(name)\", not \"absolute\"")
    }
  }

  @Test(arguments: [
    (#"{"pooling_mode_mean_tokens": true, "pooling_mode_cls_token": true}"#, "cls_token, mean_tok"),
    (#"{"pooling_mode_mean_tokens": false}"#, ""), ("{}", ""),
    (#"{"pooling_mode_max_tokens": true}"#, "max_tokens"),
    (#"{"pooling_mode_mean_sqrt_len_tokens": true}"#, "mean_sqrt_len_tokens"),
    (#"{"pooling_mode": "weightedmean"}"#, "weightedmean"), (#"{"pooling_mode": "max"}"#, "max"),
    (#"{"pooling_mode": ["mean", "cls"]}"#, ""),
    (#"{"pooling_mode": "cls", "pooling_mode_mean_tokens": true}"#, "cls, mean_tokens"),
  ])
  func `other ways of pooling are named`(json: String, ways: String) throws {
    var model = SmallModel()
    model.texts["1_Pooling/config.json"] = json
    try model.expectRefusal("1_Pooling asks for \"\(ways)")
  }

  @Test func `both ways of saying how to pool are understood`() throws {
    func vector(_ json: String) throws -> [Float] {
      var model = SmallModel()
      model.texts["1_Pooling/config.json"] = json
      return try model.encoder().vectors(for: ["a bad cab"])[0]
    }
    let mean = try vector(#"{"pooling_mode": "mean"}"#)
    let first = try vector(#"{"pooling_mode": "cls"}"#)
    #expect(mean != first && abs(norm(mean) - 1) < 1e-5 && abs(norm(first) - 1) < 1e-5)
    #expect(try vector(#"{"pooling_mode_mean_tokens": true}"#) == mean)
    #expect(try vector(#"{"pooling_mode_cls_token": true}"#) == first)
  }

  @Test(arguments: [
    (#"[{"type": "sentence_transformers.models.Dense"}]"#, "it has a module \"Dense\""),
    (#"[{"type": ""}]"#, "it has a module \"\""), (#"[{"type": "..."}]"#, "it has a module \"\""),
    (#"[{"path": ""}]"#, "modules.json has no \"type\""),
    (#"[{"type": "Pooling"}, {"type": 5}]"#, "modules.json has a \"1.type\" of another type"),
  ])
  func `modules that cannot be run are named`(json: String, message: String) throws {
    var model = SmallModel()
    model.texts["modules.json"] = json
    try model.expectRefusal(message)
  }
}
