package dev.vl4j.server.api;

import java.util.List;

/** The body of {@code /classify}, in the form of a completion. */
public record ClassifyBody(CommonFields common, List<Prompt> prompts) {
  public ClassifyBody {
    prompts = List.copyOf(prompts);
  }

  /**
   * Reads a body in UTF-8.
   *
   * @throws ApiException if it cannot be answered
   */
  public static ClassifyBody read(byte[] body) {
    Fields fields = Fields.parse(body);
    CommonFields common = CommonFields.read(fields);
    if (fields.has("messages")) {
      fields.refuse(
          "messages", "not supported: pass the prompt as input, or documents to /v1/rerank");
    }
    List<Prompt> prompts = Prompt.list(fields, fields.required("input"), "body.input");
    fields.finish();
    if (prompts.isEmpty()) {
      throw ApiException.badRequest("input: at least one prompt is needed", "body.input", null);
    }
    return new ClassifyBody(common, prompts);
  }
}
