package dev.vl4j.media.pdf;

import java.awt.geom.GeneralPath;
import java.awt.geom.Rectangle2D;
import java.io.IOException;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.Map;
import org.apache.pdfbox.pdmodel.font.PDFont;
import org.apache.pdfbox.pdmodel.font.PDVectorFont;

/** The glyphs of a page's fonts. */
final class Glyphs {
  private final IdentityHashMap<PDFont, Map<Integer, Glyph>> known = new IdentityHashMap<>();

  /**
   * A glyph, in units of its font.
   *
   * @param box around its path
   */
  record Glyph(GeneralPath path, Rectangle2D box) {}

  /** That of a character code; without a path if the font has none. */
  Glyph of(PDFont font, int code) {
    return known
        .computeIfAbsent(font, _ -> new HashMap<>())
        .computeIfAbsent(code, _ -> glyph(font, code));
  }

  private static Glyph glyph(PDFont font, int code) {
    GeneralPath path = path(font, code);
    return new Glyph(path, path.getBounds2D());
  }

  private static GeneralPath path(PDFont font, int code) {
    try {
      GeneralPath path =
          font instanceof PDVectorFont vector ? vector.getNormalizedPath(code) : null;
      return path == null ? new GeneralPath() : path;
    } catch (IOException _) {
      return new GeneralPath(); // PDFBox draws nothing either
    }
  }
}
