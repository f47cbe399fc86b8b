package dev.vl4j.server.api;

import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * The answer to a line in an envelope, as {@code vllm run-batch} writes it.
 *
 * @param error null if all went well
 */
public record BatchAnswer(
    String id, @Nullable JsonNode customId, Response response, @Nullable ErrorAnswer error) {
  /** What a server would have answered; the body of an error stands in the envelope instead. */
  public record Response(int statusCode, String requestId, @Nullable Object body) {}

  /**
   * A line's answer in UTF-8: in an envelope if the line had one, else bare, with the line's {@code
   * custom_id} if it has one.
   *
   * @param prefix of bare answers' ids
   * @param id of the line, without a prefix
   * @throws ApiException if the answer repeats something that cannot be written
   */
  public static byte[] write(BatchLine line, String prefix, String id, Object answer) {
    try {
      return Json.write(
          line.isWrapped()
              ? wrapped(line, id, 200, answer, null)
              : bare(line, prefix + id, answer));
    } catch (JacksonException e) {
      throw unwritable(e);
    }
  }

  /**
   * The same for an error.
   *
   * @param line null if it could not be read
   */
  public static byte[] write(
      @Nullable BatchLine line, String prefix, String id, ApiException failure) {
    ErrorAnswer error = ErrorAnswer.of(failure);
    try {
      return line != null && line.isWrapped()
          ? Json.write(wrapped(line, id, failure.status(), null, error))
          : writeBare(line, prefix + id, error);
    } catch (JacksonException e) {
      return writeBare(null, prefix + id, ErrorAnswer.of(unwritable(e)));
    }
  }

  /**
   * A line's answer in UTF-8, in no envelope whatever the line had.
   *
   * @param line null if it could not be read
   * @param id whole
   * @param answer a record
   */
  public static byte[] writeBare(@Nullable BatchLine line, String id, Object answer) {
    return Json.write(bare(line, id, answer));
  }

  /** Answers repeat documents deeper inside than lines have them, so JSON's limits may be met. */
  private static ApiException unwritable(JacksonException cause) {
    return ApiException.badRequest(
        "the answer cannot be written: " + cause.getOriginalMessage(), null, cause);
  }

  private static BatchAnswer wrapped(
      BatchLine line, String id, int status, @Nullable Object body, @Nullable ErrorAnswer error) {
    return new BatchAnswer(
        "vllm-" + id, line.customId(), new Response(status, "vllm-batch-" + id, body), error);
  }

  private static ObjectNode bare(@Nullable BatchLine line, String id, Object answer) {
    ObjectNode fields = Json.MAPPER.valueToTree(answer);
    ObjectNode bare = Json.MAPPER.createObjectNode().put("id", id);
    JsonNode customId = line == null ? null : line.customId();
    if (customId != null) {
      bare.set("custom_id", customId);
    }
    fields.properties().stream()
        .filter(field -> !field.getKey().equals("id"))
        .forEach(field -> bare.set(field.getKey(), field.getValue()));
    return bare;
  }
}
