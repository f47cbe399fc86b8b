package dev.vl4j.server.http;

import dev.vl4j.server.api.ApiException;
import dev.vl4j.server.api.CommonFields;
import dev.vl4j.server.api.ContentBody;
import dev.vl4j.server.api.ImageUrls;
import dev.vl4j.server.api.ServedModel;
import dev.vl4j.server.api.ServedModels;
import dev.vl4j.server.api.Task;
import java.util.Arrays;

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
   * @param contents of one prompt
   * @throws ApiException if they have more images or videos together than are allowed
   */
  void requireFewMedia(ContentBody... contents) {
    requireFew("image", options.maxImages(), contents, false);
    requireFew("video", options.maxVideos(), contents, true);
  }

  private static void requireFew(String what, int most, ContentBody[] contents, boolean videos) {
    long found =
        Arrays.stream(contents)
            .flatMap(content -> content.images().stream())
            .filter(image -> image.isVideo() == videos)
            .count();
    if (found > most) {
      throw ApiException.badRequest(
          "At most %d %s(s) may be provided in one prompt.".formatted(most, what), null, null);
    }
  }

  static long now() {
    return System.currentTimeMillis() / 1000;
  }
}
