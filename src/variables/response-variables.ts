/** Data path. The answer and how it came about: `$status`, `$upstream_addr`, `$reason`, … */
import { FAILURES } from '#src/base/failure.ts';
import { addedTrailerLines } from '#src/exchange/added-trailers.ts';
import { type Exchange, RESPONSE_ENDED, RESPONSE_NONE } from '#src/exchange/exchange.ts';
import { wanted } from '#src/exchange/wanted.ts';
import type { HeaderMap } from '#src/http/header-map.ts';
import { BODY_LENGTH } from '#src/http/message.ts';
import { fieldReader } from './fields.ts';
import { secondsText } from './time-text.ts';
import type { VariableTable } from './variable.ts';

/** `$status` to `$upstream_http_NAME`. */
export const responseVariables: VariableTable = {
  names: {
    // Always three digits.
    status: (exchange) => `${statusOf(exchange)}`.padStart(3, '0'),
    body_bytes_sent: ({ bodyBytesSent }) => `${bodyBytesSent}`,
    bytes_sent: ({ bytesSent }) => `${bytesSent}`,
    request_completion: (exchange) => (isWhole(exchange) ? 'OK' : ''),
    reason: ({ reason }) => (reason === '' ? undefined : reason),
    proxy_host: ({ proxyHost }) => (proxyHost === '' ? undefined : proxyHost),
    proxy_port: ({ proxyHost, proxyPort }) => (proxyHost === '' ? undefined : proxyPort),
    upstream_addr: ({ upstreamAddress }) => (upstreamAddress === '' ? undefined : upstreamAddress),
    upstream_status: ({ upstreamStatus }) => (upstreamStatus === '' ? undefined : upstreamStatus),
    upstream_policy: ({ upstreamPolicy }) => (upstreamPolicy === '' ? undefined : upstreamPolicy),
    upstream_inflight: ({ upstreamInFlight }) => {
      return upstreamInFlight === 0 ? undefined : `${upstreamInFlight}`;
    },
    upstream_connect_time: (exchange) => timeText(exchange, 3, exchange.upstreamConnectMs),
    upstream_header_time: (exchange) => timeText(exchange, 4, exchange.upstreamHeaderMs),
    upstream_bytes_received: (exchange) => bytesText(exchange, 0, exchange.upstreamReceivedBytes),
    upstream_bytes_sent: (exchange) => bytesText(exchange, 1, exchange.upstreamSentBytes),
    upstream_response_length: (exchange) => bytesText(exchange, 2, exchange.upstreamBodyBytes),
    // There is no cache to have a state.
    upstream_cache_status: () => undefined,
    upstream_queue_time: ({ upstreamQueueMs }) => {
      return upstreamQueueMs < 0 ? undefined : secondsText(upstreamQueueMs);
    },
    upstream_response_time: (exchange) => timeText(exchange, 5, exchange.upstreamResponseMs),
  },
  // Of a location, and so of what a location makes of a connection.
  ofConnection: new Set(['proxy_host', 'proxy_port']),
  onUse: {
    upstream_inflight: () => {
      wanted.inFlight = true;
    },
  },
  prefixes: {
    sent_http_: (rest) => {
      const read = fieldReader(rest);
      return ({ response }) => read(response.fields);
    },
    upstream_http_: (rest) => {
      const read = fieldReader(rest);
      return (exchange) => {
        return isOfEndpoint(exchange) ? read(exchange.response.fields) : undefined;
      };
    },
    upstream_cookie_: (rest) => (exchange) => {
      return cameFromUpstream(exchange) ? setCookieOf(exchange.response.fields, rest) : undefined;
    },
    upstream_trailer_: (rest) => (exchange) => {
      return cameFromUpstream(exchange) ? trailerOf(exchange.response.trailers, rest) : undefined;
    },
    sent_trailer_: (rest) => (exchange) => {
      const { keepsTrailers, response } = exchange;
      const passed = keepsTrailers ? trailerOf(response.trailers, rest) : undefined;
      return passed ?? trailerOf(addedTrailerLines(exchange), rest);
    },
  },
};

