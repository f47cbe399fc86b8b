package dev.vl4j.engine.vision;

import dev.vl4j.engine.InvalidRequestException;
import dev.vl4j.engine.limits.Joined;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * A distinct image of a request, or two frames of a video, which the model reads alike. Its key and
 * grid are known from the start. Its patches are kept only where the request leaves room or where
 * they took long; otherwise they are made again shortly before they are needed. For many threads.
 */
public final class PromptImage {
  private final Remake remake;
  private final int mergeSize;
  private final ImageLoader loader;
  private final ImageKey key;
  private final int gridHeight;
  private final int gridWidth;
  private final @Nullable ImagePatches kept;
  private @Nullable CompletableFuture<ImagePatches> loading;

  /** Nobody was free to do the work beforehand; whoever takes the patches makes them. */
  private boolean isLeft;

  /** Makes an image's patches again. */
  interface Remake {
    /**
     * @param check stops the work by what it throws
     * @throws InvalidRequestException if the image has to be read again and has changed
     */
    ImagePatches patches(Runnable check);
  }

  /**
   * @param remake asked where nothing is kept
   */
  PromptImage(
      Remake remake,
      ImageLoader loader,
      ImageKey key,
      int gridHeight,
      int gridWidth,
      int mergeSize,
      @Nullable ImagePatches kept) {
    this.remake = remake;
    this.mergeSize = mergeSize;
    this.loader = loader;
    this.key = key;
    this.gridHeight = gridHeight;
    this.gridWidth = gridWidth;
    this.kept = kept;
  }

  /** An image whose patches are kept. */
  static PromptImage kept(ImageKey key, ImagePatches patches, int mergeSize) {
    return new PromptImage(
        _ -> patches,
        ImageLoader.SAME_THREAD,
        key,
        patches.gridHeight(),
        patches.gridWidth(),
        mergeSize,
        patches);
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
    return new int[] {gridHeight / mergeSize, gridWidth / mergeSize};
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
      made.complete(remake.patches(() -> {}));
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
      return remake.patches(check);
    }
    return Joined.of(made);
  }
}
