package dev.vl4j.server.batch;

import dev.vl4j.engine.EmbedRequest;
import dev.vl4j.engine.Embedder;
import dev.vl4j.engine.Embedding;
import dev.vl4j.engine.Embeddings;
import dev.vl4j.server.api.ApiException;
import dev.vl4j.server.api.BatchAnswer;
import dev.vl4j.server.api.BatchLine;
import dev.vl4j.server.api.EmbedItem;
import dev.vl4j.server.api.EmbeddingAnswer;
import dev.vl4j.server.api.ErrorAnswer;
import dev.vl4j.server.api.ImageUrls;
import dev.vl4j.server.api.VectorAnswer;
import dev.vl4j.server.api.VectorForm;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.time.InstantSource;
import java.util.List;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** Lines that are something to embed. Each gets one vector. */
public final class EmbedTask implements LineTask<BatchLine> {
  /**
   * Texts are short: so many of them fill the next forward while one runs, whatever computes it.
   * Pictures wait for the engine's memory, and go again if that takes too long. Lines go in their
   * own order: forwards are packed without padding, so an order of length would make nothing
   * faster.
   */
  static final int MOST_AT_ONCE = 128;

  private static final String PREFIX = "embd-";

  /**
   * What is done with all lines.
   *
   * @param model what answers call it
   * @param images where lines may have their pictures from
   * @param plainText whether lines are texts; JSON otherwise
   * @param adjust applied to each request of the engine
   * @param form of the vectors, or null for what each line wants
   * @param rowDimensions of every vector if answers are compact rows of an array; else 0
   * @param fingerprint as {@link LineTask#fingerprint}
   */
  public record Settings(
      String model,
      ImageUrls images,
      boolean plainText,
      UnaryOperator<EmbedRequest> adjust,
      @Nullable VectorForm form,
      int rowDimensions,
      String fingerprint) {
    private boolean isRows() {
      return rowDimensions > 0;
    }
  }

  private final Embedder embedder;
  private final Settings settings;
  private final InstantSource clock;

  /**
   * @param clock for answers that say when they were made
   */
  public EmbedTask(Embedder embedder, Settings settings, InstantSource clock) {
    this.embedder = embedder;
    this.settings = settings;
    this.clock = clock;
  }

  @Override
  public int mostAtOnce() {
    return MOST_AT_ONCE;
  }

  @Override
  public String idPrefix() {
    return PREFIX;
  }

  @Override
  public String noun() {
    return "vectors";
  }

  @Override
  public String fingerprint() {
    return settings.fingerprint();
  }

  @Override
  public BatchLine read(byte[] line) {
    return settings.plainText() ? BatchLine.ofText(text(line)) : BatchLine.readItem(line);
  }

  private static String text(byte[] line) {
    try {
      return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(line)).toString();
    } catch (CharacterCodingException e) {
      throw ApiException.badRequest("not UTF-8", "line", e);
    }
  }

  @Override
  public byte[] refuse(@Nullable BatchLine line, String id, ApiException error) {
    return settings.isRows()
        ? BatchAnswer.writeBare(line, PREFIX + id, ErrorAnswer.of(error))
        : BatchAnswer.write(line, PREFIX, id, error);
  }

  @Override
  public Plan<?> plan(BatchLine line, String id) throws InterruptedException {
    EmbedItem item = line.item();
    VectorForm form = settings.form() == null ? item.form() : settings.form();
    EmbedRequest request =
        settings
            .adjust()
            .apply(item.request(settings.images().read(item.input().images(), _ -> {})));
    check(request, form);
    return new Plan<Embeddings>(
        List.of(() -> embedder.submit(request)),
        results -> answer(line, id, results.getFirst().embeddings().getFirst(), form));
  }

  private void check(EmbedRequest request, VectorForm form) {
    int whole = embedder.dimensions();
    int dimensions = request.dimensions() == 0 ? whole : request.dimensions();
    if (dimensions > whole) {
      throw refused("expected 1 to %d, found %d".formatted(whole, dimensions));
    }
    if (settings.isRows() && dimensions != settings.rowDimensions()) {
      throw refused(
          "expected %d as in all rows, found %d".formatted(settings.rowDimensions(), dimensions));
    }
    if (form.packsBits() && dimensions % Byte.SIZE != 0) {
      throw refused("expected a multiple of 8 for bits, found " + dimensions);
    }
  }

  private static ApiException refused(String reason) {
    return ApiException.badRequest("dimensions: " + reason, "body.dimensions", null);
  }

  private Answer answer(BatchLine line, String id, Embedding embedding, VectorForm form) {
    return new Answer(write(line, id, embedding, form), 1, embedding.promptTokens());
  }

  private byte[] write(BatchLine line, String id, Embedding embedding, VectorForm form) {
    if (settings.isRows()) {
      return BatchAnswer.writeBare(line, PREFIX + id, VectorAnswer.compact(embedding, form));
    }
    return BatchAnswer.write(
        line,
        PREFIX,
        id,
        line.isWrapped()
            ? EmbeddingAnswer.of(
                PREFIX + id,
                clock.instant().getEpochSecond(),
                settings.model(),
                List.of(embedding),
                form)
            : VectorAnswer.shown(embedding, form));
  }
}
