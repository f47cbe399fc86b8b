package dev.vl4j.media.pdf;

import dev.vl4j.engine.media.MediaException;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Set;
import org.apache.fontbox.FontBoxFont;
import org.apache.fontbox.ttf.TTFParser;
import org.apache.fontbox.ttf.TrueTypeFont;
import org.apache.pdfbox.io.RandomAccessReadBuffer;
import org.apache.pdfbox.pdmodel.font.CIDFontMapping;
import org.apache.pdfbox.pdmodel.font.FontMapper;
import org.apache.pdfbox.pdmodel.font.FontMappers;
import org.apache.pdfbox.pdmodel.font.FontMapping;
import org.apache.pdfbox.pdmodel.font.PDCIDSystemInfo;
import org.apache.pdfbox.pdmodel.font.PDFontDescriptor;
import org.jspecify.annotations.Nullable;

/**
 * Fonts that a page names without bringing them. PDFBox would look through all fonts of the system,
 * which takes seconds, writes a file into the user's home, and makes a page look different on each
 * machine. Here it gets the font that it ships, Liberation Sans, for all of them; the property
 * {@code vl4j.pdf.fonts=system} lets it look. Others in the process who use PDFBox notice nothing.
 */
final class BundledFonts implements FontMapper {
  private static final boolean SYSTEM = "system".equals(System.getProperty("vl4j.pdf.fonts"));
  private static final String RESOURCE =
      "/org/apache/pdfbox/resources/ttf/LiberationSans-Regular.ttf";

  /** Scripts that Liberation Sans does not have. */
  private static final Set<String> EAST_ASIAN = Set.of("Japan1", "GB1", "CNS1", "Korea1", "KR");

  private static final ThreadLocal<Boolean> HERE = ThreadLocal.withInitial(() -> false);

  static {
    if (!SYSTEM) {
      FontMappers.set(new BundledFonts(FontMappers.instance(), liberationSans()));
    }
  }

  private final FontMapper others;
  private final TrueTypeFont font;

  private BundledFonts(FontMapper others, TrueTypeFont font) {
    this.others = others;
    this.font = font;
  }

  /** Something that PDFBox does. */
  interface Action<T> {
    T run() throws IOException, MediaException;
  }

  /** Does something with these fonts on this thread. */
  static <T> T with(Action<T> action) throws IOException, MediaException {
    boolean outer = HERE.get();
    HERE.set(true);
    try {
      return action.run();
    } finally {
      if (outer) {
        HERE.set(true);
      } else {
        HERE.remove();
      }
    }
  }

  private static TrueTypeFont liberationSans() {
    try (InputStream file = FontMapper.class.getResourceAsStream(RESOURCE)) {
      if (file == null) {
        throw new IOException("PDFBox does not have " + RESOURCE);
      }
      return new TTFParser().parse(new RandomAccessReadBuffer(file));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public @Nullable FontMapping<TrueTypeFont> getTrueTypeFont(
      String name, @Nullable PDFontDescriptor descriptor) {
    return HERE.get() ? new FontMapping<>(font, true) : others.getTrueTypeFont(name, descriptor);
  }

  @Override
  public @Nullable FontMapping<FontBoxFont> getFontBoxFont(
      String name, @Nullable PDFontDescriptor descriptor) {
    return HERE.get() ? new FontMapping<>(font, true) : others.getFontBoxFont(name, descriptor);
  }

  @Override
  public @Nullable CIDFontMapping getCIDFont(
      String name, @Nullable PDFontDescriptor descriptor, @Nullable PDCIDSystemInfo system) {
    if (!HERE.get()) {
      return others.getCIDFont(name, descriptor, system);
    }
    if (system != null && EAST_ASIAN.contains(system.getOrdering())) {
      throw new Refusal(
          "a page is written in the font %s without bringing it; with -Dvl4j.pdf.fonts=system it is"
                  .formatted(name)
              + " looked for among the system's");
    }
    return new CIDFontMapping(null, font, true);
  }
}
