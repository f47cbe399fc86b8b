package dev.vl4j.loader.hub;

import java.io.IOException;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Brings one file, over as many connections as that takes. A cut connection is continued where it
 * broke; contents get their name only once size and checksum are right.
 */
final class BlobDownload {
  /** An attempt that brought this much is no failure: a long download may be cut often. */
  private static final long WORTHWHILE_BYTES = 1 << 20;

  private static final Pattern CONTENT_RANGE = Pattern.compile("bytes (\\d+)-(\\d+)/(\\d+|\\*)");

  private final ModelId id;
  private final RemoteFile file;
  private final URI address;
  private final HubSettings settings;
  private final HubClient client;
  private final Retries retries;
  private final DownloadProgress progress;

  /** The version that an interrupted answer was of, as its server calls it; empty if unknown. */
  private String etag = "";

  BlobDownload(
      ModelId id,
      RemoteFile file,
      URI address,
      HubSettings settings,
      HubClient client,
      Retries retries,
      DownloadProgress progress) {
    this.id = id;
    this.file = file;
    this.address = address;
    this.settings = settings;
    this.client = client;
    this.retries = retries;
    this.progress = progress;
  }

  /**
   * Downloads into {@code blob}, by way of {@code partial}, whose lock the caller holds.
   *
   * @throws HubException if the file cannot be had, or is not what the hub's listing says
   */
  void run(Path partial, Path blob) {
    try (PartialFile contents = PartialFile.open(partial, file)) {
      boolean continued = contents.length() > 0;
      progress.at(file.path(), contents.length());
      fill(contents);
      String found = contents.hash();
      if (!found.equals(file.checksum().hex()) && continued) {
        // What an earlier run left may be what is wrong.
        contents.restart();
        fill(contents);
        found = contents.hash();
      }
      if (!found.equals(file.checksum().hex())) {
        contents.discard();
        throw new HubException(
            "%s: %s: checksum: expected %s, found %s; nothing of it was kept"
                .formatted(id, file.path(), file.checksum().hex(), found));
      }
      contents.moveTo(blob);
    } catch (IOException e) {
      throw HubException.unwritable(partial, e);
    }
  }

  private void fill(PartialFile contents) throws IOException {
    while (!contents.isFull()) {
      long before = contents.length();
      try {
        transfer(contents);
      } catch (Unwritable e) {
        throw e.failure;
      } catch (IOException e) {
        if (contents.length() - before >= WORTHWHILE_BYTES) {
          retries.reset();
        }
        retries.pause(e);
      }
    }
  }

  private void transfer(PartialFile contents) throws IOException {
    Map<String, String> headers = new HashMap<>();
    if (contents.length() > 0) {
      headers.put("Range", "bytes=%d-".formatted(contents.length()));
      if (!etag.isEmpty()) {
        headers.put("If-Range", etag);
      }
    }
    HubClient.Answer answer = client.get(address, headers);
    if (answer.status() == 416) {
      Body.discard(answer.contents());
      restart(contents);
      throw new TransientFailure(
          "the server has no bytes from %s on".formatted(headers.get("Range")));
    }
    if (answer.status() != 200 && answer.status() != 206) {
      throw new Refusals(settings, id).of(answer, file.path(), client.complaint(answer));
    }
    try {
      checkVersion(answer, contents);
      checkPlace(answer, contents);
    } catch (IOException | HubException e) {
      Body.discard(answer.contents());
      throw e;
    }
    Body.drain(answer.contents(), piece -> take(piece, contents), settings.stallTimeout());
    if (!contents.isFull()) {
      throw new TransientFailure(
          "the connection ended after %d of %d bytes".formatted(contents.length(), file.size()));
    }
  }

  /** Two answers make one file only if they are of one version. */
  private void checkVersion(HubClient.Answer answer, PartialFile contents) throws IOException {
    String found = answer.header("ETag");
    // A weak one only says that contents mean the same.
    String strong = found.startsWith("W/") ? "" : found;
    boolean another = !etag.isEmpty() && !strong.isEmpty() && !etag.equals(strong);
    etag = strong;
    if (another && contents.length() > 0 && isPart(answer)) {
      restart(contents);
      throw new TransientFailure("the file changed between two connections");
    }
  }

  /** Whether the answer begins where the file ends so far. */
  private void checkPlace(HubClient.Answer answer, PartialFile contents) throws IOException {
    String encoding = answer.header("Content-Encoding");
    if (!encoding.isEmpty() && !encoding.equalsIgnoreCase("identity")) {
      throw new HubException(
          "%s: %s: expected the file itself, found it encoded as %s"
              .formatted(id, file.path(), HubException.quote(encoding)));
    }
    if (!isPart(answer)) {
      if (contents.length() > 0) {
        restart(contents);
      }
      long announced = answer.headers().firstValueAsLong("Content-Length").orElse(file.size());
      if (announced != file.size()) {
        throw wrongSize(announced);
      }
      return;
    }
    Matcher range = CONTENT_RANGE.matcher(answer.header("Content-Range"));
    boolean fits =
        range.matches()
            && range.group(1).equals(Long.toString(contents.length()))
            && range.group(2).equals(Long.toString(file.size() - 1));
    if (range.matches()
        && !range.group(3).equals("*")
        && !range.group(3).equals(Long.toString(file.size()))) {
      throw new HubException(
          "%s: %s: size: expected %d bytes, found %s"
              .formatted(id, file.path(), file.size(), range.group(3)));
    }
    if (!fits) {
      String asked = "bytes %d-%d".formatted(contents.length(), file.size() - 1);
      restart(contents);
      throw new TransientFailure(
          "asked for %s, got %s"
              .formatted(asked, HubException.quote(answer.header("Content-Range"))));
    }
  }

  /** ModelScope sends parts with status 200, so the status alone does not tell. */
  private static boolean isPart(HubClient.Answer answer) {
    return answer.status() == 206 || !answer.header("Content-Range").isEmpty();
  }

  private void take(ByteBuffer piece, PartialFile contents) throws IOException {
    if (contents.length() + piece.remaining() > file.size()) {
      long found = contents.length() + piece.remaining();
      try {
        contents.restart();
      } catch (IOException e) {
        throw new Unwritable(e);
      }
      throw wrongSize(found);
    }
    try {
      contents.append(piece);
    } catch (IOException e) {
      throw new Unwritable(e);
    }
    progress.at(file.path(), contents.length());
  }

  private void restart(PartialFile contents) throws IOException {
    try {
      contents.restart();
    } catch (IOException e) {
      throw new Unwritable(e);
    }
    progress.at(file.path(), 0);
  }

  private HubException wrongSize(long found) {
    return new HubException(
        "%s: %s: size: expected %d bytes, found %d%s"
            .formatted(id, file.path(), file.size(), found, found > file.size() ? " or more" : ""));
  }

  /** A failure of the disk, which no other connection puts right. */
  private static final class Unwritable extends IOException {
    private static final long serialVersionUID = 1L;

    private final IOException failure;

    Unwritable(IOException failure) {
      super(failure);
      this.failure = failure;
    }
  }
}
