package dev.vl4j.engine;

/**
 * A document's place in a ranking.
 *
 * @param index position of the document in the request
 * @param score probability of "yes", between 0 and 1: {@code sigmoid(logit)}; of a model that was
 *     trained as a regression, the logit itself
 * @param logit the model's raw judgement, a finite number: logit of "yes" minus logit of "no", or
 *     what a classification head gives for relevance
 * @param promptTokens tokens of this document's whole prompt, visual tokens included
 */
public record Ranked(int index, double score, double logit, int promptTokens) {}
