package dev.vl4j.engine;

/**
 * Which of three published ways leads from a video to the frames that the model sees, and to their
 * sizes. They differ for every clip.
 */
public enum VideoRules {
  /**
   * As {@code fetch_video} of Qwen's own scripts: one frame a second, 4 to 64 of them and an even
   * number; each frame has 128 to 768 tokens of 32 x 32 pixels for two frames, less if there are
   * many. Frames are resized as torchvision resizes tensors of floats.
   */
  OFFICIAL,

  /**
   * As {@code Qwen3VLVideoProcessor} of transformers, by the checkpoint's {@code
   * video_preprocessor_config.json}: two frames a second unless it says otherwise, and one budget
   * of pixels for all frames together, so that short clips keep large frames.
   */
  TRANSFORMERS,

  /**
   * As vLLM serves: 32 frames of the whole clip, in the sizes that transformers gives them. A clip
   * that has no more frames is sampled again as transformers does it.
   */
  VLLM
}
