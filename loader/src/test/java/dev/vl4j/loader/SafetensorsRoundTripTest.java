package dev.vl4j.loader;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.vl4j.loader.SafetensorsWriter.Content;
import dev.vl4j.loader.SafetensorsWriter.Entry;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class SafetensorsRoundTripTest {
  private static final List<List<Long>> SHAPES =
      List.of(
          List.of(),
          List.of(1L),
          List.of(7L),
          List.of(3L, 5L),
          List.of(1L, 13L, 1L),
          List.of(3L, 1L, 2L, 7L, 5L),
          List.of(0L),
          List.of(4L, 0L, 9L));

  @TempDir private Path directory;

  @ParameterizedTest
  @EnumSource(
      value = ElementType.class,
      names = {"F32", "F16", "BF16"})
  void floatsComeBackAsTheyWereWritten(ElementType type) {
    Random random = new Random(11);
    List<float[]> written = SHAPES.stream().map(shape -> numbers(random, shape)).toList();
    List<Entry> entries =
        LongStream.range(0, SHAPES.size())
            .mapToObj(i ->
                new Entry(
                    "tensor." + i,
                    type,
                    SHAPES.get((int) i),
                    RawSafetensors.content(encode(type, written.get((int) i)))))
            .toList();
    Path path = directory.resolve("model.safetensors");
    SafetensorsWriter.write(path, entries);

    try (SafetensorsFile file = SafetensorsFile.open(path)) {
      assertThat(file.path()).isEqualTo(path);
      assertThat(file.metadata()).isEmpty();
      assertThat(file.tensors().keySet())
          .containsExactlyInAnyOrderElementsOf(entries.stream().map(Entry::name).toList());
      for (int i = 0; i < entries.size(); i++) {
        StoredTensor tensor = file.tensors().get("tensor." + i);
        assertThat(tensor.type()).isEqualTo(type);
        assertThat(tensor.shape()).isEqualTo(SHAPES.get(i));
        assertThat(tensor.elements()).isEqualTo(written.get(i).length);
        assertThat(tensor.file()).isEqualTo(path);
        assertThat(tensor.toFloats()).as("%s %s", type, SHAPES.get(i)).isEqualTo(written.get(i));
      }
    }
  }

  @Test
  void everyHalfWidensExactly() {
    byte[] bytes = new byte[2 * 65536];
    ByteBuffer halves = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    for (int bits = 0; bits < 65536; bits++) {
      halves.putShort((short) bits);
    }
    float[] f16 = tensor(ElementType.F16, List.of(256L, 256L), bytes).toFloats();
    float[] bf16 = tensor(ElementType.BF16, List.of(65536L), bytes).toFloats();
    for (int bits = 0; bits < 65536; bits++) {
      assertThat(f16[bits])
          .as("F16 %04x", bits)
          .isEqualTo(Float.valueOf((float) value(bits, 5, 10)));
      assertThat(bf16[bits])
          .as("BF16 %04x", bits)
          .isEqualTo(Float.valueOf((float) value(bits, 8, 7)));
    }
  }

  @Test
  void aHeaderOfOddLengthLeavesTensorsUnalignedButReadable() throws IOException {
    String header = "{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]}}";
    header += " ".repeat(header.length() % 2 == 0 ? 1 : 2);
    Path path =
        RawSafetensors.write(
            directory.resolve("odd.safetensors"),
            RawSafetensors.bytes(header, encode(ElementType.F32, new float[] {1.5f, -2f})));
    try (SafetensorsFile file = SafetensorsFile.open(path)) {
      assertThat(file.tensors().get("a").toFloats()).containsExactly(1.5f, -2f);
    }
  }

  @Test
  void tensorsFollowTheirBytesAndMetadataIsKept() throws IOException {
    String header =
        """
        {"b":{"dtype":"U8","shape":[1],"data_offsets":[1,2],"later":[{"addition":1}]},
        "__metadata__":{"format":"pt"},
        "a":{"dtype":"BOOL","shape":[],"data_offsets":[0,1]}}\
        """;
    Path path =
        RawSafetensors.write(
            directory.resolve("two.safetensors"), RawSafetensors.bytes(header, (byte) 1, (byte) 2));
    try (SafetensorsFile file = SafetensorsFile.open(path)) {
      assertThat(file.tensors().keySet()).containsExactly("a", "b");
      assertThat(file.tensors().get("b").data().get(ValueLayout.JAVA_BYTE, 0)).isEqualTo((byte) 2);
      assertThat(file.metadata()).containsExactly(Map.entry("format", "pt"));
    }
  }

  @Test
  void theHeaderIsPaddedToEightBytes() throws IOException {
    Path path = directory.resolve("padded.safetensors");
    for (int length = 1; length < 10; length++) {
      String name = "n".repeat(length);
      SafetensorsWriter.write(
          path,
          List.of(new Entry(name, ElementType.U8, List.of(), RawSafetensors.content((byte) 9))));
      byte[] bytes = Files.readAllBytes(path);
      long header = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).getLong();
      assertThat(header % 8).isZero();
      assertThat(new String(bytes, 8, (int) header, StandardCharsets.UTF_8).stripTrailing())
          .isEqualTo("{\"" + name + "\":{\"dtype\":\"U8\",\"shape\":[],\"data_offsets\":[0,1]}}");
      assertThat(bytes).hasSize((int) header + 9).endsWith((byte) 9);
    }
  }

  @Test
  void theWriterRefusesContentOfAnotherSizeAndKeepsTheOlderFile() throws IOException {
    Path path = directory.resolve("kept.safetensors");
    Files.writeString(path, "older");
    Content tooShort = RawSafetensors.content((byte) 1);
    assertThatThrownBy(() ->
            SafetensorsWriter.write(
                path, List.of(new Entry("w", ElementType.F32, List.of(3L), tooShort))))
        .isInstanceOf(LoaderException.class)
        .hasMessage(path + ": tensor \"w\": F32 [3] takes 12 bytes, its content wrote 1");
    assertThat(path).hasContent("older");
    assertThat(directory).isDirectoryNotContaining("glob:**.partial");
  }

  @Test
  void theWriterRefusesANameThatComesTwiceAndAnImpossibleShape() {
    Path path = directory.resolve("never.safetensors");
    Entry entry = new Entry("w", ElementType.U8, List.of(), RawSafetensors.content((byte) 1));
    assertThatThrownBy(() -> SafetensorsWriter.write(path, List.of(entry, entry)))
        .isInstanceOf(LoaderException.class)
        .hasMessageContainingAll("never.safetensors", "\"w\"", "taken");
    Entry huge =
        new Entry("h", ElementType.U8, List.of(1L << 40, 1L << 40), RawSafetensors.content());
    assertThatThrownBy(() -> SafetensorsWriter.write(path, List.of(huge)))
        .isInstanceOf(LoaderException.class)
        .hasMessageContainingAll("never.safetensors", "\"h\"", "impossible shape");
    assertThat(path).doesNotExist();
  }

  @Test
  void onlyFloatTypesBecomeFloats() {
    assertThatThrownBy(() -> tensor(ElementType.I32, List.of(1L), new byte[4]).toFloats())
        .isInstanceOf(LoaderException.class)
        .hasMessage("f: tensor \"t\": expected F32, F16 or BF16, found I32");
  }

  @Test
  void aTensorHoldsTheBytesOfItsShape() {
    assertThatThrownBy(() -> tensor(ElementType.F16, List.of(2L, 3L), new byte[10]))
        .isInstanceOf(LoaderException.class)
        .hasMessage("f: tensor \"t\": F16 [2, 3] takes 12 bytes, found 10");
  }

  private static StoredTensor tensor(ElementType type, List<Long> shape, byte[] bytes) {
    return new StoredTensor("t", type, shape, MemorySegment.ofArray(bytes), Path.of("f"));
  }

  /** What IEEE 754 says these 16 bits mean. */
  private static double value(int bits, int exponentBits, int fractionBits) {
    int exponent = (bits >> fractionBits) & ((1 << exponentBits) - 1);
    double fraction = Math.scalb((double) (bits & ((1 << fractionBits) - 1)), -fractionBits);
    int bias = (1 << (exponentBits - 1)) - 1;
    double magnitude;
    if (exponent == (1 << exponentBits) - 1) {
      magnitude = fraction == 0 ? Double.POSITIVE_INFINITY : Double.NaN;
    } else if (exponent == 0) {
      magnitude = Math.scalb(fraction, 1 - bias);
    } else {
      magnitude = Math.scalb(1 + fraction, exponent - bias);
    }
    return bits >> 15 == 0 ? magnitude : -magnitude;
  }

  /** Multiples of 1/4 below 32 in size are exact in all three types. */
  private static float[] numbers(Random random, List<Long> shape) {
    float[] numbers = new float[(int) shape.stream().mapToLong(n -> n).reduce(1, (a, b) -> a * b)];
    for (int i = 0; i < numbers.length; i++) {
      numbers[i] = (random.nextInt(255) - 127) / 4f;
    }
    return numbers;
  }

  private static byte[] encode(ElementType type, float[] numbers) {
    ByteBuffer bytes =
        ByteBuffer.allocate(numbers.length * type.bytes()).order(ByteOrder.LITTLE_ENDIAN);
    for (float number : numbers) {
      switch (type) {
        case F32 -> bytes.putFloat(number);
        case F16 -> bytes.putShort(Float.floatToFloat16(number));
        default -> bytes.putShort((short) (Float.floatToIntBits(number) >> 16));
      }
    }
    return bytes.array();
  }
}
