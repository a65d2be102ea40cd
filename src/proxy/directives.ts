/** The directives of passing an exchange to an upstream. */
import type { Exchange } from '#src/exchange/exchange.ts';
import { custom, time } from '#src/schema/arguments.ts';
import type { ComplexValue } from '#src/schema/complex-value.ts';
import { directives, HTTP_SERVER_LOCATION, type SettingsOf } from '#src/schema/directive.ts';
import {
  parseBuffering,
  parseHttpVersion,
  parseProxyPass,
  parseSetHeader,
} from './proxy-arguments.ts';

/** `proxy_pass`: which upstream answers. */
export const proxyPassDirectives = directives({
  pass: {
    name: 'proxy_pass',
    contexts: ['location'],
    argument: custom({ usage: 'URL', minWords: 1, maxWords: 1, parse: parseProxyPass }),
    inherit: false,
    doc: 'Passes requests to `http://host[:port][/uri]`, `http://upstream[/uri]` or `http://unix:/path[:/uri]`. With a URI, it replaces the part of the path that the location matched; without one the target goes on as it came. `https://` and variables are not built yet.',
  },
});

/** How an exchange is passed on. */
export const proxyDirectives = directives({
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
    doc: 'Sets a field of the request to the upstream; an empty value removes it. Inherited only by levels that have none of their own. `Host` is `$proxy_host` unless set. Fields that decide the framing cannot be set.',
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
      usage: '1.1',
      minWords: 1,
      maxWords: 1,
      default: ['1.1'],
      parse: parseHttpVersion,
    }),
    doc: 'The version spoken to the upstream. 1.1, as in nginx since 1.29.7; 1.0 and 2 are not built.',
  },
  buffering: {
    name: 'proxy_buffering',
    contexts: HTTP_SERVER_LOCATION,
    argument: custom({
      usage: 'off',
      minWords: 1,
      maxWords: 1,
      default: ['off'],
      parse: parseBuffering,
    }),
    doc: 'Whether responses are collected before they go to the client. This version always streams, with backpressure; `on` is accepted and named by `-t`.',
  },
  requestBuffering: {
    name: 'proxy_request_buffering',
    contexts: HTTP_SERVER_LOCATION,
    argument: custom({
      usage: 'off',
      minWords: 1,
      maxWords: 1,
      default: ['off'],
      parse: parseBuffering,
    }),
    doc: 'Whether request bodies are collected before they go to the upstream. This version always streams, with backpressure; `on` is accepted and named by `-t`.',
  },
});
/** How an exchange is passed on in one location. */
export type ProxySettings = SettingsOf<typeof proxyDirectives>;

declare module '#src/routing/model.ts' {
  interface Location {
    /** How exchanges of this location are passed on; meaningful when its handler is `proxy`. */
    readonly proxy: ProxySettings;
  }
}
