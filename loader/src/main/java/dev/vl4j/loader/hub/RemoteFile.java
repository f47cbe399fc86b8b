package dev.vl4j.loader.hub;

import org.jspecify.annotations.Nullable;

/**
 * A file of a repository at one commit.
 *
 * @param path with slashes, relative to the repository
 * @param size in bytes
 * @param gitBlob git's name of the file or, with LFS, of its pointer; null where a hub does not say
 * @param sha256 of the contents; null for a file that lies in git itself
 * @param xetHash name of the contents in Hugging Face's chunk storage; kept for Python's sake
 */
record RemoteFile(
    String path,
    long size,
    @Nullable String gitBlob,
    @Nullable String sha256,
    @Nullable String xetHash) {

  /** What the contents must hash to. */
  Checksum checksum() {
    try {
      if (sha256 != null) {
        return new Checksum(Checksum.Kind.SHA256, sha256);
      }
      return new Checksum(Checksum.Kind.GIT_SHA1, gitBlob == null ? "" : gitBlob);
    } catch (HubException e) {
      throw new HubException(HubException.quote(path) + ": " + e.getMessage(), e);
    }
  }
}
