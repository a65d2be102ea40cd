/** Data path. The Date field's value (RFC 9110 §5.6.7), made once per second. */

import type { Clock } from '#src/base/clock.ts';

let madeForSec = -1;
let text = '';

/** `Sun, 06 Nov 1994 08:49:37 GMT` for the clock's present. */
export function httpDate(clock: Clock): string {
  const sec = Math.floor(clock.wallMs() / 1000);
  if (sec !== madeForSec) {
    madeForSec = sec;
    text = new Date(sec * 1000).toUTCString();
  }
  return text;
}
