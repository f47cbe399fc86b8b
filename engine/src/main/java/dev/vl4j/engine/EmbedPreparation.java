package dev.vl4j.engine;

import dev.vl4j.engine.batch.PreparedPrompt;
import dev.vl4j.engine.limits.RequestGuard;
import dev.vl4j.engine.prompt.EmbedPrompt;
import dev.vl4j.engine.vision.ImageLoader;
import java.util.ArrayList;
import java.util.List;

/** From inputs of an embedder to prompts. For many threads. */
final class EmbedPreparation extends Preparation {
  private final EmbedTemplate template;

  EmbedPreparation(
      OpenModel<float[]> open, EmbedTemplate template, ImageLoader loader, RequestLimits limits) {
    super(open, Float.BYTES * open.config().text().hiddenSize(), loader, limits);
    this.template = template;
  }

  private final class EmbedWork extends Work {
    private final EmbedRequest request;

    EmbedWork(EmbedRequest request, RequestGuard guard) {
      int most = request.maxPromptTokens() == 0 ? maxTokens() : request.maxPromptTokens();
      if (most > maxTokens()) {
        throw new InvalidRequestException(
            "maxPromptTokens: expected the model's limit of %d at most, found %d"
                .formatted(maxTokens(), most));
      }
      super(request.parseSpecialTokens(), most, guard);
      this.request = request;
    }

    EmbedPrompt prompt(Content input) {
      guard.check();
      return new EmbedPrompt(
          template,
          input,
          request.instruction(),
          request.parseSpecialTokens(),
          request.truncation(),
          most);
    }

    @Override
    String tooLong() {
      return request.truncation() == Truncation.NONE
          ? super.tooLong()
          : "the prompt has too many tokens whatever is cut of its text; the limit is " + most;
    }

    PreparedPrompt prepare(int index) {
      Content input = request.inputs().get(index);
      read("input " + index, input);
      return prepare(prompt(input), "input", index);
    }
  }

  /**
   * All prompts of a request.
   *
   * @throws InvalidRequestException if an image cannot be read, a prompt is too long, or all of
   *     them together are
   */
  Prepared prepare(EmbedRequest request, RequestGuard guard) {
    EmbedWork work = new EmbedWork(request, guard);
    List<PreparedPrompt> prompts = new ArrayList<>();
    for (int input = 0; input < request.inputs().size(); input++) {
      PreparedPrompt prepared = work.prepare(input);
      work.count(prepared);
      prompts.add(prepared);
    }
    PreparedPrompt outline = work.prepare(work.prompt(Content.of()));
    return new Prepared(prompts, outline == null ? prompts.getFirst() : outline);
  }

  /** The prompt of one input, which the request has, as one string. */
  String rendered(EmbedRequest request, int input, RequestGuard guard) {
    EmbedWork work = new EmbedWork(request, guard);
    return request.truncation() == Truncation.NONE
        ? work.prompt(request.inputs().get(input)).rendered()
        : text(work.prepare(input));
  }

  /** The tokens of the prompt of one input, which the request has. */
  int[] tokens(EmbedRequest request, int input, RequestGuard guard) {
    return new EmbedWork(request, guard).prepare(input).ids();
  }
}
