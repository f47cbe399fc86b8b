/** Reranking and multimodal embedding for LangChain4j, in this process. */
@org.jspecify.annotations.NullMarked
module dev.vl4j.langchain4j {
  requires static org.jspecify;
  requires transitive dev.vl4j.engine;

  // Has no name of its own, so this is made of its file's.
  requires transitive langchain4j.core;

  exports dev.vl4j.langchain4j;
}
