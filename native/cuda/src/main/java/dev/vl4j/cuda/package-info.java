/** NVIDIA GPUs as a backend: found as a service, so programs name nothing in here. */
@org.jspecify.annotations.NullMarked
package dev.vl4j.cuda;
