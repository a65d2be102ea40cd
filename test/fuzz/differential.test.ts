// Our decoders beside llhttp: two readers of the same bytes. Where both take a message they must see
// the same one, ending at the same byte; where one refuses what the other takes, the table below
// says why that is meant. Anything else is a bug, ours or theirs.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { forCases } from './cases.ts';
import { drive, IN_ONE_PIECE, type Message, requestReader, responseReader } from './drive.ts';
import { type ParsedMessage, parseWithLlhttp } from './llhttp.ts';
import { mutated, requestText, responseText } from './messages.ts';

/** What both made of the first message they differ about. */
interface Disagreement {
  /** A failure code, 'takes' or 'waits'. */
  ours: string;
  /** An HPE_ code, 'takes', 'waits' or 'sees another body'. */
  theirs: string;
  message: Message | undefined;
  text: string;
}

/** We refuse what llhttp takes: why, by our failure code. */
const WE_REFUSE_MORE: Readonly<Record<string, string>> = {
  host_missing: 'RFC 9112 §3.2 asks for 400; node:http checks it above the parser',
  host_repeated: 'RFC 9112 §3.2 asks for 400',
  host_malformed: 'RFC 9112 §3.2 asks for 400',
  request_line_malformed: 'llhttp skips bare LF and any number of empty lines in front',
  line_end_malformed: 'llhttp skips a bare CR in front of a request',
  request_target_malformed: 'paths that climb out of "/", broken escapes, "*" without OPTIONS, "#"',
  request_version_malformed: 'llhttp skips more than one space in front of the version',
  request_version_unsupported: 'llhttp takes 0.9 and 2.0',
  expectation_unknown: 'RFC 9110 §10.1.1: 417; not the business of a parser',
  method_not_allowed: 'CONNECT and TRACE are not for a reverse proxy',
  transfer_encoding_http10: 'RFC 9112 §6.1: faulty framing (CVE-2026-2835)',
  transfer_encoding_malformed: 'llhttp looks at a coding only when the head is complete',
  transfer_encoding_unknown: 'llhttp passes any coding on; we would have to understand it',
  framing_ambiguous: 'RFC 9112 §6.3 rule 3; llhttp decides when the head is complete',
  upstream_protocol_error: 'a response is held to the framing rules of requests',
};