/** Whether an endpoint gave the answer; after a failure it may be the one of an error page. */
export function isOfEndpoint({ isInternal, reason, upstreamAddress }: Exchange): boolean {
  return upstreamAddress !== '' && (reason === '' || isInternal);
}

/** `$status`. Before an answer began, the status its failure stands for (499, 408 …). */
export function statusOf({ response, responseState, reason }: Exchange): number {
  return responseState === RESPONSE_NONE && reason !== ''
    ? FAILURES[reason].status
    : response.status;
}

/** The client was sent all of the answer: that of an endpoint, or the page of a failure. */
function isWhole({ bodyBytesSent, bytesSent, reason, request, response, responseState }: Exchange) {
  if (responseState !== RESPONSE_ENDED || bytesSent === 0) return false;
  if (reason === '' || request.method === 'HEAD') return true;
  return response.framing === BODY_LENGTH && bodyBytesSent === response.bodyBytes;
}

function cameFromUpstream({ upstreamAddress, reason }: Exchange): boolean {
  return upstreamAddress !== '' && reason === '';
}

/** `0, 1024`: of each attempt; nothing without any. `which` of the numbers of each it is. */
function bytesText(exchange: Exchange, which: number, last: number): string | undefined {
  return eachText(exchange, which, last, String);
}

/** `-, 0.012`: as `bytesText`, of milliseconds; `-` for a stage that an attempt did not reach. */
function timeText(exchange: Exchange, which: number, lastMs: number): string | undefined {
  return eachText(exchange, which, lastMs, attemptTime);
}

function eachText(
  { upstreamAddress, upstreamEarlier }: Exchange,
  which: number,
  last: number,
  textOf: (value: number) => string,
): string | undefined {
  if (upstreamAddress === '') return undefined;
  if (upstreamEarlier === undefined) return textOf(last);
  let text = '';
  for (let at = which; at < upstreamEarlier.length; at += NUMBERS_PER_ATTEMPT) {
    const isBeforeRedirect = upstreamEarlier[at - which + REDIRECTED] === 1;
    text += `${textOf(upstreamEarlier[at] as number)}${isBeforeRedirect ? ' : ' : ', '}`;
  }
  return `${text}${textOf(last)}`;
}

const NUMBERS_PER_ATTEMPT = 7;
/** Of these, whether a redirect came next. */
const REDIRECTED = 6;

/** The value of that cookie in the first `Set-Cookie` that sets it, without its attributes. */
function setCookieOf(fields: HeaderMap, lowerName: string): string | undefined {
  for (let index = 0; index < fields.count; index++) {
    if (!fields.nameEquals(index, 'set-cookie')) continue;
    const value = fields.valueAt(index);
    const equals = value.indexOf('=');
    if (equals < 0 || value.substring(0, equals).trim().toLowerCase() !== lowerName) continue;
    const end = value.indexOf(';', equals);
    return value.substring(equals + 1, end < 0 ? value.length : end).trim();
  }
  return undefined;
}

/** The first trailer of that name; its "-" is "_" in the name of a variable. */
function trailerOf(lines: string, variablePart: string): string | undefined {
  for (let at = 0, end = lines.indexOf('\r\n'); end > at; end = lines.indexOf('\r\n', at)) {
    const colon = lines.indexOf(':', at);
    const name = lines.substring(at, colon).toLowerCase().replaceAll('-', '_');
    if (name === variablePart) return lines.substring(colon + 1, end).trim();
    at = end + 2;
  }
  return undefined;
}

/** `0.012`; `-` for a stage that the attempt did not reach. */
function attemptTime(ms: number): string {
  return ms < 0 ? '-' : secondsText(ms);
}
