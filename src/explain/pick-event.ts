/** What led to a pick → an event of the trace. */

import type { UpstreamConfig } from '#src/upstream/endpoint/upstream-config.ts';
import type { PickAccount } from '#src/upstream/pick-account.ts';
import type { PickEvent } from './trace.ts';

/** The event of a pick among the endpoints of that upstream. */
export function pickEvent({ name, place }: UpstreamConfig, account: PickAccount): PickEvent {
  return { kind: 'pick', upstream: name, upstreamAt: place, ...account };
}
