/** Our decoders beside llhttp: the first thing that two readers of the same bytes differ about. */

import { keptTrailers } from '#src/http/trailers.ts';
import type { Message, Outcome } from './drive.ts';
import type { Parsed, ParsedMessage } from './llhttp.ts';
import type { Kind } from './mutations.ts';

/** What both made of the first message they differ about. */
export interface Difference {
  readonly kind: Kind;
  /** The head is not complete for either; or not for one; or both took it, and its rest differs. */
  readonly where: 'head of neither' | 'head' | 'body' | 'content';
  /** 'takes', 'waits' or a failure code. */
  readonly ours: string;
  /** 'takes', 'waits' or an HPE_ code. */
  readonly theirs: string;
  /** Why they refuse, in their words; '' otherwise. */
  readonly reason: string;
  /** What we made of it. */
  readonly message: Message | undefined;
  readonly other: ParsedMessage | undefined;
  /** The bytes from the beginning of the message. */
  readonly text: string;
  /** With the messages in front of it. */
  readonly all: string;
  /** What is different, where 'content' is. */
  readonly what: string;
}

/** What our side was asked to do. */
export interface Terms {
  readonly kind: Kind;
  readonly keepsUnderscores: boolean;
}

/** The first difference; or how many messages both took alike, when there is none. */
export function compare(
  { keepsUnderscores, kind }: Terms,
  all: string,
  ours: Outcome,
  theirs: Parsed,
): Difference | number {
  for (let at = 0; ; at++) {
    const message = ours.messages[at];
    const other = theirs.messages[at];
    const kept = other === undefined ? '' : keptOf(other.trailers, keepsUnderscores);
    const isAlike = message !== undefined && other !== undefined && takenAlike(message, other);
    if (isAlike && message.trailers === kept && headDifference(kind, message, other) === '') {
      if (isLast(message, other)) return at + 1;
      continue;
    }
    const text = all.slice(message?.start ?? ours.messageStart);
    const verdicts = {
      ours: message?.isComplete ? 'takes' : (ours.failure ?? 'waits'),
      theirs: other?.isComplete ? 'takes' : (theirs.failure ?? 'waits'),
    };
    const found = { kind, message, other, ...verdicts, reason: theirs.reason, text, all };
    return lookCloser(found) ?? at;
  }
}

/** A message that is complete for both, with the same body. */
function takenAlike(message: Message, other: ParsedMessage): boolean {
  return message.isComplete && other.isComplete && message.body === other.body;
}

/** Nothing of HTTP follows, or nothing at all. */
function isLast(message: Message, other: ParsedMessage): boolean {
  // Behind a head with Upgrade, llhttp hands the connection over; whether we do is not its matter.
  return other.isUpgrade || message.method === '101' || !message.keepAlive;
}

/** Why the two do not take the message alike; undefined when they say the same about it. */
function lookCloser(found: Omit<Difference, 'where' | 'what'>): Difference | undefined {
  const { kind, message, other, ours, theirs } = found;
  if (message === undefined && other === undefined) {
    // Who waits for the rest of a line has taken nothing; who refused will not.
    const isSame = (ours === 'waits') === (theirs === 'waits');
    return isSame ? undefined : { ...found, where: 'head of neither', what: '' };
  }
  if (message === undefined || other === undefined) return { ...found, where: 'head', what: '' };
  const content = headDifference(kind, message, other);
  if (content !== '') return { ...found, where: 'content', what: content };
  if (other.isUpgrade) return undefined;
  const isPrefix = message.body.startsWith(other.body) || other.body.startsWith(message.body);
  if (!isPrefix) return { ...found, where: 'content', what: 'body' };
  if (message.isComplete && other.isComplete) {
    const what = message.body === other.body ? 'trailers' : 'length of the body';
    return { ...found, where: 'content', what };
  }
  const isSame = ours === theirs && message.body === other.body;
  return isSame || (isRefusal(ours) && isRefusal(theirs))
    ? undefined
    : { ...found, where: 'body', what: '' };
}

/** Neither 'takes' nor 'waits'. */
export function isRefusal(verdict: string): boolean {
  return verdict !== 'takes' && verdict !== 'waits';
}

/** What the two heads differ in; '' when they say the same. */
function headDifference(kind: Kind, message: Message, other: ParsedMessage): string {
  if (kind === 'request') {
    if (message.method !== other.method) return 'method';
    if (message.target !== other.target) return 'target';
    // Of responses, llhttp says false when only the end of the connection ends the body.
    if (message.keepAlive !== other.keepAlive) return 'keep-alive';
  } else if (message.method !== String(other.status)) return 'status';
  if (message.minorVersion !== other.minorVersion) return 'version';
  if (message.fields.length !== other.fields.length) return 'number of fields';
  for (let at = 0; at < message.fields.length; at++) {
    const theirs = other.fields[at] ?? '';
    // llhttp leaves whitespace at the end of some values; it is no part of them (RFC 9110 §5.5).
    if (message.fields[at] !== (at % 2 === 0 ? theirs : trimmed(theirs))) return 'fields';
  }
  return '';
}

function trimmed(value: string): string {
  return value.replace(/^[ \t]+|[ \t]+$/g, '');
}

/** Their trailers in the form of ours. */
function keptOf(trailers: readonly string[], keepsUnderscores: boolean): string {
  if (trailers.length === 0) return '';
  let section = '';
  for (let at = 0; at < trailers.length; at += 2) {
    section += `${trailers[at]}:${trimmed(trailers[at + 1] ?? '')}\r\n`;
  }
  return keptTrailers(`${section}\r\n`, keepsUnderscores);
}
