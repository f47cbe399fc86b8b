package dev.vl4j.server.api;

import dev.vl4j.engine.Embedding;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Base64;
import java.util.Locale;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** A form of a vector, as Cohere's API has them. */
public enum VectorForm {
  FLOAT,
  INT8,
  UINT8,
  BINARY,
  UBINARY,
  /** Little-endian float32 in base64. */
  BASE64;

  /** The form that is spelled so, or null if none is. */
  public static @Nullable VectorForm spelled(String spelling) {
    return Stream.of(values())
        .filter(form -> form.spelling().equals(spelling))
        .findFirst()
        .orElse(null);
  }

  /** As requests and answers name it. */
  public String spelling() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** Whether an element takes a bit. */
  public boolean packsBits() {
    return this == BINARY || this == UBINARY;
  }

  /** Numbers that stand for so many elements. */
  public int numbers(int dimensions) {
    return packsBits() ? Math.ceilDiv(dimensions, Byte.SIZE) : dimensions;
  }

  /** A vector as answers show it: a list of numbers, or base64. */
  public Object shown(Embedding embedding) {
    return switch (this) {
      case FLOAT -> embedding.vector();
      case BASE64 -> base64(embedding);
      case INT8, BINARY -> signed(bytes(embedding));
      case UINT8, UBINARY ->
          IntStream.of(signed(bytes(embedding))).map(value -> value & 0xFF).toArray();
    };
  }

  /** The bytes of {@link #bytes} in base64. */
  public String base64(Embedding embedding) {
    return Base64.getEncoder().encodeToString(bytes(embedding));
  }

  /** A vector's numbers as arrays hold them: little-endian float32, or a byte each. */
  private byte[] bytes(Embedding embedding) {
    return switch (this) {
      case FLOAT, BASE64 -> littleEndian(embedding.vector());
      case INT8 -> embedding.int8();
      case UINT8 -> shifted(embedding.int8());
      case BINARY -> embedding.binary();
      case UBINARY -> embedding.ubinary();
    };
  }

  static byte[] littleEndian(float... values) {
    ByteBuffer bytes =
        ByteBuffer.allocate(Float.BYTES * values.length).order(ByteOrder.LITTLE_ENDIAN);
    bytes.asFloatBuffer().put(values);
    return bytes.array();
  }

  private static byte[] shifted(byte[] signed) {
    for (int i = 0; i < signed.length; i++) {
      signed[i] += (byte) 128;
    }
    return signed;
  }

  /** Bytes as numbers, which Jackson would write as base64. */
  private static int[] signed(byte[] bytes) {
    return IntStream.range(0, bytes.length).map(i -> bytes[i]).toArray();
  }
}
