package dev.vl4j.loader.hub;

import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import tools.jackson.databind.JsonNode;

/**
 * ModelScope. It does not say reliably which commit a branch is at, so files that belong together
 * are named by a hash of all their names and hashes; a file that changes while others are
 * downloaded fails its checksum.
 */
record ModelScopeApi(HubSettings settings, ModelId id, HubApi.Questions questions)
    implements HubApi {
  @Override
  public Listing list() {
    URI uri =
        URI.create(
            "%s/api/v1/models/%s/repo/files?Revision=%s&Recursive=true"
                .formatted(settings.endpoint(), id.name(), HubApi.encode(id.revision())));
    JsonNode document = questions.ask(uri, id.toString()).document();
    JsonNode data = document.get("Data");
    JsonNode found = data == null ? null : data.get("Files");
    if (found == null || !found.isArray()) {
      // An unknown revision is a success without files.
      String said = HubJson.optionalString(document, "Message");
      throw new HubException(
          "%s: %s%s"
              .formatted(
                  id,
                  new Refusals(settings, id).noRevision(),
                  said == null || said.equals("success")
                      ? ""
                      : " (it says " + HubException.quote(said) + ")"));
    }
    List<RemoteFile> files = new ArrayList<>();
    for (JsonNode entry : found) {
      if (!"tree".equals(HubJson.optionalString(entry, "Type"))) {
        files.add(file(entry));
      }
    }
    try {
      return new Listing(commit(files), files);
    } catch (HubException e) {
      throw new HubException(id + ": " + e.getMessage(), e);
    }
  }

  private RemoteFile file(JsonNode entry) {
    String path = HubJson.string(entry, "Path", id.toString());
    String source = id + ": " + HubException.quote(path);
    String hash = HubJson.optionalString(entry, "Sha256");
    return new RemoteFile(
        path,
        HubJson.number(entry, "Size", source),
        null,
        hash == null ? null : hash.toLowerCase(Locale.ROOT),
        null);
  }

  private static String commit(List<RemoteFile> files) {
    MessageDigest digest =
        new Checksum(Checksum.Kind.GIT_SHA1, "0".repeat(40)).digest(files.size());
    files.stream()
        .sorted(Comparator.comparing(RemoteFile::path))
        .map(file -> file.path() + "\0" + file.sha256() + "\n")
        .forEach(line -> digest.update(line.getBytes(StandardCharsets.UTF_8)));
    return HexFormat.of().formatHex(digest.digest());
  }

  @Override
  public URI address(Listing listing, RemoteFile file) {
    return URI.create(
        "%s/api/v1/models/%s/repo?Revision=%s&FilePath=%s"
            .formatted(
                settings.endpoint(),
                id.name(),
                HubApi.encode(id.revision()),
                HubApi.encode(file.path())));
  }
}
