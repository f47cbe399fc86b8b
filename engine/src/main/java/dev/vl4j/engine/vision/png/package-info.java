/** PNG, read as leniently and as strictly as Pillow's {@code PngImagePlugin} reads it. */
@org.jspecify.annotations.NullMarked
package dev.vl4j.engine.vision.png;
