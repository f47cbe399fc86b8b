package dev.vl4j.loader.hub;

/** A place where models are published. */
public enum Hub {
  /** huggingface.co, or what {@code HF_ENDPOINT} names. */
  HUGGING_FACE("Hugging Face", "", "main", "models"),
  /** modelscope.cn, or what {@code MODELSCOPE_ENDPOINT} names. */
  MODELSCOPE("ModelScope", "modelscope:", "master", "modelscope");

  private final String title;
  private final String prefix;
  private final String defaultRevision;
  private final String folderPrefix;

  Hub(String title, String prefix, String defaultRevision, String folderPrefix) {
    this.title = title;
    this.prefix = prefix;
    this.defaultRevision = defaultRevision;
    this.folderPrefix = folderPrefix;
  }

  /** Its name in a message. */
  String title() {
    return title;
  }

  /** What a model id of this hub begins with. */
  String prefix() {
    return prefix;
  }

  /** The branch that is meant when none is named. */
  String defaultRevision() {
    return defaultRevision;
  }

  /** Folder of a repository within a cache; two hubs never share one. */
  String folder(String name) {
    return folderPrefix + "--" + name.replace("/", "--");
  }
}
