package dev.vl4j.engine.prompt;

import ai.djl.huggingface.tokenizers.HuggingFaceTokenizer;
import ai.djl.huggingface.tokenizers.jni.LibUtils;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Hugging Face's tokenizer library, as DJL brings it, under any class loader.
 *
 * <p>DJL looks for its files with the context class loader of the thread, which in a server or a
 * plug-in is often another one than its own. And its native code lies in one file of the user's,
 * which the JVM lets one class loader have at a time: a second one gets a copy here.
 */
public final class TokenizerLibrary {
  /** DJL's setting for the class whose method {@code load} it calls to load native code. */
  private static final String HELPER = "ai.djl.huggingface.native_helper";

  private TokenizerLibrary() {}

  /** A tokenizer from a tokenizer.json, which adds no tokens, cuts and pads nothing. */
  static HuggingFaceTokenizer newTokenizer(byte[] json) throws IOException {
    Thread thread = Thread.currentThread();
    ClassLoader before = thread.getContextClassLoader();
    thread.setContextClassLoader(HuggingFaceTokenizer.class.getClassLoader());
    try {
      loadNativeCode();
      return HuggingFaceTokenizer.newInstance(
          new ByteArrayInputStream(json),
          Map.of("addSpecialTokens", "false", "truncation", "false", "padding", "false"));
    } finally {
      thread.setContextClassLoader(before);
    }
  }

  private static void loadNativeCode() {
    preferBundledLibrary();
    // Settings are the JVM's, so other class loaders' copies of this class must wait, too.
    synchronized (Runtime.getRuntime()) {
      if (!mayHelp()) {
        LibUtils.checkStatus();
        return;
      }
      System.setProperty(HELPER, TokenizerLibrary.class.getName());
      try {
        LibUtils.checkStatus();
      } finally {
        System.clearProperty(HELPER);
      }
    }
  }

  /**
   * Whether {@link #load} can do what DJL's own loading does. Native code belongs to the class
   * loader of whoever loads it, and a module that loads some needs the user's leave.
   */
  private static boolean mayHelp() {
    Class<?> self = TokenizerLibrary.class;
    return Objects.equals(self.getClassLoader(), HuggingFaceTokenizer.class.getClassLoader())
        && !self.getModule().isNamed()
        && System.getProperty(HELPER) == null;
  }

  /**
   * On a machine with a GPU, DJL would download a CUDA build of its tokenizer, and on EC2 report
   * its use; neither is wanted here unless somebody has said so.
   */
  private static void preferBundledLibrary() {
    for (Map.Entry<String, String> setting :
        Map.of("RUST_FLAVOR", "cpu", "OPT_OUT_TRACKING", "true").entrySet()) {
      if (System.getenv(setting.getKey()) == null && System.getProperty(setting.getKey()) == null) {
        System.setProperty(setting.getKey(), setting.getValue());
      }
    }
  }

  /**
   * Loads native code; DJL calls this.
   *
   * @param file its absolute path
   */
  @SuppressWarnings("restricted") // as DJL's own loading is
  public static void load(String file) throws IOException {
    try {
      System.load(file);
    } catch (UnsatisfiedLinkError e) {
      if (!isTaken(e.getMessage())) {
        throw e;
      }
      loadCopy(Path.of(file));
    }
  }

  /** Why the library cannot be loaded, in words. */
  static String reason(Throwable failure) {
    Throwable root = failure;
    while (root.getCause() != null) {
      root = root.getCause();
    }
    if (isTaken(root.getMessage())) {
      return "another class loader of this JVM has it; vl4j and ai.djl.huggingface:tokenizers must "
          + "come from one class loader on the class path, or be loaded once for all";
    }
    return String.valueOf(root.getMessage());
  }

  /** Whether another class loader has the file; the JVM says so in its message alone. */
  private static boolean isTaken(@Nullable String message) {
    return message != null && message.contains("already loaded in another classloader");
  }

  @SuppressWarnings("restricted")
  private static void loadCopy(Path file) throws IOException {
    Path copy = Files.createTempFile("vl4j-", "-" + file.getFileName());
    copy.toFile().deleteOnExit();
    Files.copy(file, copy, StandardCopyOption.REPLACE_EXISTING);
    System.load(copy.toString());
  }
}
