package dev.vl4j.search;

import dev.vl4j.engine.ImageSource;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** What a file is, going by the end of its name. */
enum FileKind {
  TEXT(List.of("txt", "text", "md", "markdown", "rst", "adoc"), 64L << 20),
  IMAGE(ImageSource.FILE_ENDINGS, 128L << 20),
  DOCUMENT(List.of("pdf"), 128L << 20),
  VIDEO(List.of("mp4", "m4v", "mov", "mkv", "webm", "avi"), Long.MAX_VALUE);

  @SuppressWarnings("ImmutableEnumChecker") // of List.of
  private final List<String> endings;

  private final long mostBytes;

  FileKind(List<String> endings, long mostBytes) {
    this.endings = endings;
    this.mostBytes = mostBytes;
  }

  /** What a file of this name is, or null if nothing is known of such files. */
  static @Nullable FileKind of(String name) {
    String ending = name.substring(name.lastIndexOf('.') + 1).toLowerCase(Locale.ROOT);
    return Arrays.stream(values())
        .filter(kind -> name.contains(".") && kind.endings.contains(ending))
        .findFirst()
        .orElse(null);
  }

  /** Whether such a file is left on the disk, since it may be larger than memory. */
  boolean isStreamed() {
    return this == VIDEO;
  }

  /** How large such a file may be. */
  long mostBytes() {
    return mostBytes;
  }
}
