package dev.vl4j.search;

import dev.vl4j.engine.Embedder;
import dev.vl4j.engine.InvalidRequestException;
import dev.vl4j.engine.NonFiniteResultException;
import dev.vl4j.engine.OverloadedException;
import dev.vl4j.engine.Vl4jException;
import dev.vl4j.search.FileContent.Draft;
import dev.vl4j.search.FileContent.UnreadableException;
import dev.vl4j.search.TreeWalk.Found;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BooleanSupplier;
import org.apache.lucene.document.Document;
import org.apache.lucene.index.DirectoryReader;
import org.apache.lucene.index.IndexWriter;
import org.apache.lucene.search.IndexSearcher;

/**
 * One update of an index: reads what may have changed, file by file, while the embedder computes
 * what was read before, and writes files in their order.
 */
final class IndexUpdate implements AutoCloseable {
  /** Bytes of files that wait for their vectors, beyond which no other file is read. */
  private static final long MOST_BYTES_WAITING = 256L << 20;

  /** Files that may wait for one before them. */
  private static final int MOST_FILES_WAITING = 256;

  /** A file whose vectors are being computed. */
  private record Waiting(FileContent content, List<Draft> drafts, List<VectorWork.Work> vectors) {
    boolean isDone() {
      return vectors.stream().allMatch(VectorWork.Work::isDone);
    }
  }

  private final IndexWriter writer;
  private final IndexSettings settings;
  private final IndexObserver observer;
  private final BooleanSupplier stopped;
  private final long commitNanos;
  private final VectorWork vectors;

  /** The index as it was when the update began. */
  private final DirectoryReader reader;

  private final IndexSearcher before;
  private final Map<String, FileRecord> known;

  private final ArrayDeque<Waiting> waiting = new ArrayDeque<>();
  private final List<FileFailure> failures = new ArrayList<>();
  private long bytesWaiting;
  private long committed = System.nanoTime();
  private int added;
  private int changed;
  private int unchanged;
  private int removed;
  private long embedded;

  IndexUpdate(
      IndexWriter writer,
      IndexSettings settings,
      Embedder embedder,
      IndexObserver observer,
      BooleanSupplier stopped,
      Duration commitInterval)
      throws IOException {
    this.writer = writer;
    this.settings = settings;
    this.observer = observer;
    this.stopped = stopped;
    commitNanos = commitInterval.toNanos();
    vectors = new VectorWork(embedder, settings.instruction());
    reader = DirectoryReader.open(writer);
    before = new IndexSearcher(reader);
    known = new HashMap<>(IndexDocuments.files(before));
  }

  IndexReport run(TreeWalk walk) throws IOException {
    try {
      walk.failures().forEach(this::failed);
      List<Found> maybeChanged =
          walk.found().stream().filter(file -> !isSurelyUnchanged(file)).toList();
      unchanged = walk.found().size() - maybeChanged.size();
      observer.begins(unchanged, maybeChanged.size());
      for (Found file : maybeChanged) {
        if (stopped.getAsBoolean()) {
          break;
        }
        read(file);
      }
      writeAll();
      boolean complete = !stopped.getAsBoolean();
      if (complete) {
        removeVanished(walk);
      }
      return report(walk, complete);
    } finally {
      // What is written is right, whatever came then.
      if (writer.isOpen()) {
        writer.commit();
      }
    }
  }

  private IndexReport report(TreeWalk walk, boolean complete) {
    failures.sort(Comparator.comparing(FileFailure::path));
    return new IndexReport(
        added,
        changed,
        unchanged,
        removed,
        walk.others(),
        walk.linkedFolders(),
        embedded,
        failures,
        complete);
  }

  private boolean isSurelyUnchanged(Found file) {
    FileRecord record = known.get(file.path());
    return record != null && record.stamp().provesSame(file.stamp());
  }

  private void read(Found file) throws IOException {
    while (!waiting.isEmpty() && isToBeWritten(waiting.getFirst(), file.stamp().size())) {
      writeOldest();
    }
    try {
      FileContent content = FileContent.read(file);
      FileRecord record = known.get(file.path());
      if (record != null && record.hash().equals(content.hash())) {
        // Another time and the same content: the entries stay.
        writer.updateDocument(
            IndexDocuments.file(file.path()), IndexDocuments.of(record(content, record.entries())));
        unchanged++;
        done(file.path(), 0);
        return;
      }
      FileRecord same = IndexDocuments.fileOfHash(before, content.hash());
      if (same == null) {
        begin(content);
      } else {
        copy(content, same);
      }
    } catch (UnreadableException e) {
      failed(file, e.reason(), e.isUnknown());
    }
  }

