/** The directives of passing an exchange to an upstream. */
import type { Exchange } from '#src/exchange/exchange.ts';
import { complexValue, custom, flag, integer, size, time } from '#src/schema/arguments.ts';
import type { ComplexValue } from '#src/schema/complex-value.ts';
import { directives, HTTP_SERVER_LOCATION, type SettingsOf } from '#src/schema/directive.ts';
import { tempPath } from '#src/spool/temp-path-argument.ts';
import { answerDirectives } from './answer-directives.ts';
import { parseBind } from './bind-argument.ts';
import type { ClientDeadline } from './client-deadline.ts';
import { faultDirectives } from './fault-directives.ts';
import { parseNextUpstream } from './next-upstream-argument.ts';
import {
  parseBuffers,
  parseEarlyHints,
  parseHttpVersion,
  parseProxyPass,
  parseSetHeader,
  parseUpgrades,
  parseVia,
} from './proxy-arguments.ts';
import { rate } from './rate-argument.ts';
import { parseMethod, type Rewrite } from './rewriting-arguments.ts';
import { parseStore, parseStoreAccess } from './store-argument.ts';
import { tryDirectives } from './try-directives.ts';

/** `proxy_pass`: which upstream answers. */
export const proxyPassDirectives = directives({
  pass: {
    name: 'proxy_pass',
    contexts: ['location', 'location-if'],
    argument: custom({ usage: 'URL', minWords: 1, maxWords: 1, parse: parseProxyPass }),
    inherit: false,
    doc: 'Passes requests to `http://host[:port][/uri]`, `http://upstream[/uri]` or `http://unix:/path[:/uri]`. With a URI, it replaces the part of the path that the location matched; without one the target goes on as it came. With variables in it the URL is worked out for each request: a URI is sent as it is and replaces the whole target, without one the target goes on; the host is an `upstream` block, what another `proxy_pass` names, an IP address, or is looked up (`resolver`). `https://` is not built yet.',
  },
});

