/** Reranking and vectors for Apache Lucene, in this process. */
@org.jspecify.annotations.NullMarked
module dev.vl4j.lucene {
  requires static org.jspecify;
  requires transitive dev.vl4j.engine;
  requires transitive org.apache.lucene.core;

  exports dev.vl4j.lucene;
}
