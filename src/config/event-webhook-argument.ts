/** The words of `event_webhook`. */
import { parseInteger, parseTimeWord, reportInvalid } from '#src/schema/arguments.ts';
import type { ParseContext } from '#src/schema/directive.ts';
import type { Word } from '#src/schema/tree.ts';

/** Where events are sent. */
export interface EventWebhook {
  readonly url: string;
  /** Events that wait at most. */
  readonly queueLength: number;
  readonly timeoutMs: number;
}

const USUAL = { queueLength: 1_000, timeoutMs: 5_000 };
const MOST_WAITING = 100_000;

/** Undefined after reporting what is wrong. */
export function parseEventWebhook(
  [where, ...parameters]: readonly Word[],
  context: ParseContext,
): EventWebhook | undefined {
  if (where === undefined) return undefined;
  if (!/^https?:\/\/[^/]/i.test(where.text) || !URL.canParse(where.text)) {
    return reportInvalid(context, where, 'address', 'write http://host/path or https://host/path');
  }
  const draft = { url: where.text, ...USUAL };
  for (const word of parameters) {
    const [name = '', text = ''] = word.text.split(/=(.*)/s);
    const value = { ...word, text };
    if (name === 'queue') {
      const length = parseInteger(value, context, { min: 1, max: MOST_WAITING });
      if (length === undefined) return undefined;
      draft.queueLength = length;
    } else if (name === 'timeout') {
      const ms = parseTimeWord(value, context);
      if (ms === undefined) return undefined;
      draft.timeoutMs = ms;
    } else {
      return reportInvalid(context, word, 'parameter', 'known are queue= and timeout=');
    }
  }
  return draft;
}
