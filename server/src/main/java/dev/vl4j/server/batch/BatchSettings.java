package dev.vl4j.server.batch;

import dev.vl4j.engine.RerankRequest;
import dev.vl4j.server.api.ImageUrls;
import java.util.function.IntUnaryOperator;
import java.util.function.UnaryOperator;

/**
 * What a run does with all lines.
 *
 * @param model what answers call it
 * @param images where lines may have their pictures from
 * @param adjust applied to each request of the engine
 * @param returnDocuments whether answers repeat documents, unless a line says otherwise
 * @param topN how many documents an answer shows, given what its line says; 0 for all
 * @param fingerprint all that answers depend on besides the input, in words: a run is continued
 *     only with the same
 */
public record BatchSettings(
    String model,
    ImageUrls images,
    UnaryOperator<RerankRequest> adjust,
    boolean returnDocuments,
    IntUnaryOperator topN,
    String fingerprint) {}
