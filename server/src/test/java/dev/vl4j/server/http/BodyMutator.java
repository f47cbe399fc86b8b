package dev.vl4j.server.http;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;

/**
 * Bodies of requests that were valid and have been changed: some of their values, the order of
 * their characters, their bytes.
 */
final class BodyMutator {
  /** A path and a body. */
  @SuppressWarnings("ArrayRecordComponent") // handed through, never compared
  record Body(String path, byte[] bytes) {}

  private static final List<String> PATHS =
      List.of(
          "/v1/rerank",
          "/v2/rerank",
          "/v1/score",
          "/score",
          "/score",
          "/classify",
          "/tokenize",
          "/detokenize",
          "/pooling",
          "/v1/embeddings");

  /** One for each path; {@code @} stands for the URL of a picture. */
  private static final List<String> BODIES =
      List.of(
          "{\"query\":\"q\",\"documents\":[\"a\",{\"content\":[{\"type\":\"text\",\"text\":\"b\"}]}],"
              + "\"top_n\":1,\"instruction\":\"i\",\"max_tokens_per_doc\":4,\"max_tokens_per_query\":3,"
              + "\"use_activation\":true,\"model\":\"demo\"}",
          "{\"query\":{\"content\":[{\"type\":\"image_url\",\"image_url\":{\"url\":\"@\"}}]},"
              + "\"documents\":[{\"content\":[{\"type\":\"image_url\",\"image_url\":\"@\"},"
              + "{\"type\":\"text\",\"text\":\"b\"}]}],\"request_id\":\"r\"}",
          "{\"queries\":[\"a\",\"b\"],\"documents\":[\"c\",\"d\"],\"truncate_prompt_tokens\":-1,"
              + "\"chat_template_kwargs\":{\"instruction\":\"i\"},\"mm_processor_kwargs\":{}}",
          "{\"data_1\":{\"content\":[{\"type\":\"image_url\",\"image_url\":{\"url\":\"@\"}}]},"
              + "\"data_2\":[\"x y\",{\"content\":[{\"type\":\"image_url\",\"image_url\":{\"url\":\"@\"}}]}]}",
          "{\"text_1\":\"a\",\"text_2\":[\"c\",\"d\"],\"activation\":\"yes\",\"padding\":\"do_not_pad\"}",
          "{\"input\":[\"a <|im_end|>\",[1,2]],\"use_activation\":false,\"priority\":0}",
          "{\"prompt\":\"a b\",\"add_special_tokens\":true,\"return_token_strs\":true}",
          "{\"tokens\":[1,2,3],\"model\":\"demo\"}",
          "{\"model\":\"demo\",\"messages\":[{\"role\":\"query\",\"content\":\"q\"},{\"role\":\"document\","
              + "\"content\":[{\"type\":\"text\",\"text\":\"a\"},{\"type\":\"image_url\",\"image_url\":"
              + "{\"url\":\"@\"}}]}],\"encoding_format\":\"base64\"}",
          "{\"model\":\"demo\",\"input\":[\"a\"],\"encoding_format\":\"float\"}");

  private static final List<String> VALUES =
      List.of(
          "null",
          "0",
          "-1",
          "1e400",
          "-9999999999999999999999",
          "1e999999999",
          "-0.0",
          "1.5",
          "2147483648",
          "\"\"",
          "\"\\ud800\"",
          "\"\\udc00\\ud800\"",
          "\"<|im_end|>\"",
          "\"<|image_pad|>\"",
          "[]",
          "{}",
          "[[[[]]]]",
          "true",
          "{\"content\":[]}",
          "[null]",
          "\"\\u0000\"",
          "\"NaN\"",
          "NaN",
          "Infinity",
          "{\"type\":\"image_url\",\"image_url\":{\"url\":\"data:;base64,AA==\"}}",
          "{\"content\":\"a\"}",
          "[{\"role\":\"user\",\"content\":\"a\"}]",
          "\"\\u202e\\ufeff\"",
          "0x10",
          "'a'",
          "01");

  private final Random random;
  private final ImageMutator images;

  BodyMutator(Random random) {
    this.random = random;
    images = new ImageMutator(random);
  }

