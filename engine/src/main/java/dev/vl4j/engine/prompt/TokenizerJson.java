package dev.vl4j.engine.prompt;

import dev.vl4j.engine.ModelException;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * A tokenizer.json: its added tokens, and the rest of it as the native library is to read it.
 * Vocabulary and merges, which are nearly all of the file, are not looked at.
 *
 * @param addedTokens {@code added_tokens}
 * @param normalizer {@code normalizer}, null if there is none
 * @param preTokenizer {@code pre_tokenizer}, null if there is none
 * @param rest the file without added tokens, and without truncation, padding and post-processor
 */
@SuppressWarnings("ArrayRecordComponent") // handed through once, never compared
record TokenizerJson(
    JsonNode addedTokens, JsonNode normalizer, JsonNode preTokenizer, byte[] rest) {
  /** What stands in the rest for the values of these fields. */
  private static final Map<String, String> REPLACED =
      Map.of(
          "added_tokens", "[]", "truncation", "null", "padding", "null", "post_processor", "null");

  /**
   * @param file a tokenizer.json, UTF-8
   * @throws ModelException if it is not JSON, its model is not BPE, or drops merges by chance
   * @throws tools.jackson.core.JacksonException if a part that is read is not JSON
   */
  static TokenizerJson read(byte[] file) {
    Map<String, JsonSpans.Span> fields = JsonSpans.of(file, 0);
    JsonSpans.Span model = fields.get("model");
    if (model == null || file[model.from()] != '{') {
      throw new ModelException("the tokenizer's model type is not BPE");
    }
    Map<String, JsonSpans.Span> inner = JsonSpans.of(file, model.from());
    if (!value(file, inner.get("type")).asString("").equals("BPE")) {
      throw new ModelException("the tokenizer's model type is not BPE");
    }
    if (value(file, inner.get("dropout")).asDouble(0) != 0) {
      throw new ModelException("a tokenizer with dropout gives no stable answer");
    }
    ByteArrayOutputStream rest = new ByteArrayOutputStream(file.length);
    int copied = 0;
    for (Map.Entry<String, JsonSpans.Span> field : fields.entrySet()) {
      String replacement = REPLACED.get(field.getKey());
      if (replacement != null) {
        rest.write(file, copied, field.getValue().from() - copied);
        rest.writeBytes(replacement.getBytes(StandardCharsets.US_ASCII));
        copied = field.getValue().to();
      }
    }
    rest.write(file, copied, file.length - copied);
    return new TokenizerJson(
        value(file, fields.get("added_tokens")),
        value(file, fields.get("normalizer")),
        value(file, fields.get("pre_tokenizer")),
        rest.toByteArray());
  }

  /** The ids of all tokens but the added ones, by how the vocabulary spells them. */
  static Map<String, Integer> vocabulary(byte[] file) {
    JsonSpans.Span model = JsonSpans.of(file, 0).get("model");
    Map<String, Integer> vocabulary = new HashMap<>();
    if (model != null) {
      JsonNode vocab = value(file, JsonSpans.of(file, model.from()).get("vocab"));
      vocab.properties().forEach(entry -> vocabulary.put(entry.getKey(), entry.getValue().asInt()));
    }
    return vocabulary;
  }

  private static JsonNode value(byte[] file, JsonSpans.@Nullable Span at) {
    return at == null
        ? JsonMapper.shared().missingNode()
        : JsonMapper.shared().readTree(file, at.from(), at.to() - at.from());
  }
}
