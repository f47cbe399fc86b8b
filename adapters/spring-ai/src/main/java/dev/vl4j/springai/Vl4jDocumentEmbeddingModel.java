package dev.vl4j.springai;

import static java.util.Objects.requireNonNull;

import dev.vl4j.engine.Embedder;
import java.util.List;
import org.springframework.ai.content.Media;
import org.springframework.ai.document.Document;
import org.springframework.ai.embedding.DocumentEmbeddingModel;
import org.springframework.ai.embedding.DocumentEmbeddingRequest;
import org.springframework.ai.embedding.EmbeddingResponse;
import org.springframework.ai.embedding.EmbeddingResultMetadata;
import org.springframework.ai.embedding.EmbeddingResultMetadata.ModalityType;
import org.springframework.util.MimeType;
import org.springframework.util.MimeTypeUtils;

/**
 * Vectors of documents, texts and images alike, in one space: the cosine of two of them says how
 * well they fit together. A document is embedded as {@link DocumentContents} reads it, with the
 * {@link EmbeddingSettings#documentInstruction}.
 *
 * <p>It is safe for use by many threads, whose requests the engine computes together.
 */
public final class Vl4jDocumentEmbeddingModel implements DocumentEmbeddingModel {
  private final Vectors vectors;

  private Vl4jDocumentEmbeddingModel(Embedder embedder, EmbeddingSettings settings) {
    this.vectors = new Vectors(embedder, settings);
  }

  /** Whole vectors by the model's own instruction. */
  public static Vl4jDocumentEmbeddingModel of(Embedder embedder) {
    return of(embedder, EmbeddingSettings.DEFAULT);
  }

  /**
   * Vectors by other settings.
   *
   * @param embedder stays the caller's to close
   * @throws IllegalArgumentException if the model's vectors have fewer dimensions
   */
  public static Vl4jDocumentEmbeddingModel of(Embedder embedder, EmbeddingSettings settings) {
    return new Vl4jDocumentEmbeddingModel(embedder, settings);
  }

  /**
   * Vectors of documents.
   *
   * @param request at least one document; the options' model, if there is one, is the settings'
   * @return vectors in the order of the documents, each with its document's id and type; the usage
   *     counts tokens of whole prompts
   * @throws dev.vl4j.engine.InvalidRequestException if a document cannot be read, by its place
   * @throws dev.vl4j.engine.OverloadedException if too many requests are in flight
   * @throws dev.vl4j.engine.DeadlineExceededException if the timeout is over
   */
  @Override
  public EmbeddingResponse call(DocumentEmbeddingRequest request) {
    requireNonNull(request, "request");
    List<Document> documents = requireNonNull(request.getInstructions(), "request.instructions");
    return vectors.embed(
        DocumentContents.of(documents, DocumentContents::of),
        request.getOptions(),
        vectors.settings().documentInstruction(),
        index -> metadata(documents.get(index)));
  }

  private static EmbeddingResultMetadata metadata(Document document) {
    Media media = document.getMedia();
    return media == null
        ? new EmbeddingResultMetadata(
            document.getId(), ModalityType.TEXT, MimeTypeUtils.TEXT_PLAIN, document.getText())
        : new EmbeddingResultMetadata(
            document.getId(), modality(media.getMimeType()), media.getMimeType(), media.getData());
  }

  /** Pages of a PDF file are drawn. */
  private static ModalityType modality(MimeType type) {
    return type.getType().equalsIgnoreCase("video") ? ModalityType.VIDEO : ModalityType.IMAGE;
  }

  @Override
  public int dimensions() {
    return vectors.dimensions();
  }
}