/** We take what llhttp refuses: only these, each with the reason why nothing can come of it. */
const WE_TAKE_MORE: readonly {
  why: string;
  theirs: RegExp;
  holds(message: Message, text: string): boolean;
}[] = [
  {
    why: 'methods are tokens (RFC 9110 §9.1), not a list',
    theirs: /^HPE_INVALID_METHOD$/,
    holds: ({ method }) => /^[\w!#$%&'*+.^`|~-]+$/.test(method),
  },
  {
    why: 'bytes above 127 in a target: browsers send them, nginx takes them, none splits a message',
    theirs: /^HPE_INVALID_URL$/,
    holds: ({ target }) => /[\x80-\xff]/.test(target),
  },
  {
    why: 'chunk extensions are checked for control bytes and dropped, not parsed',
    theirs: /^HPE_STRICT$/,
    holds: (_message, text) => /[0-9a-f]+;[^\r]*\r/i.test(text),
  },
  {
    why: 'trailers are dropped: their names mean nothing to us',
    theirs: /^HPE_(INVALID_CONTENT_LENGTH|UNEXPECTED_CONTENT_LENGTH|INVALID_TRANSFER_ENCODING)$/,
    holds: (_message, text) =>
      /0[^\r]*\r\n(.+\r\n)*(content-length|transfer-encoding):/i.test(text),
  },
  {
    why: 'RFC 9112 §6.3 rule 1: no 1xx has a body; llhttp knows only some of them',
    theirs: /^(takes|waits|HPE_.*)$/,
    holds: ({ method }) => /^1\d\d$/.test(method),
  },
  {
    why: 'a tab is whitespace around a value (RFC 9110 §5.6.3); llhttp takes it for a part of "chunked"',
    theirs: /^(sees another body|waits|HPE_INVALID_TRANSFER_ENCODING)$/,
    holds: (_message, text) => /transfer-encoding:[ \t]*chunked *\t/i.test(text),
  },
];

function isListed({ message, ours, text, theirs }: Disagreement): boolean {
  if (ours in WE_REFUSE_MORE) return true;
  // RFC 9112 §7.1 sets no limit; ours is what a double holds exactly (13 digits).
  if (ours === 'chunk_malformed') return /\r\n0*[0-9a-f]{14,}/i.test(text);
  return (
    message !== undefined &&
    WE_TAKE_MORE.some((kind) => kind.theirs.test(theirs) && kind.holds(message, text))
  );
}

/** The first thing the two differ about; a number when they do not: of messages both took. */
function compare(
  text: string,
  kind: 'request' | 'response',
  method: string,
): Disagreement | number {
  const reader = kind === 'request' ? requestReader() : responseReader(method);
  const ours = drive(reader, text, IN_ONE_PIECE);
  const theirs = parseWithLlhttp(text, kind, kind === 'response' && method === 'HEAD');
  for (let at = 0; ; at++) {
    const mine = ours.messages[at];
    const other = theirs.messages[at];
    // Neither has taken another message. Who waits for the rest of a line has taken nothing yet.
    if (mine === undefined && other === undefined) return at;
    const verdicts = {
      ours: mine?.isComplete ? 'takes' : (ours.failure ?? 'waits'),
      theirs: other?.isComplete ? 'takes' : (theirs.failure ?? 'waits'),
      ...{ message: mine, text },
    };
    if (mine === undefined) return { ...verdicts, theirs: 'takes' };
    if (other === undefined) return { ...verdicts, ours: 'takes' };
    sameHead(mine, other, kind, text);
    // llhttp hands the connection over here; we do not offer the protocol.
    if (other.isUpgrade || mine.method === '101') return at + 1;
    if (mine.body !== other.body || mine.isComplete !== other.isComplete) {
      return differentBodies(mine, other, verdicts);
    }
    if (!mine.isComplete || !mine.keepAlive) return at + 1;
  }
}

/** Of two bodies the shorter is the beginning of the longer, cut off by a refusal; or else. */
function differentBodies(
  mine: Message,
  other: ParsedMessage,
  verdicts: Disagreement,
): Disagreement | number {
  if (!mine.body.startsWith(other.body) && !other.body.startsWith(mine.body)) {
    return { ...verdicts, theirs: 'sees another body' };
  }
  const bothRefuse = ![verdicts.ours, verdicts.theirs].some((word) => /^(takes|waits)$/.test(word));
  return bothRefuse ? 0 : verdicts;
}

function sameHead(mine: Message, other: ParsedMessage, kind: string, text: string): void {
  if (kind === 'request') {
    assert.equal(mine.method, other.method, shown(text));
    assert.equal(mine.target, other.target, shown(text));
    assert.equal(mine.keepAlive, other.keepAlive, shown(text));
  } else assert.equal(mine.method, String(other.status), shown(text));
  assert.equal(mine.minorVersion, other.minorVersion, shown(text));
  const fields = mine.fields.map(([name, value]) => [name, value]);
  assert.deepEqual(fields, other.fields.map(trimmed), shown(text));
}

/** llhttp leaves whitespace at the end of some values; it is not part of them (RFC 9110 §5.5). */
function trimmed([name, value]: [string, string]): [string, string] {
  return [name, value.replace(/^[ \t]+|[ \t]+$/g, '')];
}

function shown(text: string): string {
  return `of ${JSON.stringify(text)}`;
}

/** Compares that part of all cases and returns how many messages both took alike. */
function agreements(part: number, kind: 'request' | 'response'): number {
  let equal = 0;
  forCases(part, (random) => {
    const valid = kind === 'request' ? requestText(random) : responseText(random);
    const text = random.chance(0.2) ? valid : mutated(random, valid);
    const result = compare(text, kind, kind === 'response' && random.chance(0.2) ? 'HEAD' : 'GET');
    if (typeof result === 'number') equal += result;
    else {
      const { ours, theirs } = result;
      assert.ok(isListed(result), `we: ${ours}, llhttp: ${theirs} ${shown(text)}`);
    }
  });
  return equal;
}

test('requests mean to us what they mean to llhttp', () => {
  assert.ok(agreements(0.15, 'request') > 1_000);
});

test('responses mean to us what they mean to llhttp', () => {
  assert.ok(agreements(0.1, 'response') > 1_000);
});
