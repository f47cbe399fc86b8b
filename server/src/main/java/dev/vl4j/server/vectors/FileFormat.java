package dev.vl4j.server.vectors;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;

/** The files that vectors may be in, besides JSON Lines. */
public enum FileFormat {
  /** NumPy's array, {@code [rows, width]}; failed rows are NaN, or 0 where there is no NaN. */
  NPY,
  /** A table of Apache Parquet, a list of numbers in each row; null in failed rows. */
  PARQUET,
  /** Tab-separated values with a header; failed rows have none. */
  TSV;

  private static final int BUFFER = 1 << 16;

  /**
   * Makes a file of rows. It gets its name when it is whole; until then, what had that name before
   * stays as it is.
   *
   * @param rows JSON Lines: each has {@code embedding}, a vector's numbers in base64, or {@code
   *     error}; and may have {@code custom_id}, {@code scale} and {@code tokens}
   * @param count how many rows there are
   * @param width numbers of each vector
   * @throws IOException if a file fails, or a row is none
   */
  public void write(Path rows, long count, NumberType type, int width, Path target)
      throws IOException {
    Path real = Files.exists(target) ? target.toRealPath() : target;
    Path unfinished = real.resolveSibling(real.getFileName() + ".unfinished");
    try (RowReader reader = new RowReader(rows, Math.multiplyExact(width, type.bytes));
        FileChannel channel =
            FileChannel.open(
                unfinished,
                StandardOpenOption.CREATE,
                StandardOpenOption.TRUNCATE_EXISTING,
                StandardOpenOption.WRITE)) {
      boolean whole = false;
      try {
        OutputStream out = new BufferedOutputStream(Channels.newOutputStream(channel), BUFFER);
        VectorFile file = begin(out, type, count, width);
        for (Row row = reader.next(); row != null; row = reader.next()) {
          file.add(row);
        }
        file.finish();
        out.flush();
        channel.force(true);
        whole = true;
      } finally {
        if (!whole) {
          Files.delete(unfinished);
        }
      }
    }
    Files.move(
        unfinished, real, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
  }

  private VectorFile begin(OutputStream out, NumberType type, long count, int width)
      throws IOException {
    return switch (this) {
      case NPY -> new NpyFile(out, type, count, width);
      case PARQUET -> new ParquetFile(out, type, width);
      case TSV -> new TsvFile(out, type, width);
    };
  }
}
