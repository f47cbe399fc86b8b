package dev.vl4j.engine.vision.gif;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import dev.vl4j.engine.limits.WorkGuard;
import dev.vl4j.engine.vision.decode.BrokenImageException;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** What a GIF file says up to the image data of its first frame. */
final class GifFile {
  private static final int GRAPHIC_CONTROL = 0xf9;
  private static final int COMMENT = 0xfe;
  private static final int APPLICATION = 0xff;
  private static final int HAS_PALETTE = 0x80;
  private static final int INTERLACED = 0x40;

  private final byte[] file;
  private final WorkGuard guard;
  private int at;

  private byte @Nullable [] globalPalette;
  private byte @Nullable [] localPalette;
  private int screenWidth;
  private int screenHeight;
  private int transparent = -1;
  private int left;
  private int top;
  private int frameWidth;
  private int frameHeight;
  private boolean interlaced;
  private int codeBits;

  private GifFile(byte[] file, WorkGuard guard) {
    this.file = file;
    this.guard = guard;
  }

  /**
   * Reads until the image data begin.
   *
   * @throws BrokenImageException if there are none
   */
  static GifFile read(byte[] file, WorkGuard guard) throws BrokenImageException {
    GifFile gif = new GifFile(file, guard);
    gif.readScreen();
    gif.readBlocks();
    return gif;
  }

  /** Of the screen, or of the frame with its place on it where that is larger. */
  int width() {
    return Math.max(screenWidth, left + frameWidth);
  }

  int height() {
    return Math.max(screenHeight, top + frameHeight);
  }

  int left() {
    return left;
  }

  int top() {
    return top;
  }

  int frameWidth() {
    return frameWidth;
  }

  int frameHeight() {
    return frameHeight;
  }

  boolean interlaced() {
    return interlaced;
  }

  /** The index that is transparent, or -1. */
  int transparent() {
    return transparent;
  }

  /**
   * {@code [entries][3]}; null if indices are gray levels. A palette that is a ramp of gray levels
   * is none to Pillow.
   */
  byte @Nullable [] palette() {
    return localPalette == null ? globalPalette : localPalette;
  }

  /** How many bits a sample has at the beginning of the image data. */
  int codeBits() {
    return codeBits;
  }

  /** Where the image data begin. */
  int imageData() {
    return at;
  }

  private void readScreen() throws BrokenImageException {
    String signature = new String(file, 0, Math.min(6, file.length), ISO_8859_1);
    if (!signature.equals("GIF87a") && !signature.equals("GIF89a")) {
      throw new BrokenImageException("GIF has no version " + printable(signature.substring(3)));
    }
    at = signature.length();
    screenWidth = number();
    screenHeight = number();
    int flags = next();
    if ((flags & HAS_PALETTE) != 0) {
      int _ = next(); // the background colour, which Pillow does not paint
      at = Math.min(at + 1, file.length); // the aspect ratio
      globalPalette = palette(flags);
    } else {
      at = Math.min(at + 2, file.length);
    }
  }

  private static String printable(String version) {
    return version.chars().allMatch(c -> c > ' ' && c < 127) ? version : "like this one's";
  }

  private void readBlocks() throws BrokenImageException {
    while (at < file.length) {
      guard.check();
      switch (next()) {
        case '!' -> readExtension();
        case ',' -> {
          readFrame();
          return;
        }
        case ';' -> throw new BrokenImageException("it has no image in it");
        default -> {} // Pillow looks on
      }
    }
    throw truncated();
  }

  private void readExtension() throws BrokenImageException {
    int kind = next();
    byte[] block = subBlock();
    switch (kind) {
      case COMMENT -> {
        skipSubBlocks(block);
        return;
      }
      case GRAPHIC_CONTROL -> {
        if (block != null) {
          readControl(block);
        }
      }
      case APPLICATION -> {
        if (block != null && new String(block, ISO_8859_1).startsWith("NETSCAPE2.0")) {
          byte[] _ = subBlock(); // how often the animation is repeated
        }
      }
      default -> {}
    }
    // An end in the wrong place is none for Pillow, but in a comment.
    skipSubBlocks(subBlock());
  }

  private void skipSubBlocks(byte @Nullable [] first) {
    byte[] block = first;
    while (block != null && block.length > 0) {
      guard.check();
      block = subBlock();
    }
  }

  private void readControl(byte[] block) throws BrokenImageException {
    boolean hasTransparent = block.length > 0 && (block[0] & 1) != 0;
    if (block.length < (hasTransparent ? 4 : 3)) {
      throw new BrokenImageException("its graphic control extension is too short");
    }
    if (hasTransparent) {
      transparent = block[3] & 0xff;
    }
  }

  private void readFrame() throws BrokenImageException {
    left = number();
    top = number();
    frameWidth = number();
    frameHeight = number();
    int flags = next();
    interlaced = (flags & INTERLACED) != 0;
    if ((flags & HAS_PALETTE) != 0) {
      localPalette = palette(flags);
    }
    codeBits = next();
  }

  /** The palette that comes here; null if it is a ramp of gray levels. */
  private byte @Nullable [] palette(int flags) throws BrokenImageException {
    int end = Math.min(at + 3 * (2 << (flags & 7)), file.length);
    byte[] colors = Arrays.copyOfRange(file, at, end);
    at = end;
    for (int i = 0; i < colors.length; i++) {
      if ((colors[i] & 0xff) != i / 3) {
        return colors;
      }
    }
    if (colors.length % 3 != 0) {
      throw truncated();
    }
    return null;
  }

  /** The bytes of the next sub-block, as far as there are any; null at an end of sub-blocks. */
  private byte @Nullable [] subBlock() {
    int length = at < file.length ? file[at++] & 0xff : 0;
    if (length == 0) {
      return null;
    }
    int end = Math.min(at + length, file.length);
    byte[] block = Arrays.copyOfRange(file, at, end);
    at = end;
    return block;
  }

  private int next() throws BrokenImageException {
    if (at >= file.length) {
      throw truncated();
    }
    return file[at++] & 0xff;
  }

  private int number() throws BrokenImageException {
    int low = next();
    return low | (next() << 8);
  }

  private static BrokenImageException truncated() {
    return new BrokenImageException("it is truncated: it ends before its image data");
  }
}