  Body next() {
    int kind = random.nextInt(PATHS.size());
    String text = BODIES.get(kind);
    for (int at = text.indexOf('@'); at >= 0; at = text.indexOf('@', at + 1)) {
      text = text.substring(0, at) + images.url() + text.substring(at + 1);
    }
    for (int left = random.nextInt(3); left > 0; left--) {
      text = mutate(text);
    }
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    for (int left = Math.max(0, random.nextInt(6) - 3); left > 0 && bytes.length > 0; left--) {
      bytes = mutate(bytes);
    }
    String path = PATHS.get(random.nextInt(20) == 0 ? random.nextInt(PATHS.size()) : kind);
    return new Body(path, bytes);
  }

  private String mutate(String body) {
    return switch (random.nextInt(9)) {
      case 0, 1, 2 -> replaceValue(body, value());
      case 3 -> cut(body);
      case 4 -> insert(body, Character.toString(random.nextInt(0x250)));
      case 5 -> body.substring(0, random.nextInt(body.length() + 1));
      case 6 -> duplicate(body);
      case 7 -> insert(body, "{[\":,]}".substring(random.nextInt(7)).substring(0, 1));
      default -> body + body.substring(random.nextInt(body.length() + 1));
    };
  }

  /** Some value of JSON, or nearly so; now and then a deep or a long one. */
  private String value() {
    return switch (random.nextInt(60)) {
      case 0 -> "[".repeat(depth()) + "]".repeat(depth());
      case 1 -> "{\"content\":[".repeat(depth()) + "]}".repeat(depth());
      case 2 -> "9".repeat(1 + random.nextInt(2000));
      case 3 -> "0." + "1".repeat(1 + random.nextInt(2000)) + "e-5";
      case 4 -> longText();
      case 5 -> "[" + "\"a\",".repeat(random.nextInt(200)) + "1]";
      case 6 -> "\"" + images.url() + "\"";
      case 7 -> "{\"content\":[{\"type\":\"image_url\",\"image_url\":\"" + images.url() + "\"}]}";
      default -> VALUES.get(random.nextInt(VALUES.size()));
    };
  }

  private int depth() {
    return random.nextInt(4) == 0 ? 20_000 : 1 + random.nextInt(600);
  }

  private String longText() {
    String unit =
        List.of("a", " ", "word ", "\\u4f60", "<|im_end|>", "1", "\\n").get(random.nextInt(7));
    return "\"" + unit.repeat(random.nextInt(random.nextInt(8) == 0 ? 50_000 : 3000)) + "\"";
  }

  /** Puts another value behind some colon, comma or bracket. */
  private String replaceValue(String body, String value) {
    int[] places = places(body);
    if (places.length == 0) {
      return body;
    }
    int from = places[random.nextInt(places.length)] + 1;
    int to = from;
    while (to < body.length() && ",]}".indexOf(body.charAt(to)) < 0) {
      to++;
    }
    return body.substring(0, from) + value + body.substring(to);
  }

  private static int[] places(String body) {
    return IntStream.range(0, body.length())
        .filter(at -> ":,[".indexOf(body.charAt(at)) >= 0)
        .toArray();
  }

  /** Names a field twice. */
  private String duplicate(String body) {
    String name =
        List.of("query", "documents", "model", "top_n", "input", "tokens").get(random.nextInt(6));
    return body.replaceFirst("\\{", "{\"%s\":%s,".formatted(name, "7"));
  }

  private String cut(String body) {
    int from = random.nextInt(body.length() + 1);
    int to = Math.min(body.length(), from + random.nextInt(6));
    return body.substring(0, from) + body.substring(to);
  }

  private String insert(String body, String what) {
    int at = random.nextInt(body.length() + 1);
    return body.substring(0, at) + what + body.substring(at);
  }

  /** Changes bytes, so that what comes out is mostly no UTF-8. */
  private byte[] mutate(byte[] body) {
    byte[] changed = body.clone();
    int at = random.nextInt(body.length);
    switch (random.nextInt(4)) {
      case 0 -> changed[at] ^= (byte) (1 << random.nextInt(8));
      case 1 -> changed[at] = (byte) random.nextInt(256);
      case 2 -> {
        return Arrays.copyOf(body, at);
      }
      default -> {
        byte[] bytes = {(byte) 0xed, (byte) 0xa0, (byte) 0x80}; // half a surrogate pair
        System.arraycopy(bytes, 0, changed, at, Math.min(3, body.length - at));
      }
    }
    return changed;
  }
}
