/** The directives about tries that nginx does not have. */
import { custom, parseTimeWord, reportInvalid, time } from '#src/schema/arguments.ts';
import { directives, HTTP_SERVER_LOCATION, type ParseContext } from '#src/schema/directive.ts';
import type { Word } from '#src/schema/tree.ts';
import type { HedgeRules } from './hedge-delay.ts';
import type { Backoff } from './try-clock.ts';

/** As Envoy's: ten times the base. */
const USUAL_MAX_FACTOR = 10;

export const tryDirectives = directives({
  totalTimeoutMs: {
    name: 'proxy_total_timeout',
    contexts: HTTP_SERVER_LOCATION,
    argument: time({ default: '0' }),
    doc: 'Weir only. The longest time from the first try of a request to the end of the answer, all further tries, pauses and the queue included: then 504, or the response is cut, with the reason `upstream_total_timeout`. No further try starts when less than 50 ms of it are left. A body that is held is read before it begins; a tunnel (WebSocket) and what Weir keeps for a slow client have no part in it. `$upstream_remaining_ms` is what is left. 0 sets no limit.',
  },
  tryTimeoutMs: {
    name: 'proxy_try_timeout',
    contexts: HTTP_SERVER_LOCATION,
    argument: time({ default: '0' }),
    doc: 'Weir only. The longest time of one try, from its start to the head of the answer; then it has failed as by a timeout, with the reason `upstream_try_timeout`. 0 sets no limit.',
  },
  backoff: {
    name: 'proxy_next_upstream_backoff',
    contexts: HTTP_SERVER_LOCATION,
    argument: custom({
      usage: 'off | time [max=time]',
      minWords: 1,
      maxWords: 2,
      default: ['off'],
      parse: parseBackoff,
    }),
    doc: 'Weir only. A pause in front of further tries: a random one of up to `time` before the second, up to twice as long with each one more, never longer than `max` (ten times `time`). `Retry-After` of an answer that `proxy_next_upstream` lists is waited for, or the answer goes to the client when it is longer than `max`. Pauses are rounded up to 50 ms. `off`: as in nginx another endpoint is asked at once.',
  },
  hedge: {
    name: 'proxy_hedge',
    contexts: HTTP_SERVER_LOCATION,
    argument: custom({
      usage: 'off | percent% [min=time]',
      minWords: 1,
      maxWords: 2,
      default: ['off'],
      parse: parseHedge,
    }),
    doc: 'Weir only. When an endpoint has not answered after the time in which that share of the answers of the location use to come (`95%`; 50% to 99.9%, and at least `min`), another endpoint is asked as well. The first answer counts, the other request is dropped. Only requests without a body whose method is idempotent, once each, and as `retry_budget` and `proxy_next_upstream_tries` allow. Each proxy thread learns from its own answers, and hedges nothing before there were 100. Times are rounded up to 50 ms.',
  },
});

/** Reads `off | percent% [min=time]`; undefined after reporting what is wrong. */
function parseHedge(words: readonly Word[], context: ParseContext): HedgeRules | 'off' | undefined {
  const [share, min] = words;
  if (share === undefined) return undefined;
  if (share.text === 'off') {
    return min === undefined ? 'off' : reportInvalid(context, min, 'parameter', '"off" takes none');
  }
  const percent = Number(/^(\d{2}(?:\.\d)?)%$/.exec(share.text)?.[1] ?? 0);
  if (percent < 50) {
    return reportInvalid(context, share, 'value', 'it must be "off" or 50% to 99.9%, such as 95%');
  }
  if (min === undefined) return { quantile: percent / 100, minMs: 0 };
  if (!min.text.startsWith('min=')) {
    return reportInvalid(context, min, 'parameter', 'known is min=');
  }
  const minMs = parseTimeWord({ ...min, text: min.text.slice('min='.length) }, context);
  return minMs === undefined ? undefined : { quantile: percent / 100, minMs };
}

const OFF: Backoff = { baseMs: 0, maxMs: 0 };

/** Reads `off | time [max=time]`; undefined after reporting what is wrong. */
function parseBackoff(words: readonly Word[], context: ParseContext): Backoff | undefined {
  const [base, max] = words;
  if (base === undefined) return undefined;
  if (base.text === 'off') {
    return max === undefined ? OFF : reportInvalid(context, max, 'parameter', '"off" takes none');
  }
  const baseMs = parseTimeWord(base, context, { min: '1ms' });
  if (baseMs === undefined) return undefined;
  if (max === undefined) return { baseMs, maxMs: baseMs * USUAL_MAX_FACTOR };
  if (!max.text.startsWith('max=')) {
    return reportInvalid(context, max, 'parameter', 'known is max=');
  }
  const maxMs = parseTimeWord({ ...max, text: max.text.slice('max='.length) }, context);
  if (maxMs === undefined) return undefined;
  if (maxMs >= baseMs) return { baseMs, maxMs };
  return reportInvalid(context, max, 'parameter', `it is below the pause it limits, ${base.text}`);
}
