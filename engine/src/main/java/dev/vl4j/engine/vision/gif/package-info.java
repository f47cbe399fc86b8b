/** GIF, of which the first frame counts, as Pillow's {@code GifImagePlugin} reads it. */
@org.jspecify.annotations.NullMarked
package dev.vl4j.engine.vision.gif;
