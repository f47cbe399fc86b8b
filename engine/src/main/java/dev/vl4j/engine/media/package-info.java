/**
 * What a library that decodes videos or renders pages implements. The engine finds such libraries
 * by {@link java.util.ServiceLoader}; without one, it takes images and lists of frames.
 */
package dev.vl4j.engine.media;
