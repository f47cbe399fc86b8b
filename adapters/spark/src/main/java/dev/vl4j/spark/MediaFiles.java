package dev.vl4j.spark;

import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.LongConsumer;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FSDataInputStream;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.jspecify.annotations.Nullable;

/** Reads whole files through Hadoop's file systems, several at once. Belongs to one task. */
final class MediaFiles implements AutoCloseable {
  /** Stores answer slowly and many at once. */
  private static final int READERS = 8;

  /**
   * A file's bytes, or why there are none.
   *
   * @param failure null where there are bytes
   */
  record Found(byte[] bytes, @Nullable String failure) {
    private static final byte[] NOTHING = {};

    static Found failed(String failure) {
      return new Found(NOTHING, failure);
    }
  }

  private final Configuration configuration;
  private final int maxBytes;
  private final LongConsumer read;
  private @Nullable ExecutorService readers;

  /**
   * @param maxBytes of one file
   * @param read is told of the bytes of each file
   */
  MediaFiles(Configuration configuration, int maxBytes, LongConsumer read) {
    this.configuration = configuration;
    this.maxBytes = maxBytes;
    this.read = read;
  }

  /** Reads files by their URIs; one without a scheme is a path of the default file system. */
  Map<String, Found> read(Set<String> uris) throws InterruptedException {
    Map<String, Found> found = new HashMap<>();
    List<String> names = new ArrayList<>();
    List<Callable<Found>> reading = new ArrayList<>();
    for (String uri : uris) {
      try {
        Path path = new Path(uri);
        // Here, since it is this thread that acts for Spark's user.
        FileSystem files = path.getFileSystem(configuration);
        reading.add(() -> read(files, path));
        names.add(uri);
      } catch (IOException | IllegalArgumentException e) {
        found.put(uri, Found.failed(reason(uri, e)));
      }
    }
    if (reading.isEmpty()) {
      return found;
    }
    List<Future<Found>> futures = readers().invokeAll(reading);
    for (int i = 0; i < names.size(); i++) {
      String uri = names.get(i);
      try {
        Found file = futures.get(i).get();
        read.accept(file.bytes().length);
        found.put(uri, file);
      } catch (ExecutionException e) {
        if (e.getCause() instanceof Error error) {
          throw error;
        }
        found.put(uri, Found.failed(reason(uri, e.getCause() == null ? e : e.getCause())));
      }
    }
    return found;
  }

  private Found read(FileSystem files, Path path) throws IOException {
    FileStatus status = files.getFileStatus(path);
    if (!status.isFile()) {
      throw new IOException("it is no file");
    }
    long length = status.getLen();
    requireFits(length);
    try (FSDataInputStream in = files.open(path)) {
      if (length >= 0) {
        byte[] bytes = new byte[Math.toIntExact(length)];
        in.readFully(bytes);
        return new Found(bytes, null);
      }
      // Some file systems do not know lengths.
      byte[] bytes = in.readNBytes(Math.addExact(maxBytes, 1));
      requireFits(bytes.length);
      return new Found(bytes, null);
    }
  }

  private void requireFits(long length) throws IOException {
    if (length > maxBytes) {
      throw new IOException("it has more bytes than maxFileBytes, %,d".formatted(maxBytes));
    }
  }

  private static String reason(String uri, Throwable e) {
    String message = e.getMessage();
    String line = message == null ? "" : message.lines().findFirst().orElse("");
    String kind = e.getClass().getSimpleName();
    return "%s cannot be read: %s"
        .formatted(uri, line.isEmpty() || line.equals(uri) ? kind : kind + ": " + line);
  }

  private ExecutorService readers() {
    if (readers == null) {
      readers =
          Executors.newFixedThreadPool(
              READERS, Thread.ofPlatform().daemon().name("vl4j-media-", 0).factory());
    }
    return readers;
  }

  @Override
  public void close() {
    if (readers != null) {
      readers.shutdownNow();
    }
  }
}
