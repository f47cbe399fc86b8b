/**
 * A JPEG decoder with the samples of libjpeg-turbo 3.1 as Pillow 12.3 calls it, for sound files and
 * for broken ones.
 */
package dev.vl4j.engine.vision.jpeg;
