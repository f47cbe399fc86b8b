package dev.vl4j.loader.hub;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;

/** Time and space, which tests would rather not spend. */
interface Surroundings {
  Surroundings REAL =
      new Surroundings() {
        @Override
        public void sleep(Duration duration) throws InterruptedException {
          Thread.sleep(duration);
        }

        @Override
        public long usableBytes(Path directory) throws IOException {
          return Files.getFileStore(directory).getUsableSpace();
        }
      };

  void sleep(Duration duration) throws InterruptedException;

  /** Free bytes of the file system that a directory is in. */
  long usableBytes(Path directory) throws IOException;
}
