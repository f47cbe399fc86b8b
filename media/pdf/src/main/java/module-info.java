/** Pages of PDF files for the engine, drawn by Apache PDFBox. */
@org.jspecify.annotations.NullMarked
module dev.vl4j.media.pdf {
  requires static org.jspecify;
  requires dev.vl4j.engine;
  requires java.desktop;
  requires java.logging;
  requires org.apache.pdfbox;
  requires org.apache.pdfbox.io;
  requires org.apache.fontbox;

  // What PDFBox logs by, which as an automatic module it cannot say itself.
  requires org.apache.commons.logging;

  provides dev.vl4j.engine.media.PageRenderer with
      dev.vl4j.media.pdf.process.PdfRenderer;
}
