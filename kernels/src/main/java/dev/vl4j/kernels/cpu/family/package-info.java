/**
 * What a family of kernels is made of: weights in panels, heads of queries, keys and values, plans
 * of attention, and the threads that share the work.
 */
package dev.vl4j.kernels.cpu.family;
