/**
 * What a library that decodes videos or draws pages implements.
 *
 * <pre>{@code
 * public final class Decoder implements VideoDecoder { // META-INF/services/dev.vl4j.engine.media.VideoDecoder
 *   public OpenVideo open(Path file, MediaGuard guard) throws MediaException {
 *     Container container = Container.read(file);
 *     if (container.pixels() > guard.maxPixels()) {
 *       throw new MediaException("a frame has %d pixels".formatted(container.pixels()));
 *     }
 *     return new Frames(container, guard);
 *   }
 * }
 * }</pre>
 *
 * <p>The engine finds such libraries by {@link java.util.ServiceLoader}; without one, it takes
 * images and lists of frames. {@link dev.vl4j.engine.media.MediaLibraries} says which are there.
 * Programs that rank or embed need none of this.
 */
package dev.vl4j.engine.media;
