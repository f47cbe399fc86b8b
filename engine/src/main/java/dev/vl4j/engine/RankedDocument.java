package dev.vl4j.engine;

/**
 * A document with its score.
 *
 * @param index the document's index in the request
 * @param score probability of "yes", between 0 and 1: {@code sigmoid(logit)}; of a model that was
 *     trained as a regression, the logit itself
 * @param logit what the model computes, a finite number: logit of "yes" minus logit of "no", or
 *     what a classification head gives for relevance
 * @param promptTokens tokens of this document's whole prompt, visual tokens included
 */
public record RankedDocument(int index, double score, double logit, int promptTokens) {}
