package dev.vl4j.server.api;

import dev.vl4j.engine.ImageSource;
import dev.vl4j.engine.OverloadedException;
import dev.vl4j.engine.Part;
import dev.vl4j.engine.VideoSampling;
import dev.vl4j.engine.VideoSource;
import dev.vl4j.server.media.MediaException;
import dev.vl4j.server.media.MediaFetcher;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.LongConsumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Where a request's pictures and videos may come from: {@code data:} URLs, and files and other
 * hosts as far as allowed.
 */
public final class ImageUrls {
  // Two letters at least, so that a Windows drive is no scheme.
  private static final Pattern SCHEME =
      Pattern.compile("([A-Za-z][A-Za-z0-9+.-]+):.*", Pattern.DOTALL);

  private static final Pattern FRAMES =
      Pattern.compile("\\s*data:video/jpeg;", Pattern.CASE_INSENSITIVE);

  private static final Set<String> REMOTE = Set.of("http", "https");

  /** Characters of a path, as far as systems have them. */
  private static final int LONGEST_PATH = 4096;

  /** Characters of the base64 of a GIF of one pixel, the smallest picture there is, and fewer. */
  private static final int SHORTEST_BASE64 = 36;

  private final @Nullable Path base;
  private final @Nullable Path root;
  private final MediaFetcher fetcher;

  private ImageUrls(@Nullable Path base, @Nullable Path root, MediaFetcher fetcher) {
    this.base = base;
    this.root = root;
    this.fetcher = fetcher;
  }

  /**
   * For callers who may read every file that this process may: plain paths are files, too.
   *
   * @param base directory that relative paths begin in; empty for the working directory
   */
  public static ImageUrls anyFile(Path base, MediaFetcher fetcher) {
    return new ImageUrls(base, null, fetcher);
  }

  /**
   * For callers of a server.
   *
   * @param root the real path of the directory whose files {@code file:} URLs may name, or null for
   *     no files at all
   */
  public static ImageUrls filesUnder(@Nullable Path root, MediaFetcher fetcher) {
    return new ImageUrls(null, root, fetcher);
  }

  /**
   * The pictures and videos of a request. Those of other hosts are fetched once all others are
   * known to be there.
   *
   * @param bytesFetched is told how many bytes have been fetched each time; what it throws ends all
   * @throws ApiException if one is not allowed, or not there
   * @throws OverloadedException if so many are being fetched that these have to wait
   */
  public Map<ImageUrl, Part> read(Collection<ImageUrl> images, LongConsumer bytesFetched)
      throws InterruptedException {
    Map<ImageUrl, Part> pictures = new HashMap<>();
    List<ImageUrl> remote = new ArrayList<>();
    for (ImageUrl image : images) {
      String scheme = scheme(image.url());
      if (REMOTE.contains(scheme)) {
        remote.add(image);
      } else {
        pictures.put(image, local(scheme, image));
      }
    }
    if (!remote.isEmpty()) {
      Map<String, byte[]> fetched = fetch(remote, bytesFetched);
      for (ImageUrl image : remote) {
        byte[] bytes = Objects.requireNonNull(fetched.get(image.url()));
        pictures.put(image, encoded(bytes, image));
      }
    }
    return pictures;
  }

  private Map<String, byte[]> fetch(List<ImageUrl> images, LongConsumer bytesFetched)
      throws InterruptedException {
    try {
      return fetcher.fetch(images.stream().map(ImageUrl::url).toList(), bytesFetched);
    } catch (MediaException e) {
      if (e.isBusy()) {
        throw new OverloadedException(e.reason());
      }
      ImageUrl first =
          images.stream().filter(image -> image.url().equals(e.url())).findFirst().orElseThrow();
      throw first.refused("cannot fetch %s: %s".formatted(first.shown(), e.reason()));
    }
  }

  /** Whether a picture has to be fetched from another host. */
  public static boolean isRemote(ImageUrl image) {
    return REMOTE.contains(scheme(image.url()));
  }

  private static String scheme(String url) {
    Matcher matcher = SCHEME.matcher(url.stripLeading());
    return matcher.matches() ? matcher.group(1).toLowerCase(Locale.ROOT) : "";
  }

  private Part local(String scheme, ImageUrl image) {
    return switch (scheme) {
      case "data" -> data(image);
      case "file" -> part(allowed(files(image), image), image);
      case "" ->
          image.kind() == ImageUrl.Kind.PICTURE_OR_BASE64 ? fileOrBase64(image) : plainFile(image);
      default -> throw image.refused("unsupported URL scheme " + scheme + ":");
    };
  }

  private Part plainFile(ImageUrl image) {
    if (base == null) {
      throw image.refused("not a URL: " + image.shown());
    }
    return file(base, image);
  }

  /**
   * The picture in a file; a missing one is refused before a model is opened in vain.
   *
   * @throws ApiException if it is not there
   */
  public static Part file(String name, String field) {
    return file(Path.of(""), ImageUrl.of(name, field));
  }

