/** BMP, as Pillow's {@code BmpImagePlugin} reads it. */
@org.jspecify.annotations.NullMarked
package dev.vl4j.engine.vision.bmp;
