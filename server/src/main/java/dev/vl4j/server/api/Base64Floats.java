package dev.vl4j.server.api;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Base64;

/** Numbers as base64 of little-endian float32, as OpenAI's and Cohere's APIs have them. */
final class Base64Floats {
  private Base64Floats() {}

  static String of(float... values) {
    ByteBuffer bytes =
        ByteBuffer.allocate(Float.BYTES * values.length).order(ByteOrder.LITTLE_ENDIAN);
    bytes.asFloatBuffer().put(values);
    return Base64.getEncoder().encodeToString(bytes.array());
  }
}
