package dev.vl4j.media.pdf;

import dev.vl4j.engine.media.MediaException;
import dev.vl4j.engine.media.MediaWork;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.Set;
import org.apache.pdfbox.cos.COSArray;
import org.apache.pdfbox.cos.COSDictionary;
import org.apache.pdfbox.cos.COSName;
import org.apache.pdfbox.pdmodel.PDDocument;

/**
 * How many pages a document has. The nodes of its tree say how many are below them, which PDFBox
 * believes; here it is counted, and the nodes are corrected.
 */
final class PageCount {
  private static final int MOST_PAGES = 1_000_000;
  private static final int MOST_LEVELS = 100;

  private final MediaWork work;
  private final IdentityHashMap<COSDictionary, Integer> counted = new IdentityHashMap<>();

  private PageCount(MediaWork work) {
    this.work = work;
  }

  static int repair(PDDocument document, MediaWork work) throws MediaException {
    return new PageCount(work).count(document.getPages().getCOSObject(), new HashSet<>());
  }

  private int count(COSDictionary node, Set<COSDictionary> above) throws MediaException {
    work.check();
    if (!isInner(node)) {
      return 1;
    }
    Integer known = counted.get(node);
    if (known != null) {
      return known;
    }
    if (!above.add(node) || above.size() > MOST_LEVELS) {
      throw new MediaException("it is broken: its tree of pages has no end");
    }
    long count = 0;
    COSArray children = node.getCOSArray(COSName.KIDS);
    for (int i = 0; children != null && i < children.size(); i++) {
      if (children.getObject(i) instanceof COSDictionary child) {
        count += count(child, above);
      }
      if (count > MOST_PAGES) {
        throw new MediaException("it has more than %d pages".formatted(MOST_PAGES));
      }
    }
    above.remove(node);
    node.setInt(COSName.COUNT, (int) count);
    counted.put(node, (int) count);
    return (int) count;
  }

  private static boolean isInner(COSDictionary node) {
    return COSName.PAGES.equals(node.getCOSName(COSName.TYPE)) || node.containsKey(COSName.KIDS);
  }
}
