package dev.vl4j.loader.hub;

import java.util.Objects;
import java.util.regex.Pattern;

/**
 * A published model: {@code ORG/NAME}, {@code ORG/NAME@REVISION}, or either behind {@code
 * modelscope:}.
 *
 * @param hub where it is published
 * @param name {@code ORG/NAME}
 * @param revision a branch, a tag or a commit
 */
public record ModelId(Hub hub, String name, String revision) {
  private static final String PART = "\\w(?:[\\w.-]{0,94}\\w)?";
  private static final Pattern NAME = Pattern.compile(PART + "/" + PART);
  private static final Pattern COMMIT = Pattern.compile("[0-9a-f]{40}");

  /**
   * Checks both parts, which become names of files.
   *
   * @throws HubException if one cannot be what it should be
   */
  public ModelId {
    Objects.requireNonNull(hub, "hub");
    Objects.requireNonNull(name, "name");
    Objects.requireNonNull(revision, "revision");
    if (!isName(name)) {
      throw new HubException(
          "%s: expected a model id such as Qwen/Qwen3-VL-Reranker-2B"
              .formatted(HubException.quote(name)));
    }
    if (!isRevision(revision)) {
      throw new HubException(
          "%s: revision: expected a branch, a tag or a commit, found %s"
              .formatted(name, HubException.quote(revision)));
    }
  }

  /** Whether text can be read as an id; a relative path of two names can, too. */
  public static boolean isId(String text) {
    Objects.requireNonNull(text, "text");
    String id = withoutPrefix(text);
    int at = id.indexOf('@');
    return isName(at < 0 ? id : id.substring(0, at));
  }

  /**
   * Reads an id; without a revision it means the hub's default branch.
   *
   * @throws HubException if it is none
   */
  public static ModelId parse(String text) {
    Objects.requireNonNull(text, "text");
    Hub hub = text.startsWith(Hub.MODELSCOPE.prefix()) ? Hub.MODELSCOPE : Hub.HUGGING_FACE;
    String id = withoutPrefix(text);
    int at = id.indexOf('@');
    return at < 0
        ? new ModelId(hub, id, hub.defaultRevision())
        : new ModelId(hub, id.substring(0, at), id.substring(at + 1));
  }

  /** The same model at another revision. */
  public ModelId withRevision(String other) {
    return new ModelId(hub, name, other);
  }

  /** The model of the same name on ModelScope, at its default branch unless another was named. */
  public ModelId onModelScope() {
    boolean unnamed = revision.equals(hub.defaultRevision());
    return new ModelId(Hub.MODELSCOPE, name, unnamed ? Hub.MODELSCOPE.defaultRevision() : revision);
  }

  /** Whether the revision is a commit, which always means the same files. */
  boolean isCommit() {
    return isCommit(revision);
  }

  static boolean isCommit(String revision) {
    return COMMIT.matcher(revision).matches();
  }

  private static String withoutPrefix(String text) {
    String prefix = Hub.MODELSCOPE.prefix();
    return text.startsWith(prefix) ? text.substring(prefix.length()) : text;
  }

  private static boolean isName(String name) {
    return NAME.matcher(name).matches()
        && !name.contains("--")
        && !name.contains("..")
        && !name.endsWith(".git");
  }

  private static boolean isRevision(String revision) {
    return SafeNames.isRelative(revision);
  }

  @Override
  public String toString() {
    String shown = hub.prefix() + name;
    return revision.equals(hub.defaultRevision()) ? shown : shown + "@" + revision;
  }
}
