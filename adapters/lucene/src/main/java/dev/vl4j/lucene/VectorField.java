package dev.vl4j.lucene;

import static java.util.Objects.requireNonNull;

import dev.vl4j.engine.Content;
import dev.vl4j.engine.EmbedRequest;
import dev.vl4j.engine.Embedder;
import java.time.Duration;
import java.util.List;
import org.apache.lucene.codecs.KnnVectorsFormat;
import org.apache.lucene.document.KnnFloatVectorField;
import org.apache.lucene.index.VectorSimilarityFunction;
import org.apache.lucene.search.KnnFloatVectorQuery;
import org.jspecify.annotations.Nullable;

/**
 * A field of vectors: what documents get in it, and what queries ask of it.
 *
 * <p>Vectors are the engine's, to the last bit, and have the length 1 (Euclidean), so that the
 * similarity is {@link VectorSimilarityFunction#DOT_PRODUCT}.
 */
public final class VectorField {
  private final Embedder embedder;
  private final String name;
  private final int dimensions;
  private final @Nullable String queryInstruction;
  private final @Nullable String documentInstruction;
  private final @Nullable Duration timeout;

  private VectorField(
      Embedder embedder,
      String name,
      int dimensions,
      @Nullable String queryInstruction,
      @Nullable String documentInstruction,
      @Nullable Duration timeout) {
    this.embedder = requireNonNull(embedder, "embedder");
    this.name = requireNonNull(name, "name");
    this.dimensions = dimensions;
    this.queryInstruction = queryInstruction;
    this.documentInstruction = documentInstruction;
    this.timeout = timeout;
  }

  /**
   * A field of whole vectors.
   *
   * @param embedder stays the caller's to close
   * @param name the field's
   * @throws IllegalArgumentException if the model's vectors are longer than Lucene's own formats
   *     take, {@link KnnVectorsFormat#DEFAULT_MAX_DIMENSIONS}
   */
  public static VectorField of(Embedder embedder, String name) {
    return of(embedder, name, requireNonNull(embedder, "embedder").dimensions());
  }

  /**
   * A field of shorter vectors, whose first elements are kept, then normalised.
   *
   * @param embedder stays the caller's to close
   * @param name the field's
   * @param dimensions length of the vectors, at least 1
   * @throws IllegalArgumentException if that is more than the model's vectors have, or than {@link
   *     KnnVectorsFormat#DEFAULT_MAX_DIMENSIONS}
   */
  public static VectorField of(Embedder embedder, String name, int dimensions) {
    requireNonNull(embedder, "embedder");
    int most = Math.min(embedder.dimensions(), KnnVectorsFormat.DEFAULT_MAX_DIMENSIONS);
    if (dimensions < 1 || dimensions > most) {
      throw new IllegalArgumentException(
          "dimensions: expected 1 to %d, found %d".formatted(most, dimensions));
    }
    return new VectorField(embedder, name, dimensions, null, null, null);
  }

  /** The same with another instruction of queries, or with the model's: null, the default. */
  public VectorField withQueryInstruction(@Nullable String instruction) {
    return new VectorField(embedder, name, dimensions, instruction, documentInstruction, timeout);
  }

  /** The same with another instruction of documents, or with the model's: null, the default. */
  public VectorField withDocumentInstruction(@Nullable String instruction) {
    return new VectorField(embedder, name, dimensions, queryInstruction, instruction, timeout);
  }

  /** The same with another timeout of each call, or with none: null, the default. */
  public VectorField withTimeout(@Nullable Duration timeout) {
    return new VectorField(
        embedder, name, dimensions, queryInstruction, documentInstruction, timeout);
  }

  /**
   * The fields of documents that are to be indexed, embedded in one request.
   *
   * @param documents none is answered by none, without the engine
   * @return one for each document, in their order
   * @throws dev.vl4j.engine.Vl4jException as {@link Embedder#embed(EmbedRequest)} does
   */
  public List<KnnFloatVectorField> fields(List<Content> documents) {
    requireNonNull(documents, "documents");
    if (documents.isEmpty()) {
      return List.of();
    }
    return embed(documents, documentInstruction).stream()
        .map(vector -> new KnnFloatVectorField(name, vector, VectorSimilarityFunction.DOT_PRODUCT))
        .toList();
  }

  /**
   * A query for the nearest documents.
   *
   * @param query text, pictures, or both
   * @param k how many documents to find, at least 1
   * @throws dev.vl4j.engine.Vl4jException as {@link Embedder#embed(EmbedRequest)} does
   * @throws IllegalArgumentException if nothing is to be found
   */
  public KnnFloatVectorQuery query(Content query, int k) {
    requireNonNull(query, "query");
    if (k < 1) {
      throw new IllegalArgumentException("k: expected 1 or more, found " + k);
    }
    return new KnnFloatVectorQuery(name, embed(List.of(query), queryInstruction).getFirst(), k);
  }

  private List<float[]> embed(List<Content> inputs, @Nullable String instruction) {
    return embedder.embed(
        EmbedRequest.of(inputs)
            .withDimensions(dimensions)
            .withInstruction(instruction)
            .withTimeout(timeout));
  }
}
