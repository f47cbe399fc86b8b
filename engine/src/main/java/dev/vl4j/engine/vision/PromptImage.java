package dev.vl4j.engine.vision;

import dev.vl4j.engine.ImageSource;
import dev.vl4j.engine.InvalidRequestException;
import dev.vl4j.engine.limits.Joined;
import dev.vl4j.engine.limits.WorkGuard;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * A distinct image of a request. Its key and grid are known from the start. Its patches are kept
 * only where the request leaves room or where they took long; otherwise they are made again shortly
 * before they are needed. For many threads.
 */
public final class PromptImage {
  /** What may be decoded while others wait for a forward: some 50 ms of work, in 50 MB. */
  static final long MOST_PIXELS_LATER = 4 << 20;

  static final long MOST_BYTES_LATER = 4 << 20;

  private final ImageSource source;
  private final ImagePreprocessor preprocessor;
  private final ImageLoader loader;
  private final ImageKey key;
  private final int gridHeight;
  private final int gridWidth;
  private final @Nullable ImagePatches kept;
  private @Nullable CompletableFuture<ImagePatches> loading;

  /** Nobody was free to do the work beforehand; whoever takes the patches makes them. */
  private boolean isLeft;

  PromptImage(
      ImageSource source,
      ImagePreprocessor preprocessor,
      ImageLoader loader,
      ImageKey key,
      int gridHeight,
      int gridWidth,
      @Nullable ImagePatches kept) {
    this.source = source;
    this.preprocessor = preprocessor;
    this.loader = loader;
    this.key = key;
    this.gridHeight = gridHeight;
    this.gridWidth = gridWidth;
    this.kept = kept;
  }

  /** What tells it apart from other images. */
  public ImageKey key() {
    return key;
  }

  /** Patches before merging. */
  public int patches() {
    return gridHeight * gridWidth;
  }

  /** Tokens that it takes in a prompt. */
  public int tokens() {
    int[] grid = tokenGrid();
    return grid[0] * grid[1];
  }

  /** {@code {height, width}} in tokens. */
  public int[] tokenGrid() {
    int merge = preprocessor.mergeSize();
    return new int[] {gridHeight / merge, gridWidth / merge};
  }

  /** Whether {@link #take} does not have to wait for {@link #fetch}. */
  public synchronized boolean isReady() {
    return kept != null || isLeft || (loading != null && loading.isDone());
  }

  /**
   * Starts the work that {@link #take} needs, unless it was started before.
   *
   * @param fetched is run when the work is done, on another thread, or at once if nobody is free to
   *     do it
   */
  public synchronized void fetch(Runnable fetched) {
    if (kept != null || loading != null) {
      return;
    }
    CompletableFuture<ImagePatches> made = new CompletableFuture<>();
    CompletableFuture<?> _ = made.whenComplete((_, _) -> fetched.run());
    try {
      loading = made;
      isLeft = false;
      loader.start(() -> load(made));
    } catch (RuntimeException e) {
      loading = null;
      isLeft = true;
      fetched.run();
    }
  }

  private void load(CompletableFuture<ImagePatches> made) {
    try {
      made.complete(load(() -> {}));
    } catch (Throwable e) {
      made.completeExceptionally(e);
    }
  }

  /**
   * Its patches.
   *
   * @param check stops the work by what it throws
   * @throws InvalidRequestException if it has to be read again and has changed
   */
  public ImagePatches take(Runnable check) {
    CompletableFuture<ImagePatches> made;
    synchronized (this) {
      if (kept != null) {
        return kept;
      }
      made = loading;
      loading = null;
      isLeft = false;
    }
    if (made == null) {
      return load(check);
    }
    return Joined.of(made);
  }

  private ImagePatches load(Runnable check) {
    WorkGuard guard = new Later(check);
    RgbImage image =
        preprocessor.resize(ImageFiles.read(source, MOST_BYTES_LATER, guard), guard).image();
    if (!ImageKey.of(image).equals(key)) {
      throw new InvalidRequestException(source.name() + ": changed while it was being read");
    }
    return preprocessor.patches(image);
  }

  /** Few such images are read at a time, so their memory needs no budget. */
  private record Later(Runnable stop) implements WorkGuard {
    @Override
    public void check() {
      stop.run();
    }

    @Override
    public void reserve(long bytes) {}

    @Override
    public void release(long bytes) {}

    @Override
    public long maxPixels() {
      return MOST_PIXELS_LATER;
    }
  }
}
