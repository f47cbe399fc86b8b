package dev.vl4j.server.http;

import dev.vl4j.engine.Content;
import dev.vl4j.engine.EmbedRequest;
import dev.vl4j.engine.Embedder;
import dev.vl4j.engine.Embedding;
import dev.vl4j.engine.Embeddings;
import dev.vl4j.engine.Part;
import dev.vl4j.engine.Truncation;
import dev.vl4j.server.api.ApiException;
import dev.vl4j.server.api.CohereEmbedAnswer;
import dev.vl4j.server.api.CohereEmbedBody;
import dev.vl4j.server.api.CommonFields;
import dev.vl4j.server.api.EmbedBody;
import dev.vl4j.server.api.EmbeddingAnswer;
import dev.vl4j.server.api.ImageUrl;
import dev.vl4j.server.api.PoolingAnswer;
import dev.vl4j.server.api.Prompt;
import dev.vl4j.server.api.ServedModel;
import dev.vl4j.server.api.Task;
import dev.vl4j.server.transport.Reply;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** What an embedder is there for. */
final class EmbeddingRoutes {
  /** What the paths are called in vLLM's errors. */
  private static final String EMBEDDINGS = "Embeddings";

  /** The tokenizer's own token at the end of a text, without which vectors are not the model's. */
  private static final String LAST = "<|endoftext|>";

  private final Embedder engine;
  private final RequestQueue line;
  private final RequestContext context;

  /**
   * @param line before the engine
   */
  EmbeddingRoutes(Embedder engine, RequestQueue line, RequestContext context) {
    this.engine = engine;
    this.line = line;
    this.context = context;
  }

  /**
   * @param embedding null where no model does this, which the paths then say
   * @param routes to which the paths of this task are added
   */
  static void add(@Nullable EmbeddingRoutes embedding, Routes routes) {
    if (embedding == null) {
      routes.refuse("/v1/embeddings", EMBEDDINGS);
      routes.refuse("/v2/embed", EMBEDDINGS);
    } else {
      routes.post("/v1/embeddings", embedding::embed).post("/v2/embed", embedding::embedAsCohere);
    }
  }

  private Reply embed(Call call) {
    EmbedBody body = call.body(EmbedBody::read);
    ServedModel model = begin(call, body.common());
    List<Embedding> embeddings = embeddings(call, body, model);
    return call.compute(() ->
        Reply.json(
            EmbeddingAnswer.of(
                "embd-" + call.id(), RequestContext.now(), model.name(), embeddings, body.form())));
  }

  /** The answer of {@code /pooling}. */
  Reply pool(Call call, EmbedBody body) {
    ServedModel model = begin(call, body.common());
    List<Embedding> embeddings = embeddings(call, body, model);
    return call.compute(() ->
        Reply.json(
            PoolingAnswer.ofVectors(
                "pool-" + call.id(), RequestContext.now(), model.name(), embeddings, body.form())));
  }

  private ServedModel begin(Call call, CommonFields common) {
    return context.begin(call, common, Task.EMBED, EMBEDDINGS);
  }

  private List<Embedding> embeddings(Call call, EmbedBody body, ServedModel model) {
    requireFewDimensions(body.dimensions(), "body.dimensions");
    return finished(call, call.await(submit(call, body, model)));
  }

  /** Vectors of other lengths do not exist, which vLLM says in its own words. */
  private void requireFewDimensions(int dimensions, String param) {
    if (dimensions > engine.dimensions()) {
      throw ApiException.badRequest(
          "dimensions: expected 1 to %d, found %d".formatted(engine.dimensions(), dimensions),
          param,
          null);
    }
  }

  private static List<Embedding> finished(Call call, Embeddings answer) {
    List<Embedding> embeddings = answer.embeddings();
    call.judged(embeddings.size(), embeddings.stream().mapToLong(Embedding::promptTokens).sum());
    return embeddings;
  }

  private CompletableFuture<Embeddings> submit(Call call, EmbedBody body, ServedModel model) {
    boolean complete = body.prompts().stream().anyMatch(Prompt.Ids.class::isInstance);
    if (!body.prompts().isEmpty() && (complete || context.options().plainInput())) {
      List<int[]> prompts = call.compute(() -> tokens(call, body, model));
      return line.embed(
          call.peer(),
          () -> engine.submitPrompts(prompts, body.dimensions(), body.common().useActivation()));
    }
    body.inputs().forEach(context::requireFewMedia);
    Map<ImageUrl, Part> pictures = call.pictures(context.images(), body.images());
    List<Content> contents =
        body.prompts().isEmpty() ? body.contents(pictures) : texts(body.prompts());
    return submit(call, body.request(contents));
  }

  private static List<Content> texts(List<Prompt> prompts) {
    return prompts.stream().map(prompt -> Content.text(((Prompt.Text) prompt).text())).toList();
  }

  private CompletableFuture<Embeddings> submit(Call call, EmbedRequest request) {
    EmbedRequest parsed = request.withParseSpecialTokens(context.options().parseSpecialTokens());
    return line.embed(call.peer(), () -> engine.submit(call.inTime(parsed)));
  }

  /** Prompts as vLLM makes them of plain inputs: without a template. */
  private List<int[]> tokens(Call call, EmbedBody body, ServedModel model) {
    int wanted = body.common().truncateTokens();
    int limit = wanted < 0 ? model.maxModelLen() : wanted;
    List<int[]> prompts = new ArrayList<>();
    for (Prompt prompt : body.prompts()) {
      call.requireWanted();
      int[] ids =
          switch (prompt) {
            case Prompt.Text text when context.options().plainInput() ->
                engine.tokenizePrompt(text.text() + (body.specialTokens() ? LAST : ""));
            case Prompt.Ids given -> given.ids();
            case Prompt.Text _, Prompt.Chat _ ->
                throw ApiException.badRequest(
                    "input: expected texts or lists of tokens, found both", "body.input", null);
          };
      prompts.add(cut(ids, limit, body.truncation()));
    }
    return prompts;
  }

  private static int[] cut(int[] ids, int limit, Truncation truncation) {
    int dropped = Math.max(0, ids.length - limit);
    return switch (truncation) {
      case NONE -> ids;
      case END -> Arrays.copyOf(ids, ids.length - dropped);
      case START -> Arrays.copyOfRange(ids, dropped, ids.length);
    };
  }

  private Reply embedAsCohere(Call call) {
    CohereEmbedBody body = call.body(CohereEmbedBody::read);
    ServedModel model = context.models().require(body.model(), Task.EMBED, EMBEDDINGS);
    requireFewDimensions(body.dimensions(), "body.output_dimension");
    int dimensions = body.dimensions() == 0 ? engine.dimensions() : body.dimensions();
    if (body.packsBits() && dimensions % Byte.SIZE != 0) {
      throw ApiException.badRequest(
          "Embedding dimension must be a multiple of 8 for binary embedding types, but got %d."
              .formatted(dimensions),
          "body.embedding_types",
          null);
    }
    body.inputs().forEach(context::requireFewMedia);
    Map<ImageUrl, Part> pictures = call.pictures(context.images(), body.images());
    EmbedRequest request =
        call.compute(() ->
            body.request(pictures, context.options().queryInstruction(), model.maxModelLen()));
    List<Embedding> embeddings = finished(call, call.await(submit(call, request)));
    return call.compute(
        () -> Reply.json(CohereEmbedAnswer.of("embd-" + call.id(), body, embeddings)));
  }
}
