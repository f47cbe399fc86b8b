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

  // What the tokenizer and the WebP reader need at run time. They are automatic modules, which
  // cannot say so themselves, and without this a modular program would need flags.
  requires com.google.gson;
  requires com.sun.jna;
  requires kotlin.stdlib;
  requires org.slf4j;

  exports dev.vl4j.engine;
  exports dev.vl4j.engine.media;

  uses dev.vl4j.engine.media.VideoDecoder;
  uses dev.vl4j.engine.media.PageRenderer;
}
