package dev.vl4j.server.vectors;

import java.io.IOException;

/** Writes rows in a file format. What it writes to stays open. */
interface VectorFile {
  void add(Row row) throws IOException;

  /** Writes what stands behind the last row. */
  void finish() throws IOException;
}
