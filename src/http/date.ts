/** Data path. The Date field's value (RFC 9110 §5.6.7), made once per second. */

import type { Clock } from '#src/base/clock.ts';

const MS_PER_SEC = 1000;

let madeFor: Clock | undefined;
/** Until then, by the monotonic clock, the wall clock need not be asked: its second is not over. */
let validUntilMs = 0;
let text = '';

/** `Sun, 06 Nov 1994 08:49:37 GMT` for the clock's present. */
export function httpDate(clock: Clock): string {
  if (madeFor === clock && clock.nowMs < validUntilMs) return text;
  const wallMs = clock.wallMs();
  madeFor = clock;
  validUntilMs = clock.nowMs + MS_PER_SEC - (wallMs % MS_PER_SEC);
  text = new Date(wallMs).toUTCString();
  return text;
}
