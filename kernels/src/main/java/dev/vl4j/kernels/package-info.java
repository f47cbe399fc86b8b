/**
 * Backends: devices that compute the forward passes of models, and how programs choose among them.
 *
 * <pre>{@code
 * float[] product(HostMatrix weight, float[] values, int rows) {
 *   try (Backend backend = Backends.open("auto", BackendSettings.DEFAULT);
 *       Linear layer = backend.prepare(List.of(weight), OperandFormat.F32);
 *       Forward forward = backend.begin()) {
 *     Tensor x = forward.tensor(rows, layer.inFeatures());
 *     Tensor out = forward.tensor(rows, layer.outFeatures());
 *     forward.upload(values, x);
 *     forward.linear(x, layer, Epilogue.NONE, out);
 *     return forward.read(out).await();
 *   }
 * }
 * }</pre>
 *
 * <p>{@link dev.vl4j.kernels.Backend} and {@link dev.vl4j.kernels.Forward} are what a backend
 * implements; {@link dev.vl4j.kernels.BackendProvider} is how it is found, as a service; {@link
 * dev.vl4j.kernels.Backends} chooses and opens. Programs that rank or embed need none of this:
 * {@code dev.vl4j.engine} calls it for them.
 *
 * <p>Matrices are row-major, and shapes are given as [rows, columns]. What does not fit together is
 * a {@link dev.vl4j.kernels.BackendException}. Nothing takes or returns null unless it is marked
 * {@code @Nullable}; records and {@link dev.vl4j.kernels.Backends} refuse null with a {@link
 * java.lang.NullPointerException} that has the argument's name.
 */
package dev.vl4j.kernels;
