/** The directives of the client's side of HTTP: listening, limits, timeouts, keep-alive. */
import { MAX_FIELDS } from '#src/http/header-map.ts';
import { custom, flag, integer, oneOf, size, time } from '#src/schema/arguments.ts';
import {
  directives,
  HTTP_SERVER,
  HTTP_SERVER_LOCATION,
  type SettingsOf,
} from '#src/schema/directive.ts';
import { tempPath } from '#src/spool/temp-path-argument.ts';
import {
  parseBodyInFileOnly,
  parseHeaderBuffers,
  parseKeepaliveTimeout,
  parseMaxHeaders,
  parseStrictOnly,
} from './client-arguments.ts';
import { type ListenArgument, parseListen } from './listen-argument.ts';

export type { ListenArgument };

/** `listen`, gathered per server. */
export const listenDirectives = directives({
  listens: {
    name: 'listen',
    contexts: ['server'],
    argument: custom({
      usage:
        'address[:port] | port | unix:path [default_server] [backlog=number] [reuseport] [so_keepalive=on|off|[idle]:[interval]:[count]] [rcvbuf=size] [sndbuf=size] [deferred] [fastopen=number]',
      minWords: 1,
      maxWords: 20,
      parse: parseListen,
    }),
    repeat: true,
    inherit: false,
    doc: 'An address the server answers on; `*:80` (or `*:8000` when Weir runs without root) when a server has none. `default_server` makes it the one that answers names no server has; else the first in the file does. `reuseport` is always on in Weir and accepted.',
  },
});