  /** A name may end like a page of another file, so what there is decides. */
  private static Part file(Path base, ImageUrl image) {
    try {
      Path whole = base.resolve(image.url());
      return image.page() > 0 && !Files.exists(whole)
          ? part(existing(base.resolve(image.address()), image), image)
          : whole(existing(whole, image), image);
    } catch (InvalidPathException e) {
      throw image.refused("not a path: " + image.shown());
    }
  }

  /** What is no base64 of a picture is a path where these are allowed, and so is a file's name. */
  private Part fileOrBase64(ImageUrl image) {
    byte[] bytes = base64(image.address().strip());
    if (base == null) {
      if (bytes.length == 0) {
        throw image.refused("neither a URL nor base64 of a picture: " + image.shown());
      }
      return encoded(bytes, image);
    }
    return bytes.length == 0 || isFile(base, image.url())
        ? file(base, image)
        : encoded(bytes, image);
  }

  private static boolean isFile(Path base, String name) {
    try {
      return name.length() <= LONGEST_PATH && Files.isRegularFile(base.resolve(name));
    } catch (InvalidPathException e) {
      return false;
    }
  }

  /** What base64 stands for; nothing if it is none, or too short for any picture. */
  private static byte[] base64(String text) {
    try {
      return text.length() < SHORTEST_BASE64 ? new byte[0] : Base64.getDecoder().decode(text);
    } catch (IllegalArgumentException e) {
      return new byte[0];
    }
  }

  private static List<Path> files(ImageUrl image) {
    try {
      return FileUrl.paths(image.url());
    } catch (IllegalArgumentException e) {
      throw image.refused("not a file: URL of this machine: " + image.shown());
    }
  }

  /** Outside of the allowed directory, what exists and what does not looks the same. */
  private Path allowed(List<Path> paths, ImageUrl image) {
    Path likeliest = paths.getFirst();
    if (base != null) {
      return existing(
          paths.stream().filter(Files::isRegularFile).findFirst().orElse(likeliest), image);
    }
    if (root == null) {
      throw image.refused("file: URLs are not allowed (--allowed-local-media-path allows them)");
    }
    for (Path path : paths) {
      Path file = realUnder(root, path);
      if (file != null && Files.isRegularFile(file)) {
        return existing(file, image);
      }
    }
    Path real = realUnder(root, likeliest);
    if (real != null) {
      return existing(real, image);
    }
    if (!Files.exists(likeliest) && likeliest.normalize().startsWith(root)) {
      throw image.refused("no such file: " + image.shown());
    }
    throw image.refused("not under the allowed directory: " + image.shown());
  }

  /** Where a file really is, or null if it is not there or not under a directory. */
  private static @Nullable Path realUnder(Path root, Path path) {
    try {
      Path real = path.toRealPath();
      return real.startsWith(root) ? real : null;
    } catch (IOException e) {
      return null;
    }
  }

  private static Path existing(Path path, ImageUrl image) {
    if (path.toString().isEmpty()) {
      throw image.refused("empty");
    }
    if (!Files.exists(path)) {
      throw image.refused("no such file: " + path);
    }
    if (!Files.isRegularFile(path) || !Files.isReadable(path)) {
      throw image.refused("cannot be read: " + path);
    }
    return path;
  }

  private static Part data(ImageUrl image) {
    String url = image.address();
    int comma = url.indexOf(',');
    if (comma < 0) {
      throw image.refused("data: URL without a comma: " + image.shown());
    }
    if (!url.substring(0, comma).toLowerCase(Locale.ROOT).endsWith(";base64")) {
      throw image.refused("data: URL is not base64: " + image.shown());
    }
    String data = url.substring(comma + 1).strip();
    return image.isVideo() && FRAMES.matcher(url).lookingAt()
        ? frames(data, image)
        : encoded(decoded(data, image), image);
  }

  private static byte[] decoded(String base64, ImageUrl image) {
    byte[] bytes;
    try {
      bytes = Base64.getDecoder().decode(base64);
    } catch (IllegalArgumentException e) {
      throw image.refused("broken base64: " + e.getMessage());
    }
    if (bytes.length == 0) {
      throw image.refused("data: URL holds no bytes");
    }
    return bytes;
  }

  /**
   * As vLLM takes a video's frames: one JPEG after another, in base64, with commas between them.
   */
  private static Part frames(String data, ImageUrl image) {
    List<ImageSource> frames = new ArrayList<>();
    for (String each : data.split(",", -1)) {
      frames.add(new ImageSource.Encoded(decoded(each.strip(), image), "frame " + frames.size()));
    }
    return Part.video(new VideoSource.Frames(frames, 0, image.field()), VideoSampling.DEFAULT);
  }

  private static Part part(Path file, ImageUrl image) {
    return image.page() > 0 ? Part.page(file, image.page()) : whole(file, image);
  }

  private static Part whole(Path file, ImageUrl image) {
    return image.isVideo() ? Part.video(file) : Part.image(file);
  }

  private static Part encoded(byte[] bytes, ImageUrl image) {
    if (image.isVideo()) {
      return Part.video(new VideoSource.Encoded(bytes, image.field()), VideoSampling.DEFAULT);
    }
    ImageSource file = new ImageSource.Encoded(bytes, image.field());
    return new Part.Image(image.page() > 0 ? new ImageSource.Page(file, image.page()) : file);
  }
}
