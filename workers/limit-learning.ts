/** `concurrency adaptive` in a generation's main thread. */
import type { EndpointTable } from '#src/shared/endpoint-table.ts';
import { sharedNowMs } from '#src/shared/endpoint-times.ts';
import { AdaptiveLimits, LOOK_INTERVAL_MS } from '#src/upstream/adaptive-limits.ts';
import type { Outline } from './messages.ts';

/** Learns from now on, until the process ends. */
export function learnLimits(outline: Outline, endpoints: EndpointTable): AdaptiveLimits {
  const nowMs = sharedNowMs(performance.now());
  const limits = new AdaptiveLimits(endpoints, outline.endpointConcurrency, nowMs);
  setInterval(() => {
    if (limits.look(sharedNowMs(performance.now()))) endpoints.queues.wakeAllFirst();
  }, LOOK_INTERVAL_MS);
  return limits;
}
