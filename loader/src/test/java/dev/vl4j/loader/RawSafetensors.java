package dev.vl4j.loader;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/** Safetensors files put together by hand, so that they can be wrong. */
final class RawSafetensors {
  private RawSafetensors() {}

  static byte[] bytes(String header, byte... data) {
    return bytes(header.getBytes(StandardCharsets.UTF_8), data);
  }

  static byte[] bytes(byte[] header, byte... data) {
    return bytes(header.length, header, data);
  }

  static byte[] bytes(long declaredHeader, byte[] header, byte... data) {
    return ByteBuffer.allocate(8 + header.length + data.length)
        .order(ByteOrder.LITTLE_ENDIAN)
        .putLong(declaredHeader)
        .put(header)
        .put(data)
        .array();
  }

  static Path write(Path file, byte[] bytes) throws IOException {
    return Files.write(file, bytes);
  }

  static SafetensorsWriter.Content content(byte... bytes) {
    return channel -> channel.write(ByteBuffer.wrap(bytes));
  }
}
