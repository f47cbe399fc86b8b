package dev.vl4j.cuda.driver;

import java.lang.foreign.FunctionDescriptor;

/**
 * A function as the binding calls it. Handles and addresses on the device are longs there, and
 * {@code ADDRESS} stands for the host's memory alone.
 */
record Signature(String symbol, FunctionDescriptor type) {}
