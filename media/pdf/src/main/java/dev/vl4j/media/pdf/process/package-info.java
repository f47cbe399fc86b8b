/**
 * Draws pages in processes of their own. Files of strangers can make PDFBox compute without an end,
 * or take all memory, in more ways than can be looked for before; a process can be ended.
 */
package dev.vl4j.media.pdf.process;
