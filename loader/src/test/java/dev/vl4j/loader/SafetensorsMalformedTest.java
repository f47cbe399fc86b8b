package dev.vl4j.loader;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class SafetensorsMalformedTest {
  @TempDir private Path directory;

  static Stream<Arguments> headers() {
    String whole = tensor("U8", "[4]", "[0,4]");
    return Stream.of(
        arguments("[]", 4, "not a JSON object, it starts with \"[]\""),
        arguments("", 4, "not a JSON object, it starts with \"\""),
        arguments(" {}", 0, "not a JSON object, it starts with \" {}\""),
        arguments("{\"w\":", 4, "not valid JSON"),
        arguments("{\"w\":" + whole + "} x", 4, "not valid JSON"),
        arguments("{\"w\":" + whole + "} {}", 4, "goes on after its JSON object"),
        arguments("{\"w\":" + whole + ",\"w\":" + whole + "}", 4, "Duplicate"),
        arguments("{\"w\":" + whole + ",\"\\u0077\":" + whole + "}", 4, "Duplicate"),
        arguments(
            "{\"w\":{\"dtype\":\"U8\",\"dtype\":\"U8\",\"shape\":[4],\"data_offsets\":[0,4]}}",
            4,
            "Duplicate"),
        arguments("{\"w\":7}", 4, "tensor \"w\": expected a JSON object, found 7"),
        arguments("{\"w\":{\"shape\":[4],\"data_offsets\":[0,4]}}", 4, "\"w\": no dtype"),
        arguments("{\"w\":{\"dtype\":\"U8\",\"data_offsets\":[0,4]}}", 4, "\"w\": no shape"),
        arguments("{\"w\":{\"dtype\":\"U8\",\"shape\":[4]}}", 4, "\"w\": no data_offsets"),
        arguments(one("F12", "[4]", "[0,4]"), 4, "\"w\": unknown dtype \"F12\""),
        arguments(
            "{\"w\":{\"dtype\":8,\"shape\":[4],\"data_offsets\":[0,4]}}",
            4,
            "\"w\": dtype: expected a string, found 8"),
        arguments(one("U8", "4", "[0,4]"), 4, "\"w\": shape: expected an array, found 4"),
        arguments(one("U8", "[-4]", "[0,4]"), 4, "\"w\": shape: expected integers from 0"),
        arguments(one("U8", "[4.0]", "[0,4]"), 4, "2^63 - 1, found 4.0"),
        arguments(one("U8", "[\"4\"]", "[0,4]"), 4, "2^63 - 1, found string \"4\""),
        arguments(one("U8", "[[4]]", "[0,4]"), 4, "2^63 - 1, found an array"),
        arguments(one("U8", "[9223372036854775808]", "[0,4]"), 4, "found 9223372036854775808"),
        arguments(one("U8", "[4294967296,4294967296]", "[0,4]"), 4, "overflows"),
        arguments(one("F64", "[2305843009213693952]", "[0,0]"), 4, "overflows"),
        arguments(one("U8", "[4]", "[0]"), 4, "data_offsets: expected 2 numbers, found 1"),
        arguments(one("U8", "[4]", "[0,4,4]"), 4, "data_offsets: expected 2 numbers, found 3"),
        arguments(one("U8", "[4]", "[4,0]"), 4, "data_offsets end before they begin: [4, 0]"),
        arguments(one("U8", "[4]", "[-4,0]"), 4, "data_offsets: expected integers from 0"),
        arguments(
            one("F32", "[4]", "[0,4]"), 4, "F32 [4] takes 16 bytes, but data_offsets [0, 4] span"),
        arguments(
            "{\"a\":" + whole + ",\"b\":" + tensor("U8", "[4]", "[2,6]") + "}",
            6,
            "tensor \"b\": overlaps tensor \"a\": begins at 2, before 4"),
        arguments(
            "{\"a\":" + whole + ",\"b\":" + tensor("U8", "[4]", "[6,10]") + "}",
            10,
            "tensor \"b\": gap of 2 bytes after tensor \"a\": begins at 6, expected 4"),
        arguments(one("U8", "[4]", "[1,5]"), 5, "\"w\": gap of 1 bytes after the header"),
        arguments("{\"w\":" + whole + "}", 3, "truncated: expected 4 bytes of tensor data"),
        arguments("{\"w\":" + whole + "}", 3, "(up to the end of tensor \"w\"), found 3"),
        arguments("{\"w\":" + whole + "}", 5, "expected 4 bytes of tensor data, found 5"),
        arguments("{}", 5, "expected 0 bytes of tensor data, found 5"),
        arguments("{\"__metadata__\":[]}", 0, "__metadata__ is not a JSON object"),
        arguments(
            "{\"__metadata__\":{\"format\":1}}",
            0,
            "__metadata__ \"format\": expected a string, found 1"));
  }

  @ParameterizedTest
  @MethodSource("headers")
  void aMalformedHeaderIsNamed(String header, int dataBytes, String message) throws IOException {
    assertThat(refusal(RawSafetensors.bytes(header, new byte[dataBytes])))
        .contains(message)
        .doesNotContain("\n");
  }

  @Test
  void aFileShorterThanTheHeaderLength() throws IOException {
    assertThat(refusal(new byte[0])).contains("expected at least 8 bytes, found 0");
    assertThat(refusal(new byte[7])).contains("expected at least 8 bytes, found 7");
  }

  @Test
  void aHeaderLongerThanTheFileOrTheLimit() throws IOException {
    byte[] header = "{}".getBytes(StandardCharsets.UTF_8);
    assertThat(refusal(RawSafetensors.bytes(3, header)))
        .contains("truncated: expected a header of 3 bytes, found 2");
    assertThat(refusal(RawSafetensors.bytes(100_000_000, header)))
        .contains("truncated: expected a header of 100000000 bytes");
    assertThat(refusal(RawSafetensors.bytes(100_000_001, header)))
        .contains("header of 100000001 bytes, expected at most 100000000");
    assertThat(refusal(RawSafetensors.bytes(-1, header)))
        .contains("header of 18446744073709551615 bytes");
  }

  @Test
  void aHeaderThatIsNotUtf8() throws IOException {
    byte[] latin1 = "{\"é\":{}}".getBytes(StandardCharsets.ISO_8859_1);
    assertThat(refusal(RawSafetensors.bytes(latin1))).contains("header is not valid UTF-8");
  }

  @Test
  void aLongNameWithLineBreaksMakesAShortMessageOfOneLine() throws IOException {
    String name = "\\n\\r\\u0007" + "x".repeat(30_000);
    String refusal = refusal(RawSafetensors.bytes("{\"" + name + "\":1}"));
    assertThat(refusal).doesNotContain("\n", "\r").contains("xxx...\"");
    assertThat(refusal.length()).isLessThan(1000);
  }

  @Test
  void aDeeplyNestedHeaderIsRefused() throws IOException {
    assertThat(refusal(RawSafetensors.bytes("{\"w\":{\"x\":" + "[".repeat(1_000_000))))
        .contains("not valid JSON");
  }

  @Test
  void aMissingFileAndADirectory() {
    Path missing = directory.resolve("missing.safetensors");
    assertThat(refusal(missing)).isEqualTo(missing + ": no such file");
    assertThat(refusal(directory)).startsWith(directory + ": ");
  }

  private String refusal(byte[] bytes) throws IOException {
    Path file = Files.write(directory.resolve("bad.safetensors"), bytes);
    String message = refusal(file);
    assertThat(message).startsWith(file + ": ");
    return message;
  }

  private static String refusal(Path file) {
    return catchThrowableOfType(
            LoaderException.class,
            () -> {
              try (SafetensorsFile opened = SafetensorsFile.open(file)) {
                throw new AssertionError("accepted " + opened.tensors());
              }
            })
        .getMessage();
  }

  private static String one(String dtype, String shape, String offsets) {
    return "{\"w\":" + tensor(dtype, shape, offsets) + "}";
  }

  private static String tensor(String dtype, String shape, String offsets) {
    return "{\"dtype\":\"%s\",\"shape\":%s,\"data_offsets\":%s}".formatted(dtype, shape, offsets);
  }
}
