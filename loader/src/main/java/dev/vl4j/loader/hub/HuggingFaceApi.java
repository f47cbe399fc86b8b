package dev.vl4j.loader.hub;

import java.net.URI;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import tools.jackson.databind.JsonNode;

/** Hugging Face: a revision becomes a commit, and all files are then those of this commit. */
record HuggingFaceApi(HubSettings settings, ModelId id, HubApi.Questions questions)
    implements HubApi {
  private static final Pattern NEXT = Pattern.compile("<([^>]+)>\\s*;\\s*rel=\"?next\"?");
  private static final int MOST_PAGES = 1000;

  @Override
  public Listing list() {
    String commit = id.isCommit() ? id.revision() : commit();
    List<RemoteFile> files = new ArrayList<>();
    URI page = uri("/api/models/%s/tree/%s?recursive=true".formatted(id.name(), commit));
    for (int count = 0; count < MOST_PAGES; count++) {
      Questions.Page answer = questions.ask(page, source());
      if (!answer.document().isArray()) {
        throw new HubException(source() + ": list of files: expected a JSON array, found none");
      }
      for (JsonNode entry : answer.document()) {
        if ("file".equals(HubJson.optionalString(entry, "type"))) {
          files.add(file(entry));
        }
      }
      Matcher next = NEXT.matcher(answer.next());
      if (!next.find()) {
        return listing(commit, files);
      }
      page = page.resolve(next.group(1));
    }
    throw new HubException(
        "%s: list of files: expected at most %d pages, found more".formatted(source(), MOST_PAGES));
  }

  private Listing listing(String commit, List<RemoteFile> files) {
    try {
      return new Listing(commit, files);
    } catch (HubException e) {
      throw new HubException(source() + ": " + e.getMessage(), e);
    }
  }

  private String commit() {
    URI uri = uri("/api/models/%s/revision/%s".formatted(id.name(), HubApi.encode(id.revision())));
    String commit = HubJson.string(questions.ask(uri, source()).document(), "sha", source());
    if (!ModelId.isCommit(commit)) {
      throw new HubException(
          "%s: sha: expected 40 hexadecimal digits, found %s"
              .formatted(source(), HubException.quote(commit)));
    }
    return commit;
  }

  private RemoteFile file(JsonNode entry) {
    String path = HubJson.string(entry, "path", source());
    String source = source() + ": " + HubException.quote(path);
    String blob = HubJson.string(entry, "oid", source);
    JsonNode lfs = entry.get("lfs");
    return lfs == null || lfs.isNull()
        ? new RemoteFile(path, HubJson.number(entry, "size", source), blob, null, null)
        : new RemoteFile(
            path,
            HubJson.number(lfs, "size", source + ": lfs"),
            blob,
            HubJson.string(lfs, "oid", source + ": lfs"),
            HubJson.optionalString(entry, "xetHash"));
  }

  @Override
  public URI address(Listing listing, RemoteFile file) {
    String path =
        Arrays.stream(file.path().split("/")).map(HubApi::encode).collect(Collectors.joining("/"));
    return uri("/%s/resolve/%s/%s".formatted(id.name(), listing.commit(), path));
  }

  private URI uri(String path) {
    return URI.create(settings.endpoint() + path);
  }

  private String source() {
    return id.toString();
  }
}
