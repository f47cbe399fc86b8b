/** Pages of PDF files, drawn by Apache PDFBox. */
package dev.vl4j.media.pdf;
