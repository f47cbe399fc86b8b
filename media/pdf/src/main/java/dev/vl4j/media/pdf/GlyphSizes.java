package dev.vl4j.media.pdf;

import java.awt.geom.GeneralPath;
import java.awt.geom.Rectangle2D;
import java.io.IOException;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.Map;
import org.apache.pdfbox.pdmodel.font.PDFont;
import org.apache.pdfbox.pdmodel.font.PDVectorFont;

/** How large the glyphs of a page's fonts are. */
final class GlyphSizes {
  private static final Size NOTHING = new Size(0, new Rectangle2D.Double());

  private final IdentityHashMap<PDFont, Map<Integer, Size>> known = new IdentityHashMap<>();

  /**
   * A glyph.
   *
   * @param segments of its path
   * @param box around it, in units of the font
   */
  record Size(int segments, Rectangle2D box) {}

  /** That of a character code; nothing if the font has no path for it. */
  Size of(PDFont font, int code) {
    return known
        .computeIfAbsent(font, _ -> new HashMap<>())
        .computeIfAbsent(code, _ -> size(font, code));
  }

  private static Size size(PDFont font, int code) {
    try {
      GeneralPath path =
          font instanceof PDVectorFont vector ? vector.getNormalizedPath(code) : null;
      if (path == null) {
        return NOTHING;
      }
      return new Size(PathCost.segments(path), path.getBounds2D());
    } catch (IOException _) {
      return NOTHING; // PDFBox draws nothing either
    }
  }
}
