/** TIFF and BigTIFF files, decoded to the samples that Pillow and its libtiff give. */
package dev.vl4j.engine.vision.tiff;
