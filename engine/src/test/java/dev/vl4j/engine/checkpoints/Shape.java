package dev.vl4j.engine.checkpoints;

import java.util.List;

/** The sizes of a model. */
record Shape(
    int hidden,
    int intermediate,
    int layers,
    int heads,
    int keyValueHeads,
    int headSize,
    int vocabulary,
    List<Integer> mropeSection,
    int visionHidden,
    int visionIntermediate,
    int visionDepth,
    int visionHeads,
    int visionPositions,
    List<Integer> deepStack) {
  /** Rows long enough for the statistics of a real model's, in a model that a test can afford. */
  static final Shape SMALL =
      new Shape(
          256, 768, 6, 8, 4, 32, 1408, List.of(6, 5, 5), 128, 384, 4, 4, 64, List.of(0, 1, 2));

  /** In the spelling of the published checkpoints, with the demonstration tokenizer's ids. */
  String config() {
    return """
    {
      "architectures": ["Qwen3VLForConditionalGeneration"],
      "dtype": "bfloat16",
      "image_token_id": 1352,
      "model_type": "qwen3_vl",
      "text_config": {
        "attention_bias": false,
        "attention_dropout": 0.0,
        "bos_token_id": 1340,
        "eos_token_id": 1342,
        "head_dim": %d,
        "hidden_act": "silu",
        "hidden_size": %d,
        "intermediate_size": %d,
        "max_position_embeddings": 8192,
        "model_type": "qwen3_vl_text",
        "num_attention_heads": %d,
        "num_hidden_layers": %d,
        "num_key_value_heads": %d,
        "rms_norm_eps": 1e-06,
        "rope_parameters": {
          "mrope_interleaved": true,
          "mrope_section": %s,
          "rope_theta": 5000000,
          "rope_type": "default"
        },
        "tie_word_embeddings": false,
        "vocab_size": %d
      },
      "tie_word_embeddings": false,
      "video_token_id": 1353,
      "vision_config": {
        "deepstack_visual_indexes": %s,
        "depth": %d,
        "hidden_act": "gelu_pytorch_tanh",
        "hidden_size": %d,
        "in_channels": 3,
        "intermediate_size": %d,
        "model_type": "qwen3_vl",
        "num_heads": %d,
        "num_position_embeddings": %d,
        "out_hidden_size": %d,
        "patch_size": 16,
        "spatial_merge_size": 2,
        "temporal_patch_size": 2
      },
      "vision_end_token_id": 1350,
      "vision_start_token_id": 1349
    }
    """
        .formatted(
            headSize,
            hidden,
            intermediate,
            heads,
            layers,
            keyValueHeads,
            mropeSection,
            vocabulary,
            deepStack,
            visionDepth,
            visionHidden,
            visionIntermediate,
            visionHeads,
            visionPositions,
            hidden);
  }
}
