/**
 * Checkpoints on disk as named tensors: safetensors, shards, configuration, model directories; and
 * model directories by their hub's id.
 */
@org.jspecify.annotations.NullMarked
module dev.vl4j.loader {
  requires static org.jspecify;
  requires java.net.http;
  requires tools.jackson.databind;

  exports dev.vl4j.loader;
  exports dev.vl4j.loader.hub;
}
