/** Checkpoints on disk as named tensors: safetensors, shards, configuration, model directories. */
@org.jspecify.annotations.NullMarked
module dev.vl4j.loader {
  requires static org.jspecify;
  requires tools.jackson.databind;

  exports dev.vl4j.loader;
}
