package dev.vl4j.engine.prompt;

import dev.vl4j.engine.ModelException;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/**
 * A tokenizer.json: its added tokens, and the rest of it as the native library is to read it.
 *
 * <p>That library ends the process where it finds what it does not expect: a decoder that is no
 * JSON, a prefix of words that a token lacks, a pattern that takes too long. So the rest is written
 * anew, of parts that were checked. Vocabulary and merges, which are nearly all of the file, are
 * copied without a look: what is wrong with them is an error there.
 *
 * @param addedTokens {@code added_tokens}
 * @param normalizer {@code normalizer}, null if there is none
 * @param preTokenizer {@code pre_tokenizer}, null if there is none
 * @param rest normalizer, pre-tokenizer and model
 */
@SuppressWarnings("ArrayRecordComponent") // handed through once, never compared
record TokenizerJson(
    JsonNode addedTokens, JsonNode normalizer, JsonNode preTokenizer, byte[] rest) {
  private static final String VERSION = "1.0";

  /** The large parts of a model, and how each begins. */
  private static final Map<String, Character> COPIED = Map.of("vocab", '{', "merges", '[');

  /**
   * @param file a tokenizer.json, UTF-8
   * @throws ModelException if it is not JSON, or has a part that is not supported
   * @throws tools.jackson.core.JacksonException if a part that is read is not JSON
   */
  static TokenizerJson read(byte[] file) {
    Map<String, JsonSpans.Span> fields = JsonSpans.of(file, 0);
    JsonNode version = value(file, fields.get("version"));
    if (!version.asString(VERSION).equals(VERSION)) {
      throw new ModelException("version: expected %s, found %s".formatted(VERSION, version));
    }
    JsonNode normalizer = TokenizerParts.normalizer(value(file, fields.get("normalizer")));
    JsonNode preTokenizer = TokenizerParts.preTokenizer(value(file, fields.get("pre_tokenizer")));
    ObjectNode rest = JsonMapper.shared().createObjectNode();
    rest.put("version", VERSION).putArray("added_tokens");
    for (String unused : List.of("truncation", "padding", "post_processor", "decoder")) {
      rest.putNull(unused);
    }
    rest.set("normalizer", normalizer);
    rest.set("pre_tokenizer", preTokenizer);
    return new TokenizerJson(
        value(file, fields.get("added_tokens")),
        normalizer,
        preTokenizer,
        withModel(rest, file, fields.get("model")));
  }

  /** Adds a model as the last field. */
  private static byte[] withModel(ObjectNode rest, byte[] file, JsonSpans.@Nullable Span model) {
    if (model == null || file[model.from()] != '{') {
      throw new ModelException("model: expected an object of type BPE");
    }
    Map<String, JsonSpans.Span> spans = JsonSpans.of(file, model.from());
    ObjectNode small = JsonMapper.shared().createObjectNode();
    spans.forEach((name, span) -> {
      if (!COPIED.containsKey(name)) {
        small.set(name, value(file, span));
      }
    });
    ObjectNode checked = TokenizerParts.model(small);
    String unknown = checked.path("unk_token").asString("");
    if (checked.has("unk_token") && !vocabulary(file).containsKey(unknown)) {
      throw new ModelException("model.unk_token: %s is not in the vocabulary".formatted(unknown));
    }
    rest.set("model", checked);
    byte[] begun = JsonMapper.shared().writeValueAsBytes(rest);
    ByteArrayOutputStream whole = new ByteArrayOutputStream(begun.length + file.length);
    int ends = "}}".length(); // of the model and of all
    whole.write(begun, 0, begun.length - ends);
    COPIED.forEach((name, first) -> {
      JsonSpans.Span span = spans.get(name);
      if (span == null || file[span.from()] != first) {
        throw new ModelException("model.%s: expected what begins with %c".formatted(name, first));
      }
      whole.writeBytes((",\"" + name + "\":").getBytes(StandardCharsets.US_ASCII));
      whole.write(file, span.from(), span.to() - span.from());
    });
    whole.write(begun, begun.length - ends, ends);
    return whole.toByteArray();
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
