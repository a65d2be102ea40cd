/** Whether the tier that was detected works here: asked once per thread, before anything depends on it. */

import { detectNativeCalls, EVENTFD_FLAGS } from './native-calls.ts';
import type { Readiness } from './readiness.ts';
import {
  createTransport,
  type Transport,
  type TransportTier,
  threadReadiness,
} from './transport.ts';

/** It takes less than a millisecond. */
const PATIENCE_MS = 1_000;

/** As `createTransport`; `fast` falls back to `handles` where the event loop does not wake for it. */
export async function provenTransport(tier: TransportTier): Promise<Transport> {
  const transport = createTransport(tier);
  const readiness = threadReadiness();
  if (transport.tier !== 'fast' || readiness === undefined) return transport;
  return (await wakes(readiness)) ? transport : createTransport('handles');
}

/** Whether libuv wakes for a set of our own, which nothing documents; false after a second. */
export async function wakes(readiness: Readiness): Promise<boolean> {
  const calls = detectNativeCalls();
  if (calls === undefined) return false;
  const fd = BigInt(calls.eventfd(1n, EVENTFD_FLAGS)); // readable from the start
  const told = Promise.withResolvers<boolean>();
  const patience = setTimeout(() => told.resolve(false), PATIENCE_MS);
  const onReadable = (): void => told.resolve(true);
  const slot = readiness.watch(fd, { onReadable, readAgain: onReadable });
  if (slot < 0) told.resolve(false);
  const isWoken = await told.promise;
  clearTimeout(patience);
  if (slot >= 0) readiness.forget(slot);
  calls.close(fd);
  return isWoken;
}
