package dev.vl4j.engine;

import java.nio.file.Path;
import java.util.Objects;

/** Where the bytes of an encoded image come from. */
public sealed interface ImageSource {
  /** What error messages call this image. */
  String name();

  /**
   * A file in any supported format, called by its path.
   *
   * @param path read when the request runs
   */
  record File(Path path) implements ImageSource {
    /**
     * @throws NullPointerException if the path is null
     */
    public File {
      Objects.requireNonNull(path, "path");
    }

    @Override
    public String name() {
      return path.toString();
    }
  }

  /**
   * The bytes of a file in any supported format.
   *
   * @param bytes not copied: they must not change until the request has ended
   * @param name what error messages call the image
   */
  record Encoded(byte[] bytes, String name) implements ImageSource {
    /** The name of an image that has none: error messages say where in its request it is. */
    static final String UNNAMED = "image";

    /**
     * @throws NullPointerException if there are no bytes, or no name
     */
    public Encoded {
      Objects.requireNonNull(bytes, "bytes");
      Objects.requireNonNull(name, "name");
    }
  }
}
