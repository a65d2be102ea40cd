/** Being woken by another thread. Armed once for all that wait, not per exchange. */

/**
 * Calls back in a later turn, once, when another thread notifies that cell. False: the cell has
 * changed this very moment, and nothing will be called; ask again.
 */
export function onceWoken(cells: Int32Array, cell: number, wake: () => void): boolean {
  const waiting = Atomics.waitAsync(cells, cell, Atomics.load(cells, cell));
  if (!waiting.async) return false;
  void waiting.value.then(wake);
  return true;
}
