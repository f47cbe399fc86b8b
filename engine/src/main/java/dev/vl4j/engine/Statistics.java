package dev.vl4j.engine;

/**
 * A reranker's state at one moment.
 *
 * @param requestsInFlight taken in and not answered yet
 * @param requestsRunning those of them that have a part in the forward that is running
 * @param prefixCacheBytes memory that beginnings of prompts take, those in use included
 * @param prefixEvictions beginnings that were given up for their room so far
 * @param imageCacheBytes memory that encoded images take, those in use included
 * @param imageEvictions encoded images that were given up for their room so far
 */
public record Statistics(
    int requestsInFlight,
    int requestsRunning,
    long prefixCacheBytes,
    long prefixEvictions,
    long imageCacheBytes,
    long imageEvictions) {}
