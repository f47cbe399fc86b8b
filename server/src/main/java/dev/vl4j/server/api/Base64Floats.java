package dev.vl4j.server.api;

import java.util.Base64;

/** Numbers as base64 of little-endian float32, as OpenAI's and Cohere's APIs have them. */
final class Base64Floats {
  private Base64Floats() {}

  /** Whether a body wants numbers in this form. */
  static boolean wanted(Fields fields) {
    String format = fields.oneOf("encoding_format", "float", "base64");
    String _ = fields.oneOf("embed_dtype", "float32");
    String _ = fields.oneOf("endianness", "native", "little");
    return format.equals("base64");
  }

  static String of(float... values) {
    return Base64.getEncoder().encodeToString(VectorForm.littleEndian(values));
  }
}
