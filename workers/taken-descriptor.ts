/** Handles that came; their descriptors belong to the threads that listen on them. */
const kept: unknown[] = [];

/**
 * The generation's side of `descriptor-sender.ts`: the number of a handle that came over IPC. The handle itself is kept and
 * never closed, for closing it would close a number that a thread owns.
 */
export function takeDescriptor(handle: unknown): number | undefined {
  const fd = (handle as { fd?: unknown } | undefined)?.fd;
  if (typeof fd !== 'number' || fd < 0) return undefined;
  kept.push(handle);
  return fd;
}
