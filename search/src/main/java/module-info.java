/**
 * Search over a tree of texts and images: an index of vectors on disk, and answers in two stages.
 */
@org.jspecify.annotations.NullMarked
module dev.vl4j.search {
  requires static org.jspecify;
  requires transitive dev.vl4j.engine;
  requires dev.vl4j.loader;
  requires org.apache.lucene.core;

  exports dev.vl4j.search;
}
