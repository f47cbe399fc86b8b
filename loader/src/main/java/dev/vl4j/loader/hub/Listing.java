package dev.vl4j.loader.hub;

import java.util.List;
import java.util.Optional;

/**
 * All files of a repository at one commit.
 *
 * @param commit 40 hexadecimal digits
 */
record Listing(String commit, List<RemoteFile> files) {
  Listing {
    files = List.copyOf(files);
    if (!ModelId.isCommit(commit)) {
      throw new HubException(
          "expected a commit of 40 hexadecimal digits, found " + HubException.quote(commit));
    }
    for (RemoteFile file : files) {
      if (!SafeNames.isRelative(file.path())) {
        throw new HubException(
            "unsafe file name %s, expected a path within the repository"
                .formatted(HubException.quote(file.path())));
      }
      if (file.gitBlob() != null || file.sha256() != null) {
        file.checksum(); // refuses what is no hash and would become a file's name
      }
      if (file.size() < 0) {
        throw new HubException(
            "%s: expected a size in bytes, found %d".formatted(file.path(), file.size()));
      }
    }
  }

  Optional<RemoteFile> find(String path) {
    return files.stream().filter(file -> file.path().equals(path)).findFirst();
  }
}