/** Limits and timeouts towards the client. Those of `http` and `server` are taken per server. */
export const clientDirectives = directives({
  headerTimeoutMs: {
    name: 'client_header_timeout',
    contexts: HTTP_SERVER,
    argument: time({ default: '60s', min: '1ms' }),
    doc: 'The time a client has for the whole request head, counted from its first byte. Then 408.',
  },
  headerBuffers: {
    name: 'large_client_header_buffers',
    contexts: HTTP_SERVER,
    argument: custom({
      usage: 'number size',
      minWords: 2,
      maxWords: 2,
      default: ['4', '8k'],
      parse: parseHeaderBuffers,
    }),
    doc: 'Bounds the request head: no line may exceed `size` (414 for the request line, 431 for a field), the head as a whole `number` × `size` (431).',
  },
  ignoreInvalidHeaders: {
    name: 'ignore_invalid_headers',
    contexts: HTTP_SERVER,
    argument: custom({
      usage: 'on',
      minWords: 1,
      maxWords: 1,
      default: ['on'],
      parse: (words, context) => parseStrictOnly(words, context, 'on'),
    }),
    doc: 'Fields with names outside `[A-Za-z0-9-]` (and `_`, see `underscores_in_headers`) that are still tokens are dropped. Names that are no tokens are refused with 400. `off` is not built.',
  },
  underscoresInHeaders: {
    name: 'underscores_in_headers',
    contexts: HTTP_SERVER,
    argument: flag({ default: 'off' }),
    doc: 'Whether field names with `_` are passed on. When off they are dropped, so that they cannot pose as the field that an application reads under the same CGI name.',
  },
  maxHeaders: {
    name: 'max_headers',
    contexts: HTTP_SERVER,
    argument: custom({
      usage: 'number',
      minWords: 1,
      maxWords: 1,
      default: [String(MAX_FIELDS)],
      parse: parseMaxHeaders,
    }),
    doc: `Fields that the head of a request may have; with more it is refused (431). At most, and by default, ${MAX_FIELDS}.`,
  },
  mergesSlashes: {
    name: 'merge_slashes',
    contexts: HTTP_SERVER,
    argument: flag({ default: 'on' }),
    doc: 'Whether several `/` in a row are one where a location is looked for. Of an address, what its default server says holds for all.',
  },
  absoluteRedirect: {
    name: 'absolute_redirect',
    contexts: HTTP_SERVER_LOCATION,
    argument: flag({ default: 'on' }),
    doc: 'Whether a redirect to a path is sent as the whole URL, with scheme and host.',
  },
  serverNameInRedirect: {
    name: 'server_name_in_redirect',
    contexts: HTTP_SERVER_LOCATION,
    argument: flag({ default: 'off' }),
    doc: 'Whether the host of such a URL is the first `server_name`, and not the one that the client asked for.',
  },
  portInRedirect: {
    name: 'port_in_redirect',
    contexts: HTTP_SERVER_LOCATION,
    argument: flag({ default: 'on' }),
    doc: 'Whether such a URL has the port that the client came in on, unless it is 80.',
  },
  bodyTimeoutMs: {
    name: 'client_body_timeout',
    contexts: HTTP_SERVER_LOCATION,
    argument: time({ default: '60s', min: '1ms' }),
    doc: 'The longest pause between two reads of the request body. Then 408.',
  },
  maxBodyBytes: {
    name: 'client_max_body_size',
    contexts: HTTP_SERVER_LOCATION,
    argument: size({ default: '1m' }),
    doc: 'The largest request body; beyond it 413. 0 removes the limit.',
  },
  sendTimeoutMs: {
    name: 'send_timeout',
    contexts: HTTP_SERVER_LOCATION,
    argument: time({ default: '60s', min: '1ms' }),
    doc: 'The longest pause between two writes to the client that make progress. Then the connection is closed.',
  },
  keepalive: {
    name: 'keepalive_timeout',
    contexts: HTTP_SERVER_LOCATION,
    argument: custom({
      usage: 'timeout [header_timeout]',
      minWords: 1,
      maxWords: 2,
      default: ['75s'],
      parse: parseKeepaliveTimeout,
    }),
    doc: 'How long an idle keep-alive connection stays open; 0 closes after every response. The second value is sent as `Keep-Alive: timeout=`.',
  },
  keepaliveMinTimeoutMs: {
    name: 'keepalive_min_timeout',
    contexts: HTTP_SERVER_LOCATION,
    argument: time({ default: '0' }),
    doc: 'While draining, an idle keep-alive connection is not closed before this time has passed.',
  },
  keepaliveRequests: {
    name: 'keepalive_requests',
    contexts: HTTP_SERVER_LOCATION,
    argument: integer({ default: '1000', min: 0 }),
    doc: 'Requests after which a client connection is closed.',
  },
  keepaliveTimeMs: {
    name: 'keepalive_time',
    contexts: HTTP_SERVER_LOCATION,
    argument: time({ default: '1h' }),
    doc: 'Age after which a client connection is closed once its request has ended.',
  },
  lingeringClose: {
    name: 'lingering_close',
    contexts: HTTP_SERVER_LOCATION,
    argument: oneOf(['on', 'off', 'always'], { default: 'on' }),
    doc: 'Whether the rest of a request is read and dropped before its connection closes, so that the client gets to read the answer: `on` when more may come, `always` in any case, `off` never.',
  },
  lingeringTimeMs: {
    name: 'lingering_time',
    contexts: HTTP_SERVER_LOCATION,
    argument: time({ default: '30s' }),
    doc: 'The longest time spent on reading and dropping the rest of a refused request.',
  },
  lingeringTimeoutMs: {
    name: 'lingering_timeout',
    contexts: HTTP_SERVER_LOCATION,
    argument: time({ default: '5s' }),
    doc: 'The longest wait for more bytes of a refused request.',
  },
  bodyBufferBytes: {
    name: 'client_body_buffer_size',
    contexts: HTTP_SERVER_LOCATION,
    argument: size({ default: '16k', min: '1k', max: '1g' }),
    doc: 'Memory for a request body that is read whole (`proxy_request_buffering on`); a larger one goes to a file.',
  },
  bodyTempPath: {
    name: 'client_body_temp_path',
    contexts: HTTP_SERVER_LOCATION,
    argument: tempPath,
    doc: 'The directory for request bodies that wait in a file; a missing one is created for `user`, in a folder that must exist. The files have no names and vanish with the process, so levels of folders are accepted without effect. `auto` is `/var/tmp` where Weir may write there, else the folder for temporary files of the system (`TMPDIR`); `/tmp` comes last because it is memory on many machines.',
  },
  bodyInFileOnly: {
    name: 'client_body_in_file_only',
    contexts: HTTP_SERVER_LOCATION,
    argument: custom({
      usage: 'off',
      minWords: 1,
      maxWords: 1,
      default: ['off'],
      parse: parseBodyInFileOnly,
    }),
    doc: 'Request bodies are kept in files for the time of the exchange only; `on` and `clean` are not built.',
  },
  resetTimedout: {
    name: 'reset_timedout_connection',
    contexts: HTTP_SERVER_LOCATION,
    argument: flag({ default: 'off' }),
    doc: 'Whether a client that timed out (and `return 444`) gets a TCP reset, so that nothing of its connection stays in the kernel. Idle keep-alive connections are closed in the usual way.',
  },
  chunkedToClient: {
    name: 'chunked_transfer_encoding',
    contexts: HTTP_SERVER_LOCATION,
    argument: flag({ default: 'on' }),
    doc: 'Whether a response of unknown length goes to an HTTP/1.1 client in chunks. When off it ends with the connection, so a client cannot tell a whole one from a broken one.',
  },
  serverTokens: {
    name: 'server_tokens',
    contexts: HTTP_SERVER_LOCATION,
    argument: oneOf(['on', 'off', 'build'], { default: 'on' }),
    doc: 'Whether the `Server` field and error pages carry the version.',
  },
});
/** Limits and timeouts towards the client, as they hold in one location. */
export type ClientSettings = SettingsOf<typeof clientDirectives>;
