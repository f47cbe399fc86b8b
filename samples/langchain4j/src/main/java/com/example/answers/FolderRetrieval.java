package com.example.answers;

import dev.langchain4j.data.document.Metadata;
import dev.langchain4j.data.message.UserMessage;
import dev.langchain4j.data.segment.TextSegment;
import dev.langchain4j.model.embedding.request.EmbeddingInputType;
import dev.langchain4j.rag.AugmentationRequest;
import dev.langchain4j.rag.AugmentationResult;
import dev.langchain4j.rag.DefaultRetrievalAugmentor;
import dev.langchain4j.rag.RetrievalAugmentor;
import dev.langchain4j.rag.content.Content;
import dev.langchain4j.rag.content.ContentMetadata;
import dev.langchain4j.rag.content.retriever.EmbeddingStoreContentRetriever;
import dev.langchain4j.store.embedding.inmemory.InMemoryEmbeddingStore;
import dev.vl4j.engine.Embedder;
import dev.vl4j.engine.Reranker;
import dev.vl4j.langchain4j.MediaSegments;
import dev.vl4j.langchain4j.Vl4jContentAggregator;
import dev.vl4j.langchain4j.Vl4jEmbeddingModel;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * Answers what a folder of texts and pictures has to say about a question: vectors find candidates,
 * a reranker judges them, and what is best goes into the message to a chat model.
 */
public final class FolderRetrieval {
  private final RetrievalAugmentor augmentor;

  /** The models stay the caller's. */
  public FolderRetrieval(Path folder, Embedder embedder, Reranker reranker) throws IOException {
    Vl4jEmbeddingModel embeddings =
        Vl4jEmbeddingModel.builder()
            .embedder(embedder)
            .queryInstruction("Retrieve texts and images relevant to the user's query.")
            .build();
    List<TextSegment> segments = segments(folder);
    InMemoryEmbeddingStore<TextSegment> store = new InMemoryEmbeddingStore<>();
    store.addAll(embeddings.embedAll(segments).content(), segments);
    augmentor =
        DefaultRetrievalAugmentor.builder()
            .contentRetriever(
                EmbeddingStoreContentRetriever.builder()
                    .embeddingStore(store)
                    .embeddingModel(embeddings)
                    .embeddingInputType(EmbeddingInputType.QUERY)
                    .maxResults(20)
                    .build())
            .contentAggregator(
                Vl4jContentAggregator.builder().reranker(reranker).maxResults(3).build())
            .build();
  }

  /** A segment for each file: {@code .txt} is a text, {@code .png} and {@code .jpg} a picture. */
  private static List<TextSegment> segments(Path folder) throws IOException {
    List<Path> files;
    try (Stream<Path> all = Files.list(folder)) {
      files = all.sorted().toList();
    }
    List<TextSegment> segments = new ArrayList<>();
    for (Path file : files) {
      String name = file.getFileName().toString();
      if (name.endsWith(".txt")) {
        segments.add(TextSegment.from(Files.readString(file), Metadata.from("file", name)));
      } else if (name.endsWith(".png") || name.endsWith(".jpg")) {
        segments.add(MediaSegments.image(file));
      }
    }
    return segments;
  }

  /** The message for a chat model, and the contents that were found for it, best first. */
  public AugmentationResult ask(String question) {
    UserMessage message = UserMessage.from(question);
    return augmentor.augment(
        new AugmentationRequest(
            message, dev.langchain4j.rag.query.Metadata.from(message, "me", List.of())));
  }

  /** Prints what the folder of the first argument has about the question of the second one. */
  public static void main(String[] args) throws IOException {
    try (Embedder embedder = Embedder.openDemo();
        Reranker reranker = Reranker.openDemo()) {
      AugmentationResult answer =
          new FolderRetrieval(Path.of(args[0]), embedder, reranker).ask(args[1]);
      for (Content content : answer.contents()) {
        System.out.println(
            content.metadata().get(ContentMetadata.RERANKED_SCORE)
                + "  "
                + content.textSegment().text());
      }
    }
  }
}
