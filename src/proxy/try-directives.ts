/** The directives about tries that nginx does not have. */
import type { Exchange } from '#src/exchange/exchange.ts';
import { trustedArgument } from '#src/exchange/real-ip-directives.ts';
import { custom, parseTimeWord, reportInvalid, time } from '#src/schema/arguments.ts';
import type { ComplexValue } from '#src/schema/complex-value.ts';
import { directives, HTTP_SERVER_LOCATION, type ParseContext } from '#src/schema/directive.ts';
import { placeOfWord, type Word } from '#src/schema/tree.ts';
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
  deadlineHeader: {
    name: 'proxy_deadline_header',
    contexts: HTTP_SERVER_LOCATION,
    argument: custom({
      usage: 'off | field',
      minWords: 1,
      maxWords: 1,
      default: ['off'],
      parse: parseDeadlineHeader,
    }),
    doc: 'Weir only. The field of a request in which a client of `proxy_deadline_trusted` says how long it will wait, from the start of its request: milliseconds (`1500`), or with a unit as in `grpc-timeout` (`H M S m u n`), `s` or `ms`. That lowers `proxy_total_timeout` for this exchange and never raises it; 504 without asking anybody where it is over already; no endpoint is blamed for it. Endpoints get the field with what is left of the time of the exchange (of `Grpc-Timeout` with the unit `m`), or not at all where nothing limits it, unless `proxy_set_header` sets it.',
  },
  deadlineTrusted: {
    name: 'proxy_deadline_trusted',
    contexts: HTTP_SERVER_LOCATION,
    argument: trustedArgument,
    repeat: true,
    doc: 'Weir only. Whose `proxy_deadline_header` counts: the address of the client, which `set_real_ip_from` may have found. May stand several times; without any it is nobody. A host name is looked up when the configuration is read.',
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
    doc: 'Weir only. When an endpoint has not answered after the time in which that share of the answers of the location use to come (`95%`; 50% to 99.9%, and at least `min`), another endpoint is asked as well. The first answer counts, the other request is dropped. Only requests without a body whose method is idempotent, once each, and as `retry_budget` and `proxy_next_upstream_tries` allow. Each proxy thread learns from its own answers, and hedges nothing before there were 100. Times of up to half a second are kept to a millisecond or two, longer ones to 50 ms.',
  },
});

/** A field that tells how long a client will wait. */
export interface DeadlineHeader {
  readonly name: string;
  /** What endpoints get of it: the time that is left; '' where nothing limits it. */
  readonly remaining: ComplexValue<Exchange>;
}

/** Reads `off | field`; undefined after reporting what is wrong. */
function parseDeadlineHeader(
  [word]: readonly Word[],
  context: ParseContext,
): DeadlineHeader | 'off' | undefined {
  if (word === undefined) return undefined;
  const { text } = word;
  if (text === 'off') return 'off';
  if (!/^[\w-]+$/.test(text)) {
    return reportInvalid(context, word, 'field', 'a name is letters, digits, "-" and "_"');
  }
  if (NOT_FOR_TIMES.test(text)) {
    return reportInvalid(
      context,
      word,
      'field',
      'it has another meaning; X-Request-Timeout has not',
    );
  }
  const place = placeOfWord(context.node, word);
  const compiled = context.tools.compileComplex('$upstream_remaining_ms', place, context.problems);
  const left = compiled as ComplexValue<Exchange> | undefined; // as of every text: of an exchange
  if (left === undefined) return undefined;
  const unit = text.toLowerCase() === 'grpc-timeout' ? 'm' : '';
  const evaluate = (exchange: Exchange): string => {
    const ms = left.evaluate(exchange);
    return ms === '' ? '' : `${ms}${unit}`;
  };
  return { name: text, remaining: { constant: undefined, isOfConnection: false, evaluate } };
}

/** They frame or route a message, or belong to a connection. */
const NOT_FOR_TIMES =
  /^(?:host|connection|upgrade|content-length|transfer-encoding|te|trailer|expect|via|keep-alive|proxy-connection)$/i;

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
