package dev.vl4j.loader.hub;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** Hears a download and lets it wait no time. */
final class Notes implements HubListener, Surroundings {
  final List<String> notes = new CopyOnWriteArrayList<>();
  final List<Duration> sleeps = new CopyOnWriteArrayList<>();
  long usableBytes = Long.MAX_VALUE;
  long done;
  long total;

  @Override
  public void note(String message) {
    notes.add(message);
  }

  @Override
  public void progress(String file, long done, long total) {
    this.done = done;
    this.total = total;
  }

  @Override
  public void sleep(Duration duration) {
    sleeps.add(duration);
  }

  @Override
  public long usableBytes(Path directory) throws IOException {
    return usableBytes;
  }

  ModelHub hub(HubSettings settings) {
    return new ModelHub(settings, this, this);
  }
}
