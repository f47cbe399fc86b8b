package dev.vl4j.server.http;

import dev.vl4j.server.api.ApiException;
import dev.vl4j.server.api.CommonFields;
import dev.vl4j.server.api.ImageUrls;
import dev.vl4j.server.api.ServedModel;
import dev.vl4j.server.api.ServedModels;
import dev.vl4j.server.api.Task;

/** What the routes of all tasks look at requests with. */
record RequestContext(ServedModels models, ImageUrls images, ServerOptions options) {
  /**
   * Begins to answer a request.
   *
   * @param api what the task is called in vLLM's errors
   * @return the model that it is for
   * @throws ApiException if the model is another, or would have to cut its prompts in vain
   */
  ServedModel begin(Call call, CommonFields common, Task task, String api) {
    ServedModel model = models.require(common.model(), task, api);
    call.named(common.requestId());
    if (common.truncateTokens() > model.maxModelLen()) {
      throw ApiException.badRequest(
          "truncate_prompt_tokens value is greater than max_model_len."
              + " Please, select a smaller truncation size.",
          "body.truncate_prompt_tokens",
          null);
    }
    return model;
  }

  /**
   * @throws ApiException if a prompt has more images than are allowed
   */
  void requireFewImages(int found) {
    if (found > options.maxImages()) {
      throw ApiException.badRequest(
          "At most %d image(s) may be provided in one prompt.".formatted(options.maxImages()),
          null,
          null);
    }
  }

  static long now() {
    return System.currentTimeMillis() / 1000;
  }
}
