/** WebP files: the container by a parser of our own, the frame by libwebp. */
package dev.vl4j.engine.vision.webp;
