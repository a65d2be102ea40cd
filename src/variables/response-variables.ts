/** Data path. The answer and how it came about: `$status`, `$upstream_addr`, `$reason`, … */
import { FAILURES } from '#src/base/failure.ts';
import { type Exchange, RESPONSE_ENDED, RESPONSE_NONE } from '#src/exchange/exchange.ts';
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
    request_completion: ({ responseState, reason }) => {
      return responseState === RESPONSE_ENDED && reason === '' ? 'OK' : undefined;
    },
    reason: ({ reason }) => (reason === '' ? undefined : reason),
    proxy_host: ({ proxyHost }) => (proxyHost === '' ? undefined : proxyHost),
    proxy_port: ({ proxyHost, proxyPort }) => (proxyHost === '' ? undefined : proxyPort),
    upstream_addr: ({ upstreamAddress }) => (upstreamAddress === '' ? undefined : upstreamAddress),
    upstream_status: ({ upstreamStatus }) => (upstreamStatus === '' ? undefined : upstreamStatus),
    upstream_connect_time: (exchange) => attemptTime(exchange, exchange.upstreamConnectMs),
    upstream_header_time: (exchange) => attemptTime(exchange, exchange.upstreamHeaderMs),
    upstream_response_time: (exchange) => attemptTime(exchange, exchange.upstreamResponseMs),
  },
  // Of a location, and so of what a location makes of a connection.
  ofConnection: new Set(['proxy_host', 'proxy_port']),
  prefixes: {
    sent_http_: (rest) => {
      const read = fieldReader(rest);
      return ({ response }) => read(response.fields);
    },
    upstream_http_: (rest) => {
      const read = fieldReader(rest);
      return ({ response, upstreamAddress, reason }) => {
        return upstreamAddress === '' || reason !== '' ? undefined : read(response.fields);
      };
    },
  },
};

/** `$status`. Before an answer began, the status its failure stands for (499, 408 …). */
export function statusOf({ response, responseState, reason }: Exchange): number {
  return responseState === RESPONSE_NONE && reason !== ''
    ? FAILURES[reason].status
    : response.status;
}

/** `0.012`; `-` for a stage that the attempt did not reach; nothing without an attempt. */
function attemptTime({ upstreamAddress }: Exchange, ms: number): string | undefined {
  if (upstreamAddress === '') return undefined;
  return ms < 0 ? '-' : secondsText(ms);
}
