package dev.vl4j.bench.search;

import dev.vl4j.engine.Embedder;
import dev.vl4j.search.IndexMode;
import dev.vl4j.search.IndexObserver;
import dev.vl4j.search.IndexReport;
import dev.vl4j.search.IndexSettings;
import dev.vl4j.search.Indexer;
import java.nio.file.Path;

/** A process that indexes with the embedded model, to be killed: the index and the folder. */
final class IndexWorker {
  private IndexWorker() {}

  public static void main(String[] arguments) {
    try (Embedder embedder = Embedder.openDemo()) {
      System.out.println(update(Path.of(arguments[0]), Path.of(arguments[1]), embedder));
    }
  }

  /** Brings the index to what the folder holds; a line for each file that is done. */
  static IndexReport update(Path index, Path folder, Embedder embedder) {
    IndexSettings settings = IndexSettings.of("demo-embedder", "demo-embedder");
    try (Indexer indexer = Indexer.open(index, settings, IndexMode.CONTINUE)) {
      return indexer.update(
          folder,
          embedder,
          new IndexObserver() {
            @Override
            public void fileDone(String path, int embedded) {
              System.out.println(path);
            }
          });
    }
  }
}
