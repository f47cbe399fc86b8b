package dev.vl4j.loader;

import static dev.vl4j.loader.LoaderException.quote;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.channels.WritableByteChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** Writes safetensors files, tensor after tensor, without holding more than one piece in memory. */
public final class SafetensorsWriter {
  private static final int ALIGNMENT = 8;
  private static final JsonMapper JSON = JsonMapper.builder().build();

  private SafetensorsWriter() {}

  /** The bytes of one tensor, row-major and little-endian. */
  @FunctionalInterface
  public interface Content {
    /** Writes all bytes of the tensor, in as many pieces as it likes. */
    void writeTo(WritableByteChannel channel) throws IOException;
  }

  /**
   * A tensor to write.
   *
   * @param name what the file calls it
   * @param type of its elements
   * @param shape dimensions, outermost first; copied
   * @param content writes as many bytes as the shape takes
   */
  public record Entry(String name, ElementType type, List<Long> shape, Content content) {
    /**
     * @throws NullPointerException if anything is null
     */
    public Entry {
      Objects.requireNonNull(name, "name");
      Objects.requireNonNull(type, "type");
      shape = List.copyOf(Objects.requireNonNull(shape, "shape"));
      Objects.requireNonNull(content, "content");
    }
  }

  /**
   * Writes a file of these tensors in this order, replacing an older file only once the new one is
   * complete.
   *
   * @throws LoaderException if a name comes twice, a shape is impossible, a content writes more or
   *     fewer bytes than its shape takes, or the disk refuses
   */
  public static void write(Path file, List<Entry> entries) {
    byte[] header = header(file, entries);
    // A reader may have the old file mapped: overwriting it in place would change its weights.
    Path partial = file.resolveSibling(file.getFileName() + ".partial");
    try {
      try (FileChannel channel =
          FileChannel.open(
              partial,
              StandardOpenOption.CREATE,
              StandardOpenOption.WRITE,
              StandardOpenOption.TRUNCATE_EXISTING)) {
        ByteBuffer start = ByteBuffer.allocate(Long.BYTES + header.length);
        start.order(ByteOrder.LITTLE_ENDIAN).putLong(header.length).put(header).flip();
        while (start.hasRemaining()) {
          channel.write(start);
        }
        for (Entry entry : entries) {
          writeContent(file, entry, channel);
        }
      }
      Files.move(partial, file, StandardCopyOption.REPLACE_EXISTING);
    } catch (IOException e) {
      throw new LoaderException(file + ": cannot be written: " + IoReason.of(e), e);
    } finally {
      partial.toFile().delete();
    }
  }

  private static byte[] header(Path file, List<Entry> entries) {
    ObjectNode root = JSON.createObjectNode();
    long offset = 0;
    for (Entry entry : entries) {
      if (root.has(entry.name()) || entry.name().equals("__metadata__")) {
        throw new LoaderException(
            "%s: tensor %s: name is taken".formatted(file, quote(entry.name())));
      }
      long end;
      try {
        end = Math.addExact(offset, StoredTensor.byteSize(entry.type(), entry.shape()));
      } catch (ArithmeticException e) {
        throw new LoaderException(
            "%s: tensor %s: impossible shape %s"
                .formatted(file, quote(entry.name()), entry.shape()),
            e);
      }
      ObjectNode tensor = root.putObject(entry.name());
      tensor.put("dtype", entry.type().name());
      entry.shape().forEach(tensor.putArray("shape")::add);
      tensor.putArray("data_offsets").add(offset).add(end);
      offset = end;
    }
    byte[] json = JSON.writeValueAsBytes(root);
    byte[] padded = Arrays.copyOf(json, Math.ceilDiv(json.length, ALIGNMENT) * ALIGNMENT);
    Arrays.fill(padded, json.length, padded.length, (byte) ' ');
    return padded;
  }

  private static void writeContent(Path file, Entry entry, FileChannel channel) throws IOException {
    long start = channel.position();
    entry.content().writeTo(new CompleteWrites(channel));
    long expected = StoredTensor.byteSize(entry.type(), entry.shape());
    long written = channel.position() - start;
    if (written != expected) {
      throw new LoaderException(
          "%s: tensor %s: %s %s takes %d bytes, its content wrote %d"
              .formatted(
                  file, quote(entry.name()), entry.type(), entry.shape(), expected, written));
    }
  }

  /** A content may rely on each write taking the whole buffer, and cannot close the file. */
  private record CompleteWrites(FileChannel channel) implements WritableByteChannel {
    @Override
    public int write(ByteBuffer source) throws IOException {
      int bytes = source.remaining();
      while (source.hasRemaining()) {
        channel.write(source);
      }
      return bytes;
    }

    @Override
    public boolean isOpen() {
      return channel.isOpen();
    }

    @Override
    public void close() {}
  }
}
