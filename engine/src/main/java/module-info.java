/**
 * Qwen3-VL reranking in the JVM: the public API, prompt, vision preprocessing and the two towers.
 */
@org.jspecify.annotations.NullMarked
module dev.vl4j.engine {
  requires static org.jspecify;
  requires dev.vl4j.loader;
  requires dev.vl4j.kernels;
  requires ai.djl.tokenizers;
  requires ai.djl.api;
  requires tools.jackson.databind;
  requires java.desktop;
  requires webp.imageio;

  exports dev.vl4j.engine;
}
