package dev.vl4j.loader.hub;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Lets one download of a blob work at a time, among the threads of this process and among
 * processes. A process that dies gives its lock back; the empty file stays, as Python's do.
 */
final class CacheLock implements AutoCloseable {
  private static final Map<Path, ReentrantLock> HELD_HERE = new ConcurrentHashMap<>();
  private static final Duration POLL = Duration.ofMillis(200);
  private static final int PATIENT_POLLS = 5;

  private final ReentrantLock here;
  private final FileChannel channel;

  private CacheLock(ReentrantLock here, FileChannel channel) {
    this.here = here;
    this.channel = channel;
  }

  /**
   * Waits until the lock is free and takes it.
   *
   * @param what is to be downloaded, for the note that somebody else does so
   * @throws HubException if the cache cannot be written, or its file system has no locks
   */
  static CacheLock acquire(Path file, String what, HubListener listener) {
    ReentrantLock here =
        HELD_HERE.computeIfAbsent(file.toAbsolutePath().normalize(), path -> new ReentrantLock());
    FileChannel channel = null;
    boolean locked = false;
    try {
      if (!here.tryLock(PATIENT_POLLS * POLL.toMillis(), TimeUnit.MILLISECONDS)) {
        listener.note(what + ": waiting for another download of the same file");
        here.lockInterruptibly();
      }
      Files.createDirectories(file.toAbsolutePath().getParent());
      channel = FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
      FileLock lock = channel.tryLock();
      for (int polls = 0; lock == null; polls++) {
        if (polls == PATIENT_POLLS) {
          listener.note(what + ": waiting for another process's download of the same file");
        }
        Thread.sleep(POLL);
        lock = channel.tryLock();
      }
      locked = true;
      return new CacheLock(here, channel);
    } catch (IOException e) {
      throw HubException.unwritable(file, e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new HubException(file + ": interrupted", e);
    } finally {
      if (!locked) {
        release(here, channel);
      }
    }
  }

  private static void release(ReentrantLock here, @Nullable FileChannel channel) {
    try {
      if (channel != null) {
        channel.close();
      }
    } catch (IOException e) {
      // A lock whose file cannot be closed ends with this process, and nothing was written to it.
      return;
    } finally {
      if (here.isHeldByCurrentThread()) {
        here.unlock();
      }
    }
  }

  @Override
  public void close() {
    release(here, channel);
  }
}