  /** Whether the oldest file has its vectors, or has to get them before others are read. */
  private boolean isToBeWritten(Waiting oldest, long nextBytes) {
    return oldest.isDone()
        || waiting.size() >= MOST_FILES_WAITING
        || bytesWaiting + nextBytes > MOST_BYTES_WAITING;
  }

  private void begin(FileContent content) throws UnreadableException {
    List<Draft> drafts = content.drafts(settings.pieceLength());
    Waiting file = new Waiting(content, drafts, new ArrayList<>());
    waiting.add(file);
    bytesWaiting += content.bytes().length;
    for (Draft draft : drafts) {
      file.vectors.add(vectors.begin(draft.content()));
    }
  }

  /** The content of another file, or of this one under its name before, has its vectors already. */
  private void copy(FileContent content, FileRecord same) throws IOException {
    String path = content.file().path();
    List<IndexedEntry> entries =
        IndexDocuments.entries(before, same.path()).stream()
            .map(each -> new IndexedEntry(each.entry().at(path), each.vector()))
            .toList();
    write(content, entries);
    done(path, 0);
  }

  private void writeAll() throws IOException {
    while (!waiting.isEmpty()) {
      writeOldest();
    }
  }

  private void writeOldest() throws IOException {
    Waiting file = waiting.getFirst();
    try {
      List<IndexedEntry> entries = new ArrayList<>();
      for (int i = 0; i < file.drafts.size(); i++) {
        entries.add(new IndexedEntry(file.drafts.get(i).entry(), file.vectors.get(i).await()));
      }
      write(file.content, entries);
      embedded += entries.size();
      done(file.content.file().path(), entries.size());
    } catch (InvalidRequestException | OverloadedException | NonFiniteResultException e) {
      file.vectors.forEach(VectorWork.Work::cancel);
      failed(file.content.file(), reason(file, e), false);
    }
    waiting.removeFirst();
    bytesWaiting -= file.content.bytes().length;
  }

  /** What the engine says, and of which piece it does. */
  private static String reason(Waiting file, Vl4jException failure) {
    String reason = FileContent.reason(failure, file.content.file().path());
    for (int i = 0; i < file.vectors.size() && file.drafts.size() > 1; i++) {
      if (file.vectors.get(i).hasFailed()) {
        return "%s: %s".formatted(file.drafts.get(i).entry().place(), reason);
      }
    }
    return reason;
  }

  /** All documents of a file take the place of those before, or none of them does. */
  private void write(FileContent content, List<IndexedEntry> entries) throws IOException {
    String path = content.file().path();
    List<Document> documents = new ArrayList<>();
    entries.forEach(entry -> documents.add(IndexDocuments.of(entry)));
    documents.add(IndexDocuments.of(record(content, entries.size())));
    writer.updateDocuments(IndexDocuments.path(path), documents);
    if (known.containsKey(path)) {
      changed++;
    } else {
      added++;
    }
  }

  private static FileRecord record(FileContent content, int entries) {
    return new FileRecord(content.file().path(), content.stamp(), content.hash(), entries);
  }

  private void done(String path, int vectorsOfIt) throws IOException {
    if (System.nanoTime() - committed >= commitNanos) {
      writer.commit();
      committed = System.nanoTime();
    }
    observer.fileDone(path, vectorsOfIt);
  }

  private void failed(FileFailure failure) {
    failures.add(failure);
    observer.failed(failure);
  }

  /**
   * A file cannot be indexed.
   *
   * @param unknown whether what the index has of it may still be so
   */
  private void failed(Found file, String reason, boolean unknown) throws IOException {
    failed(new FileFailure(file.path(), reason));
    if (!unknown) {
      writer.deleteDocuments(IndexDocuments.path(file.path()));
    }
    done(file.path(), 0);
  }

  private void removeVanished(TreeWalk walk) throws IOException {
    walk.found().forEach(file -> known.remove(file.path()));
    for (String path : known.keySet()) {
      if (!walk.isUnknown(path)) {
        writer.deleteDocuments(IndexDocuments.path(path));
        removed++;
      }
    }
  }

  @Override
  public void close() throws IOException {
    waiting.forEach(file -> file.vectors.forEach(VectorWork.Work::cancel));
    reader.close();
  }
}