/** How an exchange is passed on. */
export const proxyDirectives = directives({
  ...answerDirectives,
  ...tryDirectives,
  ...faultDirectives,
  setHeaders: {
    name: 'proxy_set_header',
    contexts: HTTP_SERVER_LOCATION,
    argument: custom<readonly [name: string, value: ComplexValue<Exchange>]>({
      usage: 'field value',
      minWords: 2,
      maxWords: 2,
      parse: parseSetHeader,
    }),
    repeat: true,
    doc: 'Sets a field of the request to the upstream; an empty value removes it. Inherited only by levels that have none of their own. `Host` is `$proxy_host` unless set. `Connection: close` ends the connection with the request; `Upgrade` has no effect, see `proxy_upgrade`. Fields that decide the framing cannot be set; to empty them, as is usual with `proxy_pass_request_body off`, changes nothing.',
  },
  bind: {
    name: 'proxy_bind',
    contexts: HTTP_SERVER_LOCATION,
    argument: custom({
      usage: 'address[:port] [transparent] | off',
      minWords: 1,
      maxWords: 2,
      default: ['off'],
      parse: parseBind,
    }),
    doc: 'The local IP address, and with it the port, that connections to endpoints come from; may hold variables: an empty value leaves it to the system, and so does one that is no address (with a line in the error log). An address that this machine has not: 500. Connections from different addresses are not mixed. `off` cancels what is inherited. With `transparent` it need not be an address of this machine (`$remote_addr`), whose routes must bring the answers back: Linux, and CAP_NET_RAW or CAP_NET_ADMIN for the processes that serve, which keep the former when the master is root; without it 500.',
  },
  bindDynamic: {
    name: 'proxy_bind_dynamic',
    contexts: HTTP_SERVER_LOCATION,
    argument: flag({ default: 'off' }),
    doc: 'Whether the variables of `proxy_bind` are worked out anew for each try of an exchange; `off`: once for all of them.',
  },
  requestDynamic: {
    name: 'proxy_request_dynamic',
    contexts: HTTP_SERVER_LOCATION,
    argument: flag({ default: 'off' }),
    doc: 'Accepted. Weir makes the request anew for each try of an exchange: variables in `proxy_set_header`, `proxy_method` and `proxy_set_body` have the value of that try.',
  },
  connectTimeoutMs: {
    name: 'proxy_connect_timeout',
    contexts: HTTP_SERVER_LOCATION,
    argument: time({ default: '60s', min: '1ms' }),
    doc: 'How long establishing a connection to an endpoint may take. Then 504.',
  },
  sendTimeoutMs: {
    name: 'proxy_send_timeout',
    contexts: HTTP_SERVER_LOCATION,
    argument: time({ default: '60s', min: '1ms' }),
    doc: 'The longest pause between two writes to the endpoint that make progress. Then 504.',
  },
  readTimeoutMs: {
    name: 'proxy_read_timeout',
    contexts: HTTP_SERVER_LOCATION,
    argument: time({ default: '60s', min: '1ms' }),
    doc: 'The longest pause between two reads from the endpoint. Then 504, or the response is cut when it had begun.',
  },
  httpVersion: {
    name: 'proxy_http_version',
    contexts: HTTP_SERVER_LOCATION,
    argument: custom({
      usage: '1.0 | 1.1',
      minWords: 1,
      maxWords: 1,
      default: ['1.1'],
      parse: parseHttpVersion,
    }),
    doc: 'The version spoken to the upstream. 1.1, as in nginx since 1.29.7. With 1.0 the connection serves one request, and bodies go out by their length only. 2 is not built.',
  },
  buffering: {
    name: 'proxy_buffering',
    contexts: HTTP_SERVER_LOCATION,
    argument: flag({ default: 'on' }),
    doc: 'Whether a response may collect here when the client is slower than the endpoint: in memory up to `proxy_buffers`, then in a file up to `proxy_max_temp_file_size`, so that the endpoint is free early. Bytes that the client takes are never delayed, on or off. `off`, a response with `X-Accel-Buffering: no` and `text/event-stream` hold the endpoint back instead; `X-Accel-Buffering: yes` is as `on`.',
  },
  requestBuffering: {
    name: 'proxy_request_buffering',
    contexts: HTTP_SERVER_LOCATION,
    argument: flag({ default: 'on' }),
    doc: 'Whether the request body is read whole, into memory up to `client_body_buffer_size` and then into a file, before an endpoint is asked. `off` streams it with backpressure; then a failed try can only be repeated while nothing of the body was sent.',
  },
  bufferBytes: {
    name: 'proxy_buffer_size',
    contexts: HTTP_SERVER_LOCATION,
    argument: size({ default: '32k', min: '1k', max: '16m' }),
    doc: 'The longest response head; beyond it 502. The default is larger than that of nginx.',
  },
  buffers: {
    name: 'proxy_buffers',
    contexts: HTTP_SERVER_LOCATION,
    argument: custom({
      usage: 'number size',
      minWords: 2,
      maxWords: 2,
      default: ['8', '4k'],
      parse: parseBuffers,
    }),
    doc: 'Memory in which the part of a response collects that the client has not taken yet: `number` × `size`. What is beyond goes to a file.',
  },
  busyBufferBytes: {
    name: 'proxy_busy_buffers_size',
    contexts: HTTP_SERVER_LOCATION,
    argument: size({ default: '8k' }),
    doc: 'Accepted. Weir sends at once whatever the client takes.',
  },
  maxTempFileBytes: {
    name: 'proxy_max_temp_file_size',
    contexts: HTTP_SERVER_LOCATION,
    argument: size({ default: '1024m' }),
    doc: 'The most of one response that may wait in a file; then the endpoint is held back. 0 uses no file.',
  },
  tempFileWriteBytes: {
    name: 'proxy_temp_file_write_size',
    contexts: HTTP_SERVER_LOCATION,
    argument: size({ default: '64k', min: '1k', max: '16m' }),
    doc: 'How much is written to the file at a time.',
  },
  tempPath: {
    name: 'proxy_temp_path',
    contexts: HTTP_SERVER_LOCATION,
    argument: tempPath,
    doc: 'The directory for responses that wait in a file; see `client_body_temp_path`.',
  },
  sendRate: {
    name: 'limit_rate',
    contexts: [...HTTP_SERVER_LOCATION, 'location-if'],
    argument: rate,
    doc: 'Bytes per second that go to the client of one response of an endpoint; 0 sets no limit. What belongs to a second may go at its beginning. May hold variables; `set $limit_rate` wins. Answers of Weir itself are not delayed.',
  },
  sendRateAfter: {
    name: 'limit_rate_after',
    contexts: [...HTTP_SERVER_LOCATION, 'location-if'],
    argument: rate,
    doc: 'Bytes of a response that go to the client before `limit_rate` holds; may hold variables.',
  },
  readRate: {
    name: 'proxy_limit_rate',
    contexts: HTTP_SERVER_LOCATION,
    argument: rate,
    doc: 'Bytes per second that are read of a response, on average: after a read of up to 64 KB the endpoint waits as long as these should have taken. 0 sets no limit; may hold variables. Without effect where responses are not buffered.',
  },
  forceRanges: {
    name: 'proxy_force_ranges',
    contexts: HTTP_SERVER_LOCATION,
    argument: flag({ default: 'off' }),
    doc: 'Whether clients may ask for a part (`Range`, `If-Range`) of every 200 of an endpoint whose length is known, whatever the endpoint says of `Accept-Ranges`: 206, or 416 where there is no such part. As in nginx without a cache, who asks for several parts gets the whole. What is long behind the part is not read from the endpoint. Without effect where `response_body` makes another body.',
  },
  maxRanges: {
    name: 'max_ranges',
    contexts: HTTP_SERVER_LOCATION,
    argument: integer({ default: '2147483647', min: 0 }),
    doc: 'With 0 no parts are given, whatever `proxy_force_ranges` says.',
  },
  store: {
    name: 'proxy_store',
    contexts: HTTP_SERVER_LOCATION,
    argument: custom({
      usage: 'path | off',
      minWords: 1,
      maxWords: 1,
      default: ['off'],
      parse: parseStore,
    }),
    doc: 'Keeps a copy of each 200 of an endpoint in a file; the path may hold variables. It is written beside its place under a name of its own (`.weir-store-…`) and renamed when it is whole, with the time of `Last-Modified`; folders are made. `user` must be allowed to write there. A path that has `..` in it, whoever chose it, is not written to; what cannot be written is told to the error log, and the client has its answer all the same. An exchange goes on when its client has left. Nothing is ever deleted. `on` is not built yet.',
  },
  storeAccess: {
    name: 'proxy_store_access',
    contexts: HTTP_SERVER_LOCATION,
    argument: custom({
      usage: 'user:rw | group:rw | all:rw | user:r | group:r | all:r …',
      minWords: 1,
      maxWords: 3,
      default: ['user:rw'],
      parse: parseStoreAccess,
    }),
    doc: 'Who may read and write the files of `proxy_store`, and enter the folders that are made for them; `user:rw` in any case.',
  },
  nextUpstream: {
    name: 'proxy_next_upstream',
    contexts: HTTP_SERVER_LOCATION,
    argument: custom({
      usage:
        'error | timeout | denied | invalid_header | non_idempotent | idempotency_key | http_500 | http_502 | http_503 | http_504 | http_403 | http_404 | http_429 | off …',
      minWords: 1,
      maxWords: 20,
      default: ['error', 'timeout'],
      parse: parseNextUpstream,
    }),
    doc: 'After which failures another endpoint is asked, as long as nothing has gone to the client and the request can be sent again. Requests that are not idempotent are repeated only when nothing of them was sent, or with `non_idempotent`; with `idempotency_key`, which nginx has not, also when they have an `Idempotency-Key` that goes on to the endpoint. `denied` is accepted.',
  },
  nextUpstreamTries: {
    name: 'proxy_next_upstream_tries',
    contexts: HTTP_SERVER_LOCATION,
    argument: integer({ default: '0', min: 0 }),
    doc: 'The most tries of one exchange, the first included; 0 sets no limit but the number of endpoints.',
  },
  nextUpstreamTimeoutMs: {
    name: 'proxy_next_upstream_timeout',
    contexts: HTTP_SERVER_LOCATION,
    argument: time({ default: '0' }),
    doc: 'After this time no other endpoint is asked; 0 sets no limit.',
  },
  ignoreClientAbort: {
    name: 'proxy_ignore_client_abort',
    contexts: HTTP_SERVER_LOCATION,
    argument: flag({ default: 'off' }),
    doc: 'Whether a request goes on to its end when its client has closed the connection. `off`: the connection to the endpoint is closed at once.',
  },
  passTrailers: {
    name: 'proxy_pass_trailers',
    contexts: HTTP_SERVER_LOCATION,
    argument: flag({ default: 'off' }),
    doc: 'Whether trailer fields go on: those of requests to the endpoint, those of responses to clients that say `TE: trailers`. They stay trailers; fields on which framing, routing or authentication depend are dropped.',
  },
  interceptErrors: {
    name: 'proxy_intercept_errors',
    contexts: HTTP_SERVER_LOCATION,
    argument: flag({ default: 'off' }),
    doc: 'Whether `error_page` also holds for the statuses of endpoints.',
  },
  passRequestHeaders: {
    name: 'proxy_pass_request_headers',
    contexts: HTTP_SERVER_LOCATION,
    argument: flag({ default: 'on' }),
    doc: 'Whether the fields of the request go on. Those of `proxy_set_header` and what frames the message do in any case.',
  },
  method: {
    name: 'proxy_method',
    contexts: HTTP_SERVER_LOCATION,
    argument: custom({ usage: 'method', minWords: 1, maxWords: 1, parse: parseMethod }),
    doc: "The method of requests to the endpoint, in place of the client's; may hold variables.",
  },
  setBody: {
    name: 'proxy_set_body',
    contexts: HTTP_SERVER_LOCATION,
    argument: complexValue<Exchange>(),
    doc: "The body of requests to the endpoint, in place of the client's, which is read and dropped; may hold variables.",
  },
  passRequestBody: {
    name: 'proxy_pass_request_body',
    contexts: HTTP_SERVER_LOCATION,
    argument: flag({ default: 'on' }),
    doc: 'Whether the body of the request goes on. When off it is read and dropped.',
  },
  earlyHints: {
    name: 'early_hints',
    contexts: HTTP_SERVER_LOCATION,
    argument: custom({
      usage: 'string …',
      minWords: 1,
      maxWords: 100,
      default: [],
      parse: parseEarlyHints,
    }),
    doc: 'When an informational answer of the endpoint (1xx, 100 and 101 apart) is passed on to an HTTP/1.1 client: if at least one string is neither empty nor `0`. Without the directive never.',
  },
  upgrades: {
    name: 'proxy_upgrade',
    contexts: HTTP_SERVER_LOCATION,
    argument: custom({
      usage: 'off | protocol …',
      minWords: 1,
      maxWords: 20,
      default: ['websocket'],
      parse: parseUpgrades,
    }),
    doc: 'Weir only. The protocols that a client may change to with `Upgrade`; the field is passed on for these only, without `proxy_set_header`. `h2c` and `TLS` are refused: what they carry could not be inspected.',
  },
  via: {
    name: 'via',
    contexts: HTTP_SERVER_LOCATION,
    argument: custom({
      usage: 'on | off | name',
      minWords: 1,
      maxWords: 1,
      default: ['on'],
      parse: parseVia,
    }),
    doc: 'Weir only. Requests to endpoints carry `Via: 1.1 name`; by it a request that went in circles is found and refused with 508. `on`: `weir-` and eight hex digits of the host name and the path of the configuration. Proxies that are to find loops through each other need different names; several that share one name count together.',
  },
});
/** How an exchange is passed on in one location. */
export type ProxySettings = SettingsOf<typeof proxyDirectives>;

declare module '#src/routing/model.ts' {
  interface Location {
    /** How exchanges of this location are passed on; meaningful when its handler is `proxy`. */
    readonly proxy: ProxySettings;
    /** `proxy_deadline_header`, where somebody's word counts. */
    readonly deadline: ClientDeadline | undefined;
    /** Our pseudonym in Via (RFC 9110 §7.6.3); '' sends none. */
    readonly via: string;
    /** `$limit_rate`; undefined when the configuration never sets it. */
    readonly setRate: ComplexValue<Exchange> | undefined;
    /** `proxy_redirect`, with the default written out. */
    readonly redirects: readonly Rewrite[];
  }
}
