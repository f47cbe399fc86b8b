/**
 * What every backend must do, as tests to extend.
 *
 * <pre>{@code
 * class MyBackendTest extends BackendContract {
 *   @Override
 *   protected Backend open() {
 *     return new MyBackend(0, 1, 0);
 *   }
 * }
 *
 * class MyBackendInvarianceTest extends BackendInvariance {
 *   @Override
 *   protected Backend open(int threads) {
 *     return new MyBackend(0, threads, 0);
 *   }
 * }
 * }</pre>
 *
 * <p>Both print their seed; {@code -Dtests.seed=...} brings a run back.
 */
package dev.vl4j.testkit;
