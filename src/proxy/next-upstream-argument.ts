/** The words of `proxy_next_upstream`. */
import { reportInvalid } from '#src/schema/arguments.ts';
import type { ParseContext } from '#src/schema/directive.ts';
import { placeOfWord, type Word } from '#src/schema/tree.ts';

/** What of a try makes another one follow (semantics.md §6). `off`: all false, no statuses. */
export interface NextUpstream {
  /** No connection, or it died before the head of the answer was complete. */
  readonly error: boolean;
  /** Connecting, sending or waiting for the head took too long. */
  readonly timeout: boolean;
  /** The answer was no valid HTTP. */
  readonly invalidHeader: boolean;
  /** Also requests that are not idempotent and may have been acted upon (RFC 9110 §9.2.2). */
  readonly nonIdempotent: boolean;
  /** Of these only those whose client has put an `Idempotency-Key` on them (retry.ts). */
  readonly withKey: boolean;
  /** Statuses of an answer that are not passed on while another endpoint may be asked. */
  readonly statuses: ReadonlySet<number>;
}

/** Nothing is tried again. */
const OFF: NextUpstream = {
  error: false,
  timeout: false,
  invalidHeader: false,
  nonIdempotent: false,
  withKey: false,
  statuses: new Set(),
};

const STATUS_WORDS: ReadonlyMap<string, number> = new Map(
  [500, 502, 503, 504, 403, 404, 429].map((status) => [`http_${status}`, status]),
);
const WORDS = new Set([
  'error',
  'timeout',
  'denied',
  'invalid_header',
  'non_idempotent',
  'idempotency_key',
  'off',
  ...STATUS_WORDS.keys(),
]);

/** Reads a `proxy_next_upstream` line; undefined after reporting what is wrong with it. */
export function parseNextUpstream(
  words: readonly Word[],
  context: ParseContext,
): NextUpstream | undefined {
  const unknown = words.find(({ text }) => !WORDS.has(text));
  if (unknown !== undefined) {
    return reportInvalid(context, unknown, 'value', `known are ${[...WORDS].join(', ')}`);
  }
  const has = (text: string): boolean => words.some((word) => word.text === text);
  if (has('off')) {
    if (words.length > 1) {
      const message = `"off" in "${context.node.name}" cancels what stands beside it`;
      context.problems.warn(placeOfWord(context.node, words[0]), message);
    }
    return OFF;
  }
  const statuses = words.flatMap(({ text }) => STATUS_WORDS.get(text) ?? []);
  return {
    error: has('error'),
    timeout: has('timeout'),
    invalidHeader: has('invalid_header'),
    nonIdempotent: has('non_idempotent'),
    withKey: has('idempotency_key'),
    statuses: new Set(statuses),
  };
}
