package dev.vl4j.engine;

import dev.vl4j.engine.model.Picture;
import dev.vl4j.engine.model.PreparedPrompt;
import dev.vl4j.engine.prompt.RerankPrompt;
import dev.vl4j.engine.prompt.TextLimits;
import dev.vl4j.engine.prompt.TokenizedPrompt;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * A Qwen3-VL reranker: judges how well documents of text and images answer a query.
 *
 * <p>Safe for use by several threads; requests run one after another.
 */
public final class Reranker implements AutoCloseable {
  /** Patches that a request holds before it makes them anew when they are needed: 256 MiB. */
  private static final long KEPT_PATCH_VALUES = 64L << 20;

  private static final int VALUES_PER_PATCH = 1536;

  private final OpenModel open;
  private final @Nullable Path temporary;
  private final ReentrantLock lock = new ReentrantLock();
  private boolean closed;

  private Reranker(OpenModel open, @Nullable Path temporary) {
    this.open = open;
    this.temporary = temporary;
  }

  /** Opens a checkpoint directory with default options. */
  public static Reranker open(Path directory) {
    return open(directory, RerankerOptions.DEFAULT);
  }

  /**
   * Opens a checkpoint directory.
   *
   * @throws ModelException if it is missing, damaged or no supported reranker
   */
  public static Reranker open(Path directory, RerankerOptions options) {
    return new Reranker(OpenModel.open(directory, options), null);
  }

  /**
   * Opens the small demonstration model that this library carries.
   *
   * @throws ModelException if it cannot be unpacked or opened
   */
  public static Reranker openDemo(RerankerOptions options) {
    Path directory = DemoModel.unpack();
    OpenModel open = null;
    try {
      open = OpenModel.open(directory, options);
      return new Reranker(open, directory);
    } finally {
      if (open == null) {
        DemoModel.delete(directory);
      }
    }
  }

  /**
   * In what precision matrix products are computed: what the options say, or what {@link
   * Precision#AUTO} came to for this checkpoint on this machine.
   */
  public Precision precision() {
    return open.model().precision().precision();
  }

  /** Ranks documents against a query, best first; ties keep the request's order. */
  public List<Ranked> rerank(Content query, List<Content> documents) {
    return rerank(RerankRequest.of(query, documents));
  }

  /**
   * Ranks documents against a query, best first; ties keep the request's order.
   *
   * @throws InvalidRequestException if the request cannot be answered
   * @throws IllegalStateException if this reranker is closed
   */
  public List<Ranked> rerank(RerankRequest request) {
    if (request.documents().isEmpty()) {
      throw new InvalidRequestException("documents: expected at least one, found none");
    }
    if (request.topN() < 0) {
      throw new InvalidRequestException("topN: expected 0 or more, found " + request.topN());
    }
    lock.lock();
    try {
      requireOpen();
      List<PreparedPrompt> prompts = prepare(request);
      double[] logits = open.model().logits(prompts);
      List<Ranked> ranking = new ArrayList<>();
      for (int i = 0; i < logits.length; i++) {
        double score = 1 / (1 + Math.exp(-logits[i]));
        ranking.add(new Ranked(i, score, logits[i], prompts.get(i).ids().length));
      }
      // By logit, which still tells documents apart where the score has reached 1.
      ranking.sort(Comparator.comparingDouble(Ranked::logit).reversed());
      int count = request.topN() == 0 ? ranking.size() : Math.min(request.topN(), ranking.size());
      return List.copyOf(ranking.subList(0, count));
    } finally {
      lock.unlock();
    }
  }

  /** All prompts of a request, refused here if one of them is too long: before any tower runs. */
  private List<PreparedPrompt> prepare(RerankRequest request) {
    Map<ImageSource, Picture> pictures = new HashMap<>();
    List<PreparedPrompt> prompts = new ArrayList<>();
    long kept = 0;
    for (int document = 0; document < request.documents().size(); document++) {
      RerankPrompt prompt = prompt(request, document);
      List<Picture> shown = new ArrayList<>();
      for (ImageSource source : prompt.images()) {
        Picture picture = pictures.get(source);
        if (picture == null) {
          picture = new Picture(source, open.preprocessor(), kept < KEPT_PATCH_VALUES);
          pictures.put(source, picture);
          kept += (long) picture.patches() * VALUES_PER_PATCH;
        }
        shown.add(picture);
      }
      int[] tokens = shown.stream().mapToInt(open.model()::tokens).toArray();
      TokenizedPrompt tokenized = prompt.tokenize(open.tokenizer(), tokens);
      if (tokenized.ids().length > open.maxTokens()) {
        throw new InvalidRequestException(
            "document %d: the prompt has %d tokens, more than the limit of %d"
                .formatted(document, tokenized.ids().length, open.maxTokens()));
      }
      prompts.add(new PreparedPrompt(tokenized.ids(), tokenized.imageStarts(), shown));
    }
    return prompts;
  }

  /**
   * The exact prompt of one document, media as placeholders: what the model will read.
   *
   * @throws InvalidRequestException if there is no such document
   * @throws IllegalStateException if this reranker is closed
   */
  public String renderPrompt(RerankRequest request, int document) {
    lock.lock();
    try {
      requireOpen();
    } finally {
      lock.unlock();
    }
    if (document < 0 || document >= request.documents().size()) {
      throw new InvalidRequestException(
          "document %d: the request has %d".formatted(document, request.documents().size()));
    }
    return prompt(request, document).rendered();
  }

  private RerankPrompt prompt(RerankRequest request, int document) {
    TextLimits limits = new TextLimits(request, open.tokenizer(), open.maxTokens());
    return new RerankPrompt(
        limits.query(),
        limits.document(document),
        request.instruction(),
        request.parseSpecialTokens());
  }

  private void requireOpen() {
    if (closed) {
      throw new IllegalStateException("this reranker is closed");
    }
  }

  /** Frees the weights; a request that is running is finished first. Closing twice is harmless. */
  @Override
  public void close() {
    lock.lock();
    try {
      if (!closed) {
        closed = true;
        open.close();
        if (temporary != null) {
          DemoModel.delete(temporary);
        }
      }
    } finally {
      lock.unlock();
    }
  }
}
