package dev.vl4j.server.cli;

import dev.vl4j.server.api.VectorForm;
import dev.vl4j.server.batch.BatchException;
import dev.vl4j.server.vectors.FileFormat;
import dev.vl4j.server.vectors.NumberType;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Where vectors go: JSON Lines, or another format, which is made of rows in JSON Lines beside it
 * once they are all there.
 *
 * @param target null for standard output
 * @param format null for JSON Lines
 */
record VectorOutput(@Nullable Path target, @Nullable FileFormat format) {
  private static final String ROWS = ".rows.jsonl";

  /**
   * The output of a name.
   *
   * @param target as {@link OutputPath} gives it
   * @throws CliException if the name's end is no format's
   */
  static VectorOutput of(@Nullable Path target) {
    if (target == null || (Files.exists(target) && !Files.isRegularFile(target))) {
      return new VectorOutput(target, null);
    }
    String name = String.valueOf(target.getFileName()).toLowerCase(Locale.ROOT);
    return switch (name.substring(name.lastIndexOf('.') + 1)) {
      case "jsonl", "ndjson" -> new VectorOutput(target, null);
      case "npy" -> new VectorOutput(target, FileFormat.NPY);
      case "parquet" -> new VectorOutput(target, FileFormat.PARQUET);
      case "tsv" -> new VectorOutput(target, FileFormat.TSV);
      default ->
          throw new CliException(
              "--output: expected a name that ends in .jsonl, .ndjson, .npy, .parquet or .tsv,"
                  + " found "
                  + target);
    };
  }

  /** Where answers are written one by one, and from where a run continues; null for a stream. */
  @Nullable Path lines() {
    return target == null || format == null
        ? target
        : target.resolveSibling(target.getFileName() + ROWS);
  }

  /**
   * Refuses to replace a file of which nobody knows what it holds.
   *
   * @throws CliException if there is one, and no rows that it was made of
   */
  void check(boolean overwrite) {
    Path rows = lines();
    if (format == null || target == null || rows == null || overwrite || Files.exists(rows)) {
      return;
    }
    try {
      if (Files.exists(target) && Files.size(target) > 0) {
        throw new CliException(
            "--output: %s is there, and %s, which would continue it, is not (--overwrite starts anew)"
                .formatted(target, rows.getFileName()));
      }
    } catch (IOException e) {
      throw new CliException("--output: cannot read " + target + ": " + Errors.message(e), e);
    }
  }

  /**
   * Makes the file of its rows.
   *
   * @param count of rows
   * @param dimensions of each vector
   * @throws BatchException if a file fails; the rows are still there
   */
  void finish(long count, int dimensions, VectorForm form) {
    Path rows = lines();
    if (target == null || format == null || rows == null) {
      return;
    }
    try {
      format.write(rows, count, numbers(form), form.numbers(dimensions), target);
    } catch (IOException e) {
      throw new BatchException(
          "cannot write %s: %s; all vectors are in %s, and the same command goes on from there"
              .formatted(target, Errors.message(e), rows),
          e);
    }
  }

  private static NumberType numbers(VectorForm form) {
    return switch (form) {
      case FLOAT, BASE64 -> NumberType.FLOAT32;
      case INT8, BINARY -> NumberType.INT8;
      case UINT8, UBINARY -> NumberType.UINT8;
    };
  }
}
