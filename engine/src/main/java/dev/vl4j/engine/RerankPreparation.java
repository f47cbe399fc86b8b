package dev.vl4j.engine;

import dev.vl4j.engine.batch.PreparedPrompt;
import dev.vl4j.engine.limits.RequestGuard;
import dev.vl4j.engine.prompt.OfficialTruncation;
import dev.vl4j.engine.prompt.RerankPrompt;
import dev.vl4j.engine.prompt.TokenizedPrompt;
import dev.vl4j.engine.vision.ImageLoader;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** From queries and documents to prompts. For many threads. */
final class RerankPreparation extends Preparation {
  private final RerankTemplate template;
  private final @Nullable OfficialTruncation truncation;

  /**
   * @param maxLength tokens beyond which prompts are cut; 0 to cut none
   */
  RerankPreparation(
      OpenModel<Double> open,
      RerankTemplate template,
      int maxLength,
      ImageLoader loader,
      RequestLimits limits) {
    super(open, Double.BYTES, loader, limits);
    this.template = template;
    truncation =
        maxLength == 0 ? null : OfficialTruncation.of(template, open.tokenizer(), maxLength);
  }

  private final class RerankWork extends Work {
    private final RerankRequest request;

    RerankWork(RerankRequest request, RequestGuard guard) {
      super(request.parseSpecialTokens(), maxTokens(), guard);
      this.request = request;
      texts.require("maxQueryTokens", request.maxQueryTokens());
      texts.require("maxDocumentTokens", request.maxDocumentTokens());
    }

    Content query() {
      return texts.cut(request.query(), request.maxQueryTokens());
    }

    Content document(int index) {
      return texts.cut(request.documents().get(index), request.maxDocumentTokens());
    }

    RerankPrompt prompt(Content query, Content document) {
      guard.check();
      return new RerankPrompt(
          template, query, document, request.instruction(), request.parseSpecialTokens());
    }

    PreparedPrompt prepare(RerankPrompt prompt, int document) {
      read("document " + document, request.documents().get(document));
      return prepare(prompt, "document", document);
    }

    /** Where prompts are cut, all their tokens are needed first. */
    @Override
    int enough() {
      return truncation == null ? super.enough() : limits().requestTokens();
    }

    @Override
    TokenizedPrompt cut(TokenizedPrompt prompt) {
      return truncation == null ? prompt : truncation.cut(prompt);
    }
  }

  /**
   * All prompts of a request.
   *
   * @throws InvalidRequestException if an image cannot be read, a prompt is too long, or all of
   *     them together are
   */
  Prepared prepare(RerankRequest request, RequestGuard guard) {
    RerankWork work = new RerankWork(request, guard);
    Content query = work.query();
    work.read("query", request.query());
    List<PreparedPrompt> prompts = new ArrayList<>();
    for (int document = 0; document < request.documents().size(); document++) {
      RerankPrompt prompt = work.prompt(query, work.document(document));
      PreparedPrompt prepared = work.prepare(prompt, document);
      work.count(prepared);
      prompts.add(prepared);
    }
    // Other words may stand for a missing document than for any that is there, and be longer.
    PreparedPrompt outline = work.prepare(work.prompt(query, Content.of()));
    return new Prepared(prompts, outline == null ? prompts.getFirst() : outline);
  }

  /** The prompt of one document, which the request has, as one string. */
  String rendered(RerankRequest request, int document, RequestGuard guard) {
    RerankWork work = new RerankWork(request, guard);
    return work.prompt(work.query(), work.document(document)).rendered();
  }

  /** The tokens of the prompt of one document, which the request has. */
  int[] tokens(RerankRequest request, int document, RequestGuard guard) {
    RerankWork work = new RerankWork(request, guard);
    work.read("query", request.query());
    return work.prepare(work.prompt(work.query(), work.document(document)), document).ids();
  }
}
