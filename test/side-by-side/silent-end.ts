// Connections that nginx closes though it has said that it keeps them.

import type { Difference } from './both.ts';
import type { Part } from './compare.ts';

/**
 * Whether it is such an end, or the request behind it, which gets no answer: `proxy_request_buffering
 * off`, and the answer (502 …) came before the body.
 */
export function isOfSilentEnd(part: Part, difference: Difference, text: string): boolean {
  const { asked, dialogue, nginx, weir } = difference;
  if (!dialogue.isSplit || !text.includes('proxy_request_buffering off')) return false;
  if (part.what === 'end') return nginx.end === 'end' && asked.body !== '';
  const before = dialogue.asked[dialogue.asked.indexOf(asked) - 1];
  return (
    nginx.answered.line.startsWith('the connection closed') &&
    nginx.seen.length === 0 &&
    weir.answered.line.startsWith('HTTP/') &&
    before !== undefined &&
    before.body !== ''
  );
}
