// Requests that came to the origin once more, because a connection to it was kept and had died.

import type { Difference } from './both.ts';
import { type Outcome, type Part, requestsOf } from './compare.ts';

/** What the generator asks with, and nobody has defined. */
const UNKNOWN_METHOD = 'FROB';

/**
 * Whether the two differ by one such request. Weir keeps connections to every endpoint, nginx 1.22
 * only where `keepalive` stands; Weir asks the same endpoint again, nginx the next one, and when
 * none is left it tells the name of the upstream in place of an address.
 */
export function isOfRepeat(part: Part, { asked, nginx, weir }: Difference): boolean {
  // The origin closes without an answer: a kept connection is no longer one.
  if (![asked.target, ...asked.lines].some((one) => /\bo=cut|^x-want: cut/i.test(one)))
    return false;
  const [theirs, ours] = [requestsOf(nginx), requestsOf(weir)];
  const isOurs = ours.length > theirs.length;
  if (!(isOurs ? isRepeated(ours, theirs) : isRepeated(theirs, ours))) return false;
  if (part.what.startsWith('origin ')) return true;
  if (!part.what.startsWith('field ')) return false;
  const told = part.nginx.replace(/, up\d\b/, '');
  return isOurs ? isToldTwice(part.weir, told) : isToldTwice(told, part.weir);
}

/** Whether nginx alone has sent a request again whose method says nothing of that (RFC 9110 §9.2.2). */
export function isOfUnknownMethod(part: Part, { asked, nginx, weir }: Difference): boolean {
  const [theirs, ours] = [requestsOf(nginx), requestsOf(weir)];
  // Sent by another name where `proxy_method` stands; an error page may be asked for again by both.
  if (asked.method !== UNKNOWN_METHOD || theirs.length <= ours.length) return false;
  const [once, other] = [withoutRepeats(theirs), withoutRepeats(ours)];
  if (once.length !== other.length || !isSame(once, other)) return false;
  return part.what.startsWith('origin ') || toldOnce(part.nginx) === toldOnce(part.weir);
}

function withoutRepeats(requests: readonly string[]): readonly string[] {
  return requests.filter((one, at) => one !== requests[at - 1]);
}

/** Lists of addresses and statuses with each one that is repeated at once told once. */
function toldOnce(text: string): string {
  return text.replace(/([\w.:/-]+)(?:, \1)+/g, '$1');
}

/** Whether the first is the second with one request in it repeated at once. */
function isRepeated(more: readonly string[], fewer: readonly string[]): boolean {
  if (more.length !== fewer.length + 1) return false;
  return more.some((one, at) => one === more[at - 1] && isSame(more.toSpliced(at, 1), fewer));
}

function isSame(one: readonly string[], other: readonly string[]): boolean {
  return one.every((request, at) => request === other[at]);
}

/** The same of a list of addresses or statuses in a text. */
function isToldTwice(more: string, fewer: string): boolean {
  return [...more.matchAll(/([\w.:/-]+), (?=\1)/g)].some(({ 0: told, index }) => {
    return more.slice(0, index) + more.slice(index + told.length) === fewer;
  });
}

/** Whether what came to the origin from that request on is the same as the one before. */
export function isSentAgain(outcome: Outcome, from: number): boolean {
  const requests = requestsOf(outcome);
  return from > 0 && requests.slice(from).every((one) => one === requests[from - 1]);
}
