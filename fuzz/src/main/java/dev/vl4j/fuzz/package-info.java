/** Fuzz targets: whatever bytes they are fed, only the refusals that are meant may be thrown. */
@org.jspecify.annotations.NullMarked
package dev.vl4j.fuzz;
