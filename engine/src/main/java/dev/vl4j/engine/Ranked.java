package dev.vl4j.engine;

/**
 * A document's place in a ranking.
 *
 * @param index position of the document in the request
 * @param score probability of "yes", between 0 and 1: {@code sigmoid(logit)}
 * @param logit the model's raw judgement: logit of "yes" minus logit of "no"
 * @param promptTokens tokens of this document's whole prompt, visual tokens included
 */
public record Ranked(int index, double score, double logit, int promptTokens) {}
