package dev.vl4j.media.pdf;

import org.apache.pdfbox.cos.COSObject;
import org.apache.pdfbox.pdmodel.DefaultResourceCache;
import org.apache.pdfbox.pdmodel.graphics.PDXObject;
import org.apache.pdfbox.pdmodel.graphics.image.PDImageXObject;

/** What PDFBox keeps while a page is drawn: all but pictures, whose memory is counted. */
final class FontCache extends DefaultResourceCache {
  @Override
  public void put(COSObject reference, PDXObject object) {
    if (!(object instanceof PDImageXObject)) {
      super.put(reference, object);
    }
  }
}
