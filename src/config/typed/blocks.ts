/**
 * What may stand in weir.config.ts, block by block. Generated from the declarations of the
 * directives (src/config/typed/render-blocks.ts); do not edit. To write it anew:
 * WEIR_UPDATE_DOCS=1 node --test src/config/directives-page.test.ts
 */
import type {
  BalancerFunction,
  Handler,
  ProviderFunction,
  RequestFilter,
  ResponseBodyFilter,
  ResponseFilter,
  VariableFunction,
} from '#src/functions/contexts.ts';
import type {
  Block,
  Flag,
  MediaTypes,
  NamedBlocks,
  Rows,
  Several,
  Size,
  Tables,
  Text,
  TextRows,
  Time,
  Word,
  Words,
} from './values.ts';

/** The whole configuration. */
export interface WeirConfig {
  /**
   * Files of nginx.conf, by name or pattern, relative to this one: they stand here.
   */
  readonly include?: Several<string> | undefined;
  /**
   * `user user [group]`. Whom the generation and its threads run as when the master is root.
   * Without a group, the one named like the user, else its own.
   */
  readonly user?: Words | undefined;
  /**
   * `worker_processes number | auto` (without it: `1`). Proxy threads. `auto` is one per CPU that
   * this process may use, by affinity and cgroup.
   */
  readonly workerProcesses?: Word | undefined;
  /**
   * `worker_rlimit_nofile number`. The limit on open files of the generation.
   */
  readonly workerRlimitNofile?: number | undefined;
  /**
   * `worker_shutdown_timeout time` (without it: `0`). How long a draining generation may take to
   * finish; then its connections are closed. 0, the default, sets no limit.
   */
  readonly workerShutdownTimeout?: Time | undefined;
  /**
   * `worker_priority number` (without it: `0`). The priority of the generation and its threads as
   * of nice(1), from -20, which comes first, to 19. Only root may go below 0.
   */
  readonly workerPriority?: Word | undefined;
  /**
   * `pid file` (without it: `weir.pid`). The file with the process id of the master.
   */
  readonly pid?: string | undefined;
  /**
   * `api_listen unix:path | address:port | off [write=on | off]`. Weir only. Where the API is
   * asked, of the shape of NGINX Plus’s version 9, which `weir ctl` uses too; may stand several
   * times. By default a unix socket beside the pid file (`weir.pid`: `weir.sock`), which only the
   * user of the master may use. On a unix socket `write` is `on`, over TCP it is `off` unless told.
   * Over TCP requests of web pages are refused (`Origin`, or a `Host` that is neither an IP address
   * nor `localhost`).
   */
  readonly apiListen?: Rows | undefined;
  /**
   * `event_webhook url [queue=number] [timeout=time]`. Weir only. What happens (a server down or
   * up, a breaker open, servers added or taken out, a configuration refused) is sent there as JSON
   * by POST, one after the other; docs/steering.md has the fields. What fails is tried again with
   * longer and longer waits, ten times. At most `queue` (1000) events wait; then the oldest is
   * dropped and counted. `timeout` (5s) is that of one try. Nothing else ever waits for it.
   */
  readonly eventWebhook?: Rows | undefined;
  /**
   * `daemon on | off` (without it: `off`). Whether Weir goes to the background. Unlike nginx it
   * stays in the foreground unless told.
   */
  readonly daemon?: Flag | undefined;
  /**
   * `error_log file | stderr | memory:size | syslog:server=address[,parameter…] [level]`. Where
   * errors are logged, from which level on (`debug`, `info`, `notice`, `warn`, `error`, `crit`,
   * `alert`, `emerg`; `error` when none is given). May stand several times. In `http`, `server` and
   * `location` it takes the lines that are about their requests; those about processes and
   * connections go where the top level says, to `stderr` when it says nothing. Parameters of
   * `syslog:` are those of `access_log`; its severity is that of each line. `memory:` keeps the
   * last lines, of each process and thread as much as `size`; USR1 (`-s reopen`) has them written
   * to standard error.
   */
  readonly errorLog?: Rows | undefined;
  /**
   * `events { … }`. How connections are taken.
   */
  readonly events?: Block<EventsBlock> | undefined;
  /**
   * `http { … }`. Everything about HTTP.
   */
  readonly http?: Block<HttpBlock> | undefined;
}

/** What may stand in `http`. */
export interface HttpBlock {
  /**
   * Files of nginx.conf, by name or pattern, relative to this one: they stand here.
   */
  readonly include?: Several<string> | undefined;
  /**
   * `error_log file | stderr | memory:size | syslog:server=address[,parameter…] [level]`. Where
   * errors are logged, from which level on (`debug`, `info`, `notice`, `warn`, `error`, `crit`,
   * `alert`, `emerg`; `error` when none is given). May stand several times. In `http`, `server` and
   * `location` it takes the lines that are about their requests; those about processes and
   * connections go where the top level says, to `stderr` when it says nothing. Parameters of
   * `syslog:` are those of `access_log`; its severity is that of each line. `memory:` keeps the
   * last lines, of each process and thread as much as `size`; USR1 (`-s reopen`) has them written
   * to standard error.
   */
  readonly errorLog?: Rows | undefined;
  /**
   * `server { … }`. A virtual server: chosen by the address a connection came in on and the host it
   * asks for.
   */
  readonly server?: Several<Block<ServerBlock>> | undefined;
  /**
   * `rewrite_log on | off` (without it: `off`). Whether `rewrite` and `if` tell the error log, at
   * level `notice`, what they found and made. What holds is the value of the `server` or
   * `location`, also inside an `if` of it.
   */
  readonly rewriteLog?: Flag | undefined;
  /**
   * `default_type mime-type` (without it: `text/plain`). The `Content-Type` of the text of `return`
   * where `types` has none for the extension of the path.
   */
  readonly defaultType?: string | undefined;
  /**
   * `types { mime-type extension …; }`. Maps extensions of the path to the `Content-Type` of the
   * text of `return`. HTML, GIF and JPEG when there is none.
   */
  readonly types?: MediaTypes | undefined;
  /**
   * `error_page code … [=[response]] uri`. What is answered instead of our page of these statuses:
   * `/path` is asked for with GET, `@name` with the method and body of the request, `http://…` is a
   * redirect (302, or the 301, 302, 303, 307 or 308 of `=response`). The status stays unless
   * `=response` gives another, or `=` alone leaves it to what answers. The statuses of endpoints
   * count with `proxy_intercept_errors on` only. What is refused before its location is known has
   * our page. Inherited only by levels that have none of their own.
   */
  readonly errorPage?: Rows | undefined;
  /**
   * `recursive_error_pages on | off` (without it: `off`). Whether an error of an error page may
   * lead to another one. After 10 redirects the answer is 500 in any case.
   */
  readonly recursiveErrorPages?: Flag | undefined;
  /**
   * `client_header_timeout time` (without it: `10s`). The time a client has for the whole request
   * head, counted from its first byte. Then 408.
   */
  readonly clientHeaderTimeout?: Time | undefined;
  /**
   * `large_client_header_buffers number size` (without it: `4 8k`). Bounds the request head: no
   * line may exceed `size` (414 for the request line, 431 for a field), the head as a whole
   * `number` × `size` (431).
   */
  readonly largeClientHeaderBuffers?: Words | undefined;
  /**
   * `ignore_invalid_headers on` (without it: `on`). Fields with names outside `[A-Za-z0-9-]` (and
   * `_`, see `underscores_in_headers`) that are still tokens are dropped. Names that are no tokens
   * are refused with 400. `off` is not built.
   */
  readonly ignoreInvalidHeaders?: Word | undefined;
  /**
   * `underscores_in_headers on | off` (without it: `off`). Whether field names with `_` are passed
   * on. When off they are dropped, so that they cannot pose as the field that an application reads
   * under the same CGI name.
   */
  readonly underscoresInHeaders?: Flag | undefined;
  /**
   * `max_headers number` (without it: `100`). Fields that the head of a request may have; with more
   * it is refused (431). At most, and by default, 100.
   */
  readonly maxHeaders?: Word | undefined;
  /**
   * `merge_slashes on | off` (without it: `on`). Whether several `/` in a row are one where a
   * location is looked for. Of an address, what its default server says holds for all.
   */
  readonly mergeSlashes?: Flag | undefined;
  /**
   * `absolute_redirect on | off` (without it: `on`). Whether a redirect to a path is sent as the
   * whole URL, with scheme and host.
   */
  readonly absoluteRedirect?: Flag | undefined;
  /**
   * `server_name_in_redirect on | off` (without it: `off`). Whether the host of such a URL is the
   * first `server_name`, and not the one that the client asked for.
   */
  readonly serverNameInRedirect?: Flag | undefined;
  /**
   * `port_in_redirect on | off` (without it: `on`). Whether such a URL has the port that the client
   * came in on, unless it is 80.
   */
  readonly portInRedirect?: Flag | undefined;
  /**
   * `client_body_timeout time` (without it: `30s`). The longest pause between two reads of the
   * request body. Then 408.
   */
  readonly clientBodyTimeout?: Time | undefined;
  /**
   * `client_max_body_size size` (without it: `10m`). The largest request body; beyond it 413. 0
   * removes the limit.
   */
  readonly clientMaxBodySize?: Size | undefined;
  /**
   * `send_timeout time` (without it: `60s`). The longest pause between two writes to the client
   * that make progress. Then the connection is closed.
   */
  readonly sendTimeout?: Time | undefined;
  /**
   * `keepalive_timeout timeout [header_timeout]` (without it: `75s`). How long an idle keep-alive
   * connection stays open; 0 closes after every response. The second value is sent as `Keep-Alive:
   * timeout=`.
   */
  readonly keepaliveTimeout?: Words | undefined;
  /**
   * `keepalive_min_timeout time` (without it: `0`). While draining, an idle keep-alive connection
   * is not closed before this time has passed.
   */
  readonly keepaliveMinTimeout?: Time | undefined;
  /**
   * `keepalive_requests number` (without it: `10000`). Requests after which a client connection is
   * closed.
   */
  readonly keepaliveRequests?: number | undefined;
  /**
   * `keepalive_time time` (without it: `1h`). Age after which a client connection is closed once
   * its request has ended.
   */
  readonly keepaliveTime?: Time | undefined;
  /**
   * `lingering_close on | off | always` (without it: `on`). Whether the rest of a request is read
   * and dropped before its connection closes, so that the client gets to read the answer: `on` when
   * more may come, `always` in any case, `off` never.
   */
  readonly lingeringClose?: 'on' | 'off' | 'always' | undefined;
  /**
   * `lingering_time time` (without it: `5s`). The longest time spent on reading and dropping the
   * rest of a refused request.
   */
  readonly lingeringTime?: Time | undefined;
  /**
   * `lingering_timeout time` (without it: `1s`). The longest wait for more bytes of a refused
   * request.
   */
  readonly lingeringTimeout?: Time | undefined;
  /**
   * `client_body_buffer_size size` (without it: `16k`). Memory for a request body that is read
   * whole (`proxy_request_buffering on`); a larger one goes to a file.
   */
  readonly clientBodyBufferSize?: Size | undefined;
  /**
   * `client_body_temp_path path [level1 [level2 [level3]]] | auto` (without it: `auto`). The
   * directory for request bodies that wait in a file; a missing one is created for `user`, in a
   * folder that must exist. The files have no names and vanish with the process, so levels of
   * folders are accepted without effect. `auto` is `/var/tmp` where Weir may write there, else the
   * folder for temporary files of the system (`TMPDIR`); `/tmp` comes last because it is memory on
   * many machines.
   */
  readonly clientBodyTempPath?: Words | undefined;
  /**
   * `client_body_in_file_only off` (without it: `off`). Request bodies are kept in files for the
   * time of the exchange only; `on` and `clean` are not built.
   */
  readonly clientBodyInFileOnly?: Word | undefined;
  /**
   * `reset_timedout_connection on | off` (without it: `off`). Whether a client that timed out (and
   * `return 444`) gets a TCP reset, so that nothing of its connection stays in the kernel. Idle
   * keep-alive connections are closed in the usual way.
   */
  readonly resetTimedoutConnection?: Flag | undefined;
  /**
   * `chunked_transfer_encoding on | off` (without it: `on`). Whether a response of unknown length
   * goes to an HTTP/1.1 client in chunks. When off it ends with the connection, so a client cannot
   * tell a whole one from a broken one.
   */
  readonly chunkedTransferEncoding?: Flag | undefined;
  /**
   * `server_tokens on | off | build` (without it: `off`). Whether the `Server` field and error
   * pages carry the version.
   */
  readonly serverTokens?: 'on' | 'off' | 'build' | undefined;
  /**
   * `set_real_ip_from address | CIDR | host | unix:`. A proxy in front of Weir that is trusted to
   * name its client (`real_ip_header`). May stand several times. Of `http` and `server` it holds
   * from the start of a request, of a `location` once `rewrite` and `return` are done. A host name
   * is looked up when the configuration is read.
   */
  readonly setRealIpFrom?: Several<Word> | undefined;
  /**
   * `real_ip_header field` (without it: `X-Real-IP`). The field in which a trusted proxy names its
   * client. Of `X-Forwarded-For`, spelled so, all fields make one list; of any other field the
   * first one counts. What is no address changes nothing.
   */
  readonly realIpHeader?: Word | undefined;
  /**
   * `real_ip_recursive on | off` (without it: `off`). Off: the last address of the list is the
   * client. On: the last one that is not trusted itself, or the first one when all are.
   */
  readonly realIpRecursive?: Flag | undefined;
  /**
   * `explain on | off` (without it: `off`). On: a client of `explain_trusted` whose request carries
   * `X-Weir-Explain: 1` gets fields beside its answer that say what became of it: listener, server,
   * location, rewrites, upstream, each endpoint with its score and why it is not the one, tries,
   * reason (docs/explain.md). Others see nothing of it. The field never goes to an endpoint,
   * whoever sends it. Not in nginx.
   */
  readonly explain?: Flag | undefined;
  /**
   * `explain_trusted address | CIDR | host | unix:`. Whose `X-Weir-Explain` counts where `explain`
   * is on: the address of the client, which `set_real_ip_from` of `http` and `server` may have
   * found. May stand several times; without any it is nobody. A host name is looked up when the
   * configuration is read. Not in nginx.
   */
  readonly explainTrusted?: Several<Word> | undefined;
  /**
   * `proxy_redirect default | off | redirect replacement` (without it: `default`). Rewrites the
   * beginning of `Location`, and of the URL in `Refresh`, in the answer of an endpoint; the first
   * that fits counts. `default` puts the path of the location in place of the URL of `proxy_pass`,
   * and stands where no other is written. Behind `~` (`~*`: the case of letters ignored) stands a
   * regular expression: if it matches, the whole is replaced, and the replacement has its captures.
   * A path that results becomes a URL of this server.
   */
  readonly proxyRedirect?: Rows | undefined;
  /**
   * `proxy_cookie_domain off | domain replacement`. Replaces the `Domain` of a `Set-Cookie` that is
   * `domain`, whatever the case and with or without a dot in front; the first that fits counts.
   * Behind `~` stands a regular expression, the case of letters ignored: if it matches, the whole
   * is replaced. `off` cancels those of this level and the levels above.
   */
  readonly proxyCookieDomain?: Rows | undefined;
  /**
   * `proxy_cookie_path off | path replacement`. Replaces the beginning of the `Path` of a
   * `Set-Cookie`; the first that fits counts. Behind `~` (`~*`: the case of letters ignored) stands
   * a regular expression: if it matches, the whole is replaced. `off` cancels those of this level
   * and the levels above.
   */
  readonly proxyCookiePath?: Rows | undefined;
  /**
   * `proxy_cookie_flags off | cookie [secure | nosecure | httponly | nohttponly | samesite=strict |
   * samesite=lax | samesite=none | nosamesite …]`. Sets or removes flags of the cookie of that name
   * in `Set-Cookie`; the first that fits counts. Behind `~` stands a regular expression for names,
   * the case of letters ignored. `off` cancels those of this level and the levels above.
   */
  readonly proxyCookieFlags?: Rows | undefined;
  /**
   * `proxy_hide_header field`. Keeps a field of the answer of an endpoint from the client, beside
   * `Date`, `Server`, `X-Pad` and `X-Accel-…`, which are kept in any case.
   */
  readonly proxyHideHeader?: Several<Word> | undefined;
  /**
   * `proxy_pass_header field`. Lets a field through that is otherwise kept from the client;
   * `Server` and `Date` then stand in place of our own.
   */
  readonly proxyPassHeader?: Several<Word> | undefined;
  /**
   * `proxy_ignore_headers field …`. Fields of an endpoint's answer that have no effect here:
   * `X-Accel-Buffering`; `X-Accel-Limit-Rate`, which wins over `limit_rate`; and
   * `X-Accel-Redirect`, by which another location of the server answers in place of the endpoint.
   * The others that nginx knows are accepted, they have none in any case: `X-Accel-Expires`,
   * `X-Accel-Charset`, `Expires`, `Cache-Control`, `Set-Cookie`, `Vary`.
   */
  readonly proxyIgnoreHeaders?: Rows | undefined;
  /**
   * `add_header name value [always]`. Adds a field to answers with status 200, 201, 204, 206, 301,
   * 302, 303, 304, 307 or 308, with `always` to all; an empty value adds none. `ETag` and
   * `Last-Modified` replace what is there. Inherited only by levels that have none of their own,
   * see `add_header_inherit`.
   */
  readonly addHeader?: TextRows | undefined;
  /**
   * `add_header_inherit on | off | merge` (without it: `on`). How `add_header` is inherited: `on`
   * by levels that have none of their own, `merge` also by those that have, `off` by none.
   */
  readonly addHeaderInherit?: 'on' | 'off' | 'merge' | undefined;
  /**
   * `add_trailer name value [always]`. Adds a field behind the body of answers with the statuses of
   * `add_header`, with `always` to all; an empty value adds none. The value is that of the end of
   * the answer. Such answers are chunked whatever their length; clients of HTTP/1.0, `HEAD` and
   * answers without a body get none. Inherited only by levels that have none of their own, see
   * `add_trailer_inherit`.
   */
  readonly addTrailer?: Rows | undefined;
  /**
   * `add_trailer_inherit on | off | merge` (without it: `on`). How `add_trailer` is inherited: as
   * `add_header_inherit`.
   */
  readonly addTrailerInherit?: 'on' | 'off' | 'merge' | undefined;
  /**
   * `proxy_total_timeout time` (without it: `0`). Weir only. The longest time from the first try of
   * a request to the end of the answer, all further tries, pauses and the queue included: then 504,
   * or the response is cut, with the reason `upstream_total_timeout`. No further try starts when
   * less than 50 ms of it are left. A body that is held is read before it begins; a tunnel
   * (WebSocket) and what Weir keeps for a slow client have no part in it. `$upstream_remaining_ms`
   * is what is left. 0 sets no limit.
   */
  readonly proxyTotalTimeout?: Time | undefined;
  /**
   * `proxy_try_timeout time` (without it: `0`). Weir only. The longest time of one try, from its
   * start to the head of the answer; then it has failed as by a timeout, with the reason
   * `upstream_try_timeout`. 0 sets no limit.
   */
  readonly proxyTryTimeout?: Time | undefined;
  /**
   * `proxy_deadline_header off | field` (without it: `off`). Weir only. The field of a request in
   * which a client of `proxy_deadline_trusted` says how long it will wait, from the start of its
   * request: milliseconds (`1500`), or with a unit as in `grpc-timeout` (`H M S m u n`), `s` or
   * `ms`. That lowers `proxy_total_timeout` for this exchange and never raises it; 504 without
   * asking anybody where it is over already; no endpoint is blamed for it. Endpoints get the field
   * with what is left of the time of the exchange (of `Grpc-Timeout` with the unit `m`), or not at
   * all where nothing limits it, unless `proxy_set_header` sets it.
   */
  readonly proxyDeadlineHeader?: Word | undefined;
  /**
   * `proxy_deadline_trusted address | CIDR | host | unix:`. Weir only. Whose
   * `proxy_deadline_header` counts: the address of the client, which `set_real_ip_from` may have
   * found. May stand several times; without any it is nobody. A host name is looked up when the
   * configuration is read.
   */
  readonly proxyDeadlineTrusted?: Several<Word> | undefined;
  /**
   * `proxy_next_upstream_backoff off | time [max=time]` (without it: `off`). Weir only. A pause in
   * front of further tries: a random one of up to `time` before the second, up to twice as long
   * with each one more, never longer than `max` (ten times `time`). `Retry-After` of an answer that
   * `proxy_next_upstream` lists is waited for, or the answer goes to the client when it is longer
   * than `max`. Pauses are rounded up to 50 ms. `off`: as in nginx another endpoint is asked at
   * once.
   */
  readonly proxyNextUpstreamBackoff?: Words | undefined;
  /**
   * `proxy_hedge off | percent% [min=time]` (without it: `off`). Weir only. When an endpoint has
   * not answered after the time in which that share of the answers of the location use to come
   * (`95%`; 50% to 99.9%, and at least `min`), another endpoint is asked as well. The first answer
   * counts, the other request is dropped. Only requests without a body whose method is idempotent,
   * once each, and as `retry_budget` and `proxy_next_upstream_tries` allow. Each proxy thread
   * learns from its own answers, and hedges nothing before there were 100. Times of up to half a
   * second are kept to a millisecond or two, longer ones to 50 ms.
   */
  readonly proxyHedge?: Words | undefined;
  /**
   * `fault off | [delay=time] [abort=status] [rate=size] [percent=number] [if=condition]`. Weir
   * only. For tests of those who call: what `proxy_pass` would pass on is held back for `delay`
   * (rounded up to 50 ms), answered with the status of `abort` (400 to 599; 444 closes the
   * connection) without asking an endpoint, or its answer goes to the client with no more than
   * `rate` bytes per second. Of one `fault` all that is written happens to the same requests:
   * `percent` of them (100), chosen by chance, among those for which the condition is neither empty
   * nor `0`. Each `fault` is decided by itself: of several delays the longest holds, of several
   * rates the lowest, of several aborts the first. A delayed request occupies no endpoint, and ends
   * when its client goes. An abort has the reason `fault_abort`; `error_page` holds for it, and no
   * request meets faults twice. `off` cancels what is inherited. `-t` warns of each.
   */
  readonly fault?: Rows | undefined;
  /**
   * `proxy_set_header field value`. Sets a field of the request to the upstream; an empty value
   * removes it. Inherited only by levels that have none of their own. `Host` is `$proxy_host`
   * unless set. `Connection: close` ends the connection with the request; `Upgrade` has no effect,
   * see `proxy_upgrade`. Fields that decide the framing cannot be set; to empty them, as is usual
   * with `proxy_pass_request_body off`, changes nothing.
   */
  readonly proxySetHeader?: TextRows | undefined;
  /**
   * `proxy_bind address[:port] [transparent] | off` (without it: `off`). The local IP address, and
   * with it the port, that connections to endpoints come from; may hold variables: an empty value
   * leaves it to the system, and so does one that is no address (with a line in the error log). An
   * address that this machine has not: 500. Connections from different addresses are not mixed.
   * `off` cancels what is inherited. With `transparent` it need not be an address of this machine
   * (`$remote_addr`), whose routes must bring the answers back: Linux, and CAP_NET_RAW or
   * CAP_NET_ADMIN for the processes that serve, which keep the former when the master is root;
   * without it 500.
   */
  readonly proxyBind?: Words | undefined;
  /**
   * `proxy_bind_dynamic on | off` (without it: `off`). Whether the variables of `proxy_bind` are
   * worked out anew for each try of an exchange; `off`: once for all of them.
   */
  readonly proxyBindDynamic?: Flag | undefined;
  /**
   * `proxy_request_dynamic on | off` (without it: `off`). Accepted. Weir makes the request anew for
   * each try of an exchange: variables in `proxy_set_header`, `proxy_method` and `proxy_set_body`
   * have the value of that try.
   */
  readonly proxyRequestDynamic?: Flag | undefined;
  /**
   * `proxy_connect_timeout time` (without it: `5s`). How long establishing a connection to an
   * endpoint may take. Then 504.
   */
  readonly proxyConnectTimeout?: Time | undefined;
  /**
   * `proxy_send_timeout time` (without it: `60s`). The longest pause between two writes to the
   * endpoint that make progress. Then 504.
   */
  readonly proxySendTimeout?: Time | undefined;
  /**
   * `proxy_read_timeout time` (without it: `60s`). The longest pause between two reads from the
   * endpoint. Then 504, or the response is cut when it had begun.
   */
  readonly proxyReadTimeout?: Time | undefined;
  /**
   * `proxy_http_version 1.0 | 1.1` (without it: `1.1`). The version spoken to the upstream. 1.1, as
   * in nginx since 1.29.7. With 1.0 the connection serves one request, and bodies go out by their
   * length only. 2 is not built.
   */
  readonly proxyHttpVersion?: Word | undefined;
  /**
   * `proxy_buffering on | off` (without it: `on`). Whether a response may collect here when the
   * client is slower than the endpoint: in memory up to `proxy_buffers`, then in a file up to
   * `proxy_max_temp_file_size`, so that the endpoint is free early. Bytes that the client takes are
   * never delayed, on or off. `off`, a response with `X-Accel-Buffering: no` and
   * `text/event-stream` hold the endpoint back instead; `X-Accel-Buffering: yes` is as `on`.
   */
  readonly proxyBuffering?: Flag | undefined;
  /**
   * `proxy_request_buffering on | off` (without it: `on`). Whether the request body is read whole,
   * into memory up to `client_body_buffer_size` and then into a file, before an endpoint is asked.
   * `off` streams it with backpressure; then a failed try can only be repeated while nothing of the
   * body was sent.
   */
  readonly proxyRequestBuffering?: Flag | undefined;
  /**
   * `proxy_buffer_size size` (without it: `32k`). The longest response head; beyond it 502. The
   * default is larger than that of nginx.
   */
  readonly proxyBufferSize?: Size | undefined;
  /**
   * `proxy_buffers number size` (without it: `8 4k`). Memory in which the part of a response
   * collects that the client has not taken yet: `number` × `size`. What is beyond goes to a file.
   */
  readonly proxyBuffers?: Words | undefined;
  /**
   * `proxy_busy_buffers_size size` (without it: `8k`). Accepted. Weir sends at once whatever the
   * client takes.
   */
  readonly proxyBusyBuffersSize?: Size | undefined;
  /**
   * `proxy_max_temp_file_size size` (without it: `1024m`). The most of one response that may wait
   * in a file; then the endpoint is held back. 0 uses no file.
   */
  readonly proxyMaxTempFileSize?: Size | undefined;
  /**
   * `proxy_temp_file_write_size size` (without it: `64k`). How much is written to the file at a
   * time.
   */
  readonly proxyTempFileWriteSize?: Size | undefined;
  /**
   * `proxy_temp_path path [level1 [level2 [level3]]] | auto` (without it: `auto`). The directory
   * for responses that wait in a file; see `client_body_temp_path`.
   */
  readonly proxyTempPath?: Words | undefined;
  /**
   * `limit_rate size` (without it: `0`). Bytes per second that go to the client of one response of
   * an endpoint; 0 sets no limit. What belongs to a second may go at its beginning. May hold
   * variables; `set $limit_rate` wins. Answers of Weir itself are not delayed.
   */
  readonly limitRate?: Word | undefined;
  /**
   * `limit_rate_after size` (without it: `0`). Bytes of a response that go to the client before
   * `limit_rate` holds; may hold variables.
   */
  readonly limitRateAfter?: Word | undefined;
  /**
   * `proxy_limit_rate size` (without it: `0`). Bytes per second that are read of a response, on
   * average: after a read of up to 64 KB the endpoint waits as long as these should have taken. 0
   * sets no limit; may hold variables. Without effect where responses are not buffered.
   */
  readonly proxyLimitRate?: Word | undefined;
  /**
   * `proxy_force_ranges on | off` (without it: `off`). Whether clients may ask for a part (`Range`,
   * `If-Range`) of every 200 of an endpoint whose length is known, whatever the endpoint says of
   * `Accept-Ranges`: 206, or 416 where there is no such part. As in nginx without a cache, who asks
   * for several parts gets the whole. What is long behind the part is not read from the endpoint.
   * Without effect where `response_body` makes another body.
   */
  readonly proxyForceRanges?: Flag | undefined;
  /**
   * `max_ranges number` (without it: `2147483647`). With 0 no parts are given, whatever
   * `proxy_force_ranges` says.
   */
  readonly maxRanges?: number | undefined;
  /**
   * `proxy_store path | off` (without it: `off`). Keeps a copy of each 200 of an endpoint in a
   * file; the path may hold variables. It is written beside its place under a name of its own
   * (`.weir-store-…`) and renamed when it is whole, with the time of `Last-Modified`; folders are
   * made. `user` must be allowed to write there. A path that has `..` in it, whoever chose it, is
   * not written to; what cannot be written is told to the error log, and the client has its answer
   * all the same. An exchange goes on when its client has left. Nothing is ever deleted. `on` is
   * not built yet.
   */
  readonly proxyStore?: Word | undefined;
  /**
   * `proxy_store_access user:rw | group:rw | all:rw | user:r | group:r | all:r …` (without it:
   * `user:rw`). Who may read and write the files of `proxy_store`, and enter the folders that are
   * made for them; `user:rw` in any case.
   */
  readonly proxyStoreAccess?: Words | undefined;
  /**
   * `proxy_next_upstream error | timeout | denied | invalid_header | non_idempotent |
   * idempotency_key | http_500 | http_502 | http_503 | http_504 | http_403 | http_404 | http_429 |
   * off …` (without it: `error timeout`). After which failures another endpoint is asked, as long
   * as nothing has gone to the client and the request can be sent again. Requests that are not
   * idempotent are repeated only when nothing of them was sent, or with `non_idempotent`; with
   * `idempotency_key`, which nginx has not, also when they have an `Idempotency-Key` that goes on
   * to the endpoint. `denied` is accepted.
   */
  readonly proxyNextUpstream?: Words | undefined;
  /**
   * `proxy_next_upstream_tries number` (without it: `0`). The most tries of one exchange, the first
   * included; 0 sets no limit but the number of endpoints.
   */
  readonly proxyNextUpstreamTries?: number | undefined;
  /**
   * `proxy_next_upstream_timeout time` (without it: `0`). After this time no other endpoint is
   * asked; 0 sets no limit.
   */
  readonly proxyNextUpstreamTimeout?: Time | undefined;
  /**
   * `proxy_ignore_client_abort on | off` (without it: `off`). Whether a request goes on to its end
   * when its client has closed the connection. `off`: the connection to the endpoint is closed at
   * once.
   */
  readonly proxyIgnoreClientAbort?: Flag | undefined;
  /**
   * `proxy_pass_trailers on | off` (without it: `off`). Whether trailer fields go on: those of
   * requests to the endpoint, those of responses to clients that say `TE: trailers`. They stay
   * trailers; fields on which framing, routing or authentication depend are dropped.
   */
  readonly proxyPassTrailers?: Flag | undefined;
  /**
   * `proxy_intercept_errors on | off` (without it: `off`). Whether `error_page` also holds for the
   * statuses of endpoints.
   */
  readonly proxyInterceptErrors?: Flag | undefined;
  /**
   * `proxy_pass_request_headers on | off` (without it: `on`). Whether the fields of the request go
   * on. Those of `proxy_set_header` and what frames the message do in any case.
   */
  readonly proxyPassRequestHeaders?: Flag | undefined;
  /**
   * `proxy_method method`. The method of requests to the endpoint, in place of the client's; may
   * hold variables.
   */
  readonly proxyMethod?: Text | undefined;
  /**
   * `proxy_set_body string`. The body of requests to the endpoint, in place of the client's, which
   * is read and dropped; may hold variables.
   */
  readonly proxySetBody?: Text | undefined;
  /**
   * `proxy_pass_request_body on | off` (without it: `on`). Whether the body of the request goes on.
   * When off it is read and dropped.
   */
  readonly proxyPassRequestBody?: Flag | undefined;
  /**
   * `early_hints string …`. When an informational answer of the endpoint (1xx, 100 and 101 apart)
   * is passed on to an HTTP/1.1 client: if at least one string is neither empty nor `0`. Without
   * the directive never.
   */
  readonly earlyHints?: Words | undefined;
  /**
   * `proxy_upgrade off | protocol …` (without it: `websocket`). Weir only. The protocols that a
   * client may change to with `Upgrade`; the field is passed on for these only, without
   * `proxy_set_header`. `h2c` and `TLS` are refused: what they carry could not be inspected.
   */
  readonly proxyUpgrade?: Words | undefined;
  /**
   * `via on | off | name` (without it: `on`). Weir only. Requests to endpoints carry `Via: 1.1
   * name`; by it a request that went in circles is found and refused with 508. `on`: `weir-` and
   * eight hex digits of the host name and the path of the configuration. Proxies that are to find
   * loops through each other need different names; several that share one name count together.
   */
  readonly via?: Word | undefined;
  /**
   * `upstream name { … }`. A named group of endpoints for `proxy_pass`. Without a directive that
   * says otherwise they take turns by weight, exactly over all proxy threads.
   */
  readonly upstream?: Several<NamedBlocks<UpstreamBlock>> | undefined;
  /**
   * `resolver address … [valid=time] [ipv4=on | off] [ipv6=on | off] [status_zone=zone]`. The name
   * servers (`address[:port]`, port 53 when none is given) that are asked for hosts which variables
   * in `proxy_pass` name, and for those of `server` lines with `resolve`. Of the former each proxy
   * thread keeps an answer as long as its TTL says, or for `valid=`, and at most 1,000 of them;
   * requests that want the same name at the same time wait for one question. `ipv4=off` and
   * `ipv6=off` leave that family out. `status_zone=` is accepted. /etc/hosts is not read.
   */
  readonly resolver?: Words | undefined;
  /**
   * `resolver_timeout time` (without it: `30s`). How long a request waits for the addresses of a
   * name; then 502. For `resolve`: how long the name servers have, in turns, for one answer; then
   * the last one stays.
   */
  readonly resolverTimeout?: Time | undefined;
  /**
   * `match name { … }`. What an answer to a `health_check match=name` must be like: it passes when
   * all tests in the block do.
   */
  readonly match?: Several<NamedBlocks<MatchBlock>> | undefined;
  /**
   * `map string $variable { … }`. Defines `$variable` by what `string` is, whatever its case:
   * `value result;`, `~regex result;` (`~*` ignores case), `default result;`. Results may have
   * `$names`. After `hostnames;`, values may be `*.example.org`, `.example.org` and
   * `www.example.*`. The same text wins, then the longest wildcard at the front, the longest at the
   * end, the first regular expression. Worked out once per request, unless it is `volatile;`.
   */
  readonly map?: Tables | undefined;
  /**
   * `geo [$address] $variable { … }`. Defines `$variable` by an address, that of the client unless
   * given: `network value;`, `default value;`; the longest prefix wins. `delete network;` takes one
   * out. After `ranges;` the keys are `first-last`, IPv4 only. The last address of X-Forwarded-For
   * counts when the client is a `proxy network;`, the last that is none with `proxy_recursive;`.
   */
  readonly geo?: Tables | undefined;
  /**
   * `split_clients string $variable { … }`. Defines `$variable` by a hash of `string` (MurmurHash2,
   * as in nginx: the same text has the same value in both): `25.5% value;`, and `* value;` for the
   * rest.
   */
  readonly splitClients?: Tables | undefined;
  /**
   * `request_filter function`. In weir.config.ts only. A function that sees each request before it
   * is passed on or answered (by `return` excepted, which comes first). It may change fields, and
   * answer in place of what follows. Several run in the order of the file.
   */
  readonly requestFilter?: Several<RequestFilter> | undefined;
  /**
   * `response_filter function`. In weir.config.ts only. A function that may change the head of each
   * response, whoever made it. It cannot wait: a promise is an error.
   */
  readonly responseFilter?: Several<ResponseFilter> | undefined;
  /**
   * `response_body function`. In weir.config.ts only. A function that gets the whole body of an
   * endpoint’s response, at most `function_body_size`, and gives another one. Nothing leaves before
   * it has; a longer body is a 500.
   */
  readonly responseBody?: ResponseBodyFilter | undefined;
  /**
   * `function_timeout time` (without it: `60s`). Weir only. How long a handler or filter may take
   * for an answer, and for each piece of one that it streams; then the request gets a 504.
   */
  readonly functionTimeout?: Time | undefined;
  /**
   * `function_body_size size` (without it: `1m`). Weir only. The longest body that a function may
   * read; a longer one is a 413.
   */
  readonly functionBodySize?: Size | undefined;
  /**
   * `variable $name function`. In weir.config.ts only. A variable whose value a function works out,
   * once per request and when it is first asked for. A function that throws gives no value.
   */
  readonly variable?: Readonly<Record<string, VariableFunction>> | undefined;
  /**
   * `access_log off | path | syslog:server=address[,parameter…] [format] [buffer=size]
   * [gzip[=level]] [flush=time] [if=condition]`. Where requests are logged and in which
   * `log_format` (`combined` when none is named). May stand several times; `off` cancels those of
   * the enclosing levels. Without any, nothing is logged. Lines are gathered up to `buffer` (64 KB)
   * and written at the latest after `flush` (0.1 s; with `gzip` when the buffer is full). `if=`:
   * not for requests for which it is empty or `0`. A path may have `$names`: a file for each value,
   * which the threads, running as `user`, must be able to create. `syslog:` takes `server=`,
   * `facility=` (`local7`), `severity=` (`info`), `tag=` (`weir`) and `nohostname`; it sends UDP,
   * and what cannot be sent at once is lost and counted.
   */
  readonly accessLog?: Rows | undefined;
  /**
   * `log_format name [escape=default | json | none] string …`. A named line of the access log, with
   * `$names`. `escape` says how the characters of values are made safe: `default` writes `\xXX`,
   * `json` follows JSON strings, `none` writes them as they are. Use `none` only for values that
   * cannot hold line breaks.
   */
  readonly logFormat?: TextRows | undefined;
  /**
   * `open_log_file_cache off | max=number [inactive=time] [min_uses=number] [valid=time]` (without
   * it: `off`). How many files of an `access_log` with `$names` in its path stay open between their
   * lines: those with at least `min_uses` (1) writes, without a line for at most `inactive` (10 s).
   * After `valid` (60 s) the path is opened anew. Without it a file is opened for every write.
   */
  readonly openLogFileCache?: Words | undefined;
}

/** What may stand in `server`. */
export interface ServerBlock {
  /**
   * Files of nginx.conf, by name or pattern, relative to this one: they stand here.
   */
  readonly include?: Several<string> | undefined;
  /**
   * `error_log file | stderr | memory:size | syslog:server=address[,parameter…] [level]`. Where
   * errors are logged, from which level on (`debug`, `info`, `notice`, `warn`, `error`, `crit`,
   * `alert`, `emerg`; `error` when none is given). May stand several times. In `http`, `server` and
   * `location` it takes the lines that are about their requests; those about processes and
   * connections go where the top level says, to `stderr` when it says nothing. Parameters of
   * `syslog:` are those of `access_log`; its severity is that of each line. `memory:` keeps the
   * last lines, of each process and thread as much as `size`; USR1 (`-s reopen`) has them written
   * to standard error.
   */
  readonly errorLog?: Rows | undefined;
  /**
   * `location [= | ~ | ~* | ^~] path | @name { … }`. What holds for paths that begin with `path`,
   * with `=` are it, with `~` match it as a regular expression (`~*`: the case of letters ignored).
   * An exact location wins, else the first regular expression of the file that matches, else the
   * longest prefix, wherever it stands; with `^~` that prefix wins over regular expressions.
   * Locations inside one are asked for the paths that it takes. `@name` takes no request from
   * outside: `error_page` sends exchanges there.
   */
  readonly location?: Several<NamedBlocks<LocationBlock>> | undefined;
  /**
   * `listen address[:port] | port | unix:path [default_server] [backlog=number] [reuseport]
   * [so_keepalive=on|off|[idle]:[interval]:[count]] [rcvbuf=size] [sndbuf=size] [deferred]
   * [fastopen=number]`. An address the server answers on; `*:80` (or `*:8000` when Weir runs
   * without root) when a server has none. `default_server` makes it the one that answers names no
   * server has; else the first in the file does. `reuseport` is always on in Weir and accepted.
   */
  readonly listen?: Rows | undefined;
  /**
   * `server_name name …`. The hosts this server answers: a name, `*.x` (what ends in `.x`), `.x`
   * (that and `x` itself), `x.*`, `$hostname`; `""` (also the default) takes requests without a
   * `Host`. `~regex` are regular expressions. An exact name beats the longest `*.x`, that beats the
   * longest `x.*`, that beats the first regular expression of the file that matches.
   */
  readonly serverName?: Rows | undefined;
  /**
   * `rewrite regex replacement [last | break | redirect | permanent]`. Replaces the path when it
   * matches `regex`. The query goes on behind that of the replacement, unless it ends in `?`.
   * `last` ends these directives and looks for a location again, `break` ends them and stays;
   * without a flag they go on. `redirect` (302), `permanent` (301), or a replacement that begins
   * with `http://`, `https://` or `$scheme` send the client there. After 10 changes the answer is
   * 500.
   */
  readonly rewrite?: TextRows | undefined;
  /**
   * `set $variable value`. Gives a variable a value. The name is known everywhere; where nothing
   * has set it, it is empty. `$args` is the query of the request.
   */
  readonly set?: TextRows | undefined;
  /**
   * `break`. Ends the directives `rewrite`, `set`, `if` and `return` of this level.
   */
  readonly break?: boolean | undefined;
  /**
   * `if (condition) { … }`. Runs what is in the block, and in a location takes its settings, when
   * the condition holds: `($variable)` (neither empty nor `0`), `($variable = text)`, `!=`, `~` and
   * `~*` (a regular expression, its captures are `$1` to `$9`), `!~`, `!~*`, `(-f path)` (a file;
   * `-d` a directory, `-e` either, `-x` executable, `!-f` none).
   */
  readonly if?: Several<NamedBlocks<ServerIfBlock>> | undefined;
  /**
   * `rewrite_log on | off` (without it: `off`). Whether `rewrite` and `if` tell the error log, at
   * level `notice`, what they found and made. What holds is the value of the `server` or
   * `location`, also inside an `if` of it.
   */
  readonly rewriteLog?: Flag | undefined;
  /**
   * `return code [text] | code URL | URL`. Answers at once: with a status and its usual page, with
   * a text, or with a redirect (301, 302, 303, 307, 308). A bare `http://`, `https://` or `$scheme`
   * URL means 302. 444 closes the connection without an answer.
   */
  readonly return?: TextRows | undefined;
  /**
   * `stub_status`. The page of counters that nginx has, over all proxy threads.
   */
  readonly stubStatus?: boolean | undefined;
  /**
   * `default_type mime-type` (without it: `text/plain`). The `Content-Type` of the text of `return`
   * where `types` has none for the extension of the path.
   */
  readonly defaultType?: string | undefined;
  /**
   * `types { mime-type extension …; }`. Maps extensions of the path to the `Content-Type` of the
   * text of `return`. HTML, GIF and JPEG when there is none.
   */
  readonly types?: MediaTypes | undefined;
  /**
   * `error_page code … [=[response]] uri`. What is answered instead of our page of these statuses:
   * `/path` is asked for with GET, `@name` with the method and body of the request, `http://…` is a
   * redirect (302, or the 301, 302, 303, 307 or 308 of `=response`). The status stays unless
   * `=response` gives another, or `=` alone leaves it to what answers. The statuses of endpoints
   * count with `proxy_intercept_errors on` only. What is refused before its location is known has
   * our page. Inherited only by levels that have none of their own.
   */
  readonly errorPage?: Rows | undefined;
  /**
   * `recursive_error_pages on | off` (without it: `off`). Whether an error of an error page may
   * lead to another one. After 10 redirects the answer is 500 in any case.
   */
  readonly recursiveErrorPages?: Flag | undefined;
  /**
   * `client_header_timeout time` (without it: `10s`). The time a client has for the whole request
   * head, counted from its first byte. Then 408.
   */
  readonly clientHeaderTimeout?: Time | undefined;
  /**
   * `large_client_header_buffers number size` (without it: `4 8k`). Bounds the request head: no
   * line may exceed `size` (414 for the request line, 431 for a field), the head as a whole
   * `number` × `size` (431).
   */
  readonly largeClientHeaderBuffers?: Words | undefined;
  /**
   * `ignore_invalid_headers on` (without it: `on`). Fields with names outside `[A-Za-z0-9-]` (and
   * `_`, see `underscores_in_headers`) that are still tokens are dropped. Names that are no tokens
   * are refused with 400. `off` is not built.
   */
  readonly ignoreInvalidHeaders?: Word | undefined;
  /**
   * `underscores_in_headers on | off` (without it: `off`). Whether field names with `_` are passed
   * on. When off they are dropped, so that they cannot pose as the field that an application reads
   * under the same CGI name.
   */
  readonly underscoresInHeaders?: Flag | undefined;
  /**
   * `max_headers number` (without it: `100`). Fields that the head of a request may have; with more
   * it is refused (431). At most, and by default, 100.
   */
  readonly maxHeaders?: Word | undefined;
  /**
   * `merge_slashes on | off` (without it: `on`). Whether several `/` in a row are one where a
   * location is looked for. Of an address, what its default server says holds for all.
   */
  readonly mergeSlashes?: Flag | undefined;
  /**
   * `absolute_redirect on | off` (without it: `on`). Whether a redirect to a path is sent as the
   * whole URL, with scheme and host.
   */
  readonly absoluteRedirect?: Flag | undefined;
  /**
   * `server_name_in_redirect on | off` (without it: `off`). Whether the host of such a URL is the
   * first `server_name`, and not the one that the client asked for.
   */
  readonly serverNameInRedirect?: Flag | undefined;
  /**
   * `port_in_redirect on | off` (without it: `on`). Whether such a URL has the port that the client
   * came in on, unless it is 80.
   */
  readonly portInRedirect?: Flag | undefined;
  /**
   * `client_body_timeout time` (without it: `30s`). The longest pause between two reads of the
   * request body. Then 408.
   */
  readonly clientBodyTimeout?: Time | undefined;
  /**
   * `client_max_body_size size` (without it: `10m`). The largest request body; beyond it 413. 0
   * removes the limit.
   */
  readonly clientMaxBodySize?: Size | undefined;
  /**
   * `send_timeout time` (without it: `60s`). The longest pause between two writes to the client
   * that make progress. Then the connection is closed.
   */
  readonly sendTimeout?: Time | undefined;
  /**
   * `keepalive_timeout timeout [header_timeout]` (without it: `75s`). How long an idle keep-alive
   * connection stays open; 0 closes after every response. The second value is sent as `Keep-Alive:
   * timeout=`.
   */
  readonly keepaliveTimeout?: Words | undefined;
  /**
   * `keepalive_min_timeout time` (without it: `0`). While draining, an idle keep-alive connection
   * is not closed before this time has passed.
   */
  readonly keepaliveMinTimeout?: Time | undefined;
  /**
   * `keepalive_requests number` (without it: `10000`). Requests after which a client connection is
   * closed.
   */
  readonly keepaliveRequests?: number | undefined;
  /**
   * `keepalive_time time` (without it: `1h`). Age after which a client connection is closed once
   * its request has ended.
   */
  readonly keepaliveTime?: Time | undefined;
  /**
   * `lingering_close on | off | always` (without it: `on`). Whether the rest of a request is read
   * and dropped before its connection closes, so that the client gets to read the answer: `on` when
   * more may come, `always` in any case, `off` never.
   */
  readonly lingeringClose?: 'on' | 'off' | 'always' | undefined;
  /**
   * `lingering_time time` (without it: `5s`). The longest time spent on reading and dropping the
   * rest of a refused request.
   */
  readonly lingeringTime?: Time | undefined;
  /**
   * `lingering_timeout time` (without it: `1s`). The longest wait for more bytes of a refused
   * request.
   */
  readonly lingeringTimeout?: Time | undefined;
  /**
   * `client_body_buffer_size size` (without it: `16k`). Memory for a request body that is read
   * whole (`proxy_request_buffering on`); a larger one goes to a file.
   */
  readonly clientBodyBufferSize?: Size | undefined;
  /**
   * `client_body_temp_path path [level1 [level2 [level3]]] | auto` (without it: `auto`). The
   * directory for request bodies that wait in a file; a missing one is created for `user`, in a
   * folder that must exist. The files have no names and vanish with the process, so levels of
   * folders are accepted without effect. `auto` is `/var/tmp` where Weir may write there, else the
   * folder for temporary files of the system (`TMPDIR`); `/tmp` comes last because it is memory on
   * many machines.
   */
  readonly clientBodyTempPath?: Words | undefined;
  /**
   * `client_body_in_file_only off` (without it: `off`). Request bodies are kept in files for the
   * time of the exchange only; `on` and `clean` are not built.
   */
  readonly clientBodyInFileOnly?: Word | undefined;
  /**
   * `reset_timedout_connection on | off` (without it: `off`). Whether a client that timed out (and
   * `return 444`) gets a TCP reset, so that nothing of its connection stays in the kernel. Idle
   * keep-alive connections are closed in the usual way.
   */
  readonly resetTimedoutConnection?: Flag | undefined;
  /**
   * `chunked_transfer_encoding on | off` (without it: `on`). Whether a response of unknown length
   * goes to an HTTP/1.1 client in chunks. When off it ends with the connection, so a client cannot
   * tell a whole one from a broken one.
   */
  readonly chunkedTransferEncoding?: Flag | undefined;
  /**
   * `server_tokens on | off | build` (without it: `off`). Whether the `Server` field and error
   * pages carry the version.
   */
  readonly serverTokens?: 'on' | 'off' | 'build' | undefined;
  /**
   * `set_real_ip_from address | CIDR | host | unix:`. A proxy in front of Weir that is trusted to
   * name its client (`real_ip_header`). May stand several times. Of `http` and `server` it holds
   * from the start of a request, of a `location` once `rewrite` and `return` are done. A host name
   * is looked up when the configuration is read.
   */
  readonly setRealIpFrom?: Several<Word> | undefined;
  /**
   * `real_ip_header field` (without it: `X-Real-IP`). The field in which a trusted proxy names its
   * client. Of `X-Forwarded-For`, spelled so, all fields make one list; of any other field the
   * first one counts. What is no address changes nothing.
   */
  readonly realIpHeader?: Word | undefined;
  /**
   * `real_ip_recursive on | off` (without it: `off`). Off: the last address of the list is the
   * client. On: the last one that is not trusted itself, or the first one when all are.
   */
  readonly realIpRecursive?: Flag | undefined;
  /**
   * `explain on | off` (without it: `off`). On: a client of `explain_trusted` whose request carries
   * `X-Weir-Explain: 1` gets fields beside its answer that say what became of it: listener, server,
   * location, rewrites, upstream, each endpoint with its score and why it is not the one, tries,
   * reason (docs/explain.md). Others see nothing of it. The field never goes to an endpoint,
   * whoever sends it. Not in nginx.
   */
  readonly explain?: Flag | undefined;
  /**
   * `explain_trusted address | CIDR | host | unix:`. Whose `X-Weir-Explain` counts where `explain`
   * is on: the address of the client, which `set_real_ip_from` of `http` and `server` may have
   * found. May stand several times; without any it is nobody. A host name is looked up when the
   * configuration is read. Not in nginx.
   */
  readonly explainTrusted?: Several<Word> | undefined;
  /**
   * `proxy_redirect default | off | redirect replacement` (without it: `default`). Rewrites the
   * beginning of `Location`, and of the URL in `Refresh`, in the answer of an endpoint; the first
   * that fits counts. `default` puts the path of the location in place of the URL of `proxy_pass`,
   * and stands where no other is written. Behind `~` (`~*`: the case of letters ignored) stands a
   * regular expression: if it matches, the whole is replaced, and the replacement has its captures.
   * A path that results becomes a URL of this server.
   */
  readonly proxyRedirect?: Rows | undefined;
  /**
   * `proxy_cookie_domain off | domain replacement`. Replaces the `Domain` of a `Set-Cookie` that is
   * `domain`, whatever the case and with or without a dot in front; the first that fits counts.
   * Behind `~` stands a regular expression, the case of letters ignored: if it matches, the whole
   * is replaced. `off` cancels those of this level and the levels above.
   */
  readonly proxyCookieDomain?: Rows | undefined;
  /**
   * `proxy_cookie_path off | path replacement`. Replaces the beginning of the `Path` of a
   * `Set-Cookie`; the first that fits counts. Behind `~` (`~*`: the case of letters ignored) stands
   * a regular expression: if it matches, the whole is replaced. `off` cancels those of this level
   * and the levels above.
   */
  readonly proxyCookiePath?: Rows | undefined;
  /**
   * `proxy_cookie_flags off | cookie [secure | nosecure | httponly | nohttponly | samesite=strict |
   * samesite=lax | samesite=none | nosamesite …]`. Sets or removes flags of the cookie of that name
   * in `Set-Cookie`; the first that fits counts. Behind `~` stands a regular expression for names,
   * the case of letters ignored. `off` cancels those of this level and the levels above.
   */
  readonly proxyCookieFlags?: Rows | undefined;
  /**
   * `proxy_hide_header field`. Keeps a field of the answer of an endpoint from the client, beside
   * `Date`, `Server`, `X-Pad` and `X-Accel-…`, which are kept in any case.
   */
  readonly proxyHideHeader?: Several<Word> | undefined;
  /**
   * `proxy_pass_header field`. Lets a field through that is otherwise kept from the client;
   * `Server` and `Date` then stand in place of our own.
   */
  readonly proxyPassHeader?: Several<Word> | undefined;
  /**
   * `proxy_ignore_headers field …`. Fields of an endpoint's answer that have no effect here:
   * `X-Accel-Buffering`; `X-Accel-Limit-Rate`, which wins over `limit_rate`; and
   * `X-Accel-Redirect`, by which another location of the server answers in place of the endpoint.
   * The others that nginx knows are accepted, they have none in any case: `X-Accel-Expires`,
   * `X-Accel-Charset`, `Expires`, `Cache-Control`, `Set-Cookie`, `Vary`.
   */
  readonly proxyIgnoreHeaders?: Rows | undefined;
  /**
   * `add_header name value [always]`. Adds a field to answers with status 200, 201, 204, 206, 301,
   * 302, 303, 304, 307 or 308, with `always` to all; an empty value adds none. `ETag` and
   * `Last-Modified` replace what is there. Inherited only by levels that have none of their own,
   * see `add_header_inherit`.
   */
  readonly addHeader?: TextRows | undefined;
  /**
   * `add_header_inherit on | off | merge` (without it: `on`). How `add_header` is inherited: `on`
   * by levels that have none of their own, `merge` also by those that have, `off` by none.
   */
  readonly addHeaderInherit?: 'on' | 'off' | 'merge' | undefined;
  /**
   * `add_trailer name value [always]`. Adds a field behind the body of answers with the statuses of
   * `add_header`, with `always` to all; an empty value adds none. The value is that of the end of
   * the answer. Such answers are chunked whatever their length; clients of HTTP/1.0, `HEAD` and
   * answers without a body get none. Inherited only by levels that have none of their own, see
   * `add_trailer_inherit`.
   */
  readonly addTrailer?: Rows | undefined;
  /**
   * `add_trailer_inherit on | off | merge` (without it: `on`). How `add_trailer` is inherited: as
   * `add_header_inherit`.
   */
  readonly addTrailerInherit?: 'on' | 'off' | 'merge' | undefined;
  /**
   * `proxy_total_timeout time` (without it: `0`). Weir only. The longest time from the first try of
   * a request to the end of the answer, all further tries, pauses and the queue included: then 504,
   * or the response is cut, with the reason `upstream_total_timeout`. No further try starts when
   * less than 50 ms of it are left. A body that is held is read before it begins; a tunnel
   * (WebSocket) and what Weir keeps for a slow client have no part in it. `$upstream_remaining_ms`
   * is what is left. 0 sets no limit.
   */
  readonly proxyTotalTimeout?: Time | undefined;
  /**
   * `proxy_try_timeout time` (without it: `0`). Weir only. The longest time of one try, from its
   * start to the head of the answer; then it has failed as by a timeout, with the reason
   * `upstream_try_timeout`. 0 sets no limit.
   */
  readonly proxyTryTimeout?: Time | undefined;
  /**
   * `proxy_deadline_header off | field` (without it: `off`). Weir only. The field of a request in
   * which a client of `proxy_deadline_trusted` says how long it will wait, from the start of its
   * request: milliseconds (`1500`), or with a unit as in `grpc-timeout` (`H M S m u n`), `s` or
   * `ms`. That lowers `proxy_total_timeout` for this exchange and never raises it; 504 without
   * asking anybody where it is over already; no endpoint is blamed for it. Endpoints get the field
   * with what is left of the time of the exchange (of `Grpc-Timeout` with the unit `m`), or not at
   * all where nothing limits it, unless `proxy_set_header` sets it.
   */
  readonly proxyDeadlineHeader?: Word | undefined;
  /**
   * `proxy_deadline_trusted address | CIDR | host | unix:`. Weir only. Whose
   * `proxy_deadline_header` counts: the address of the client, which `set_real_ip_from` may have
   * found. May stand several times; without any it is nobody. A host name is looked up when the
   * configuration is read.
   */
  readonly proxyDeadlineTrusted?: Several<Word> | undefined;
  /**
   * `proxy_next_upstream_backoff off | time [max=time]` (without it: `off`). Weir only. A pause in
   * front of further tries: a random one of up to `time` before the second, up to twice as long
   * with each one more, never longer than `max` (ten times `time`). `Retry-After` of an answer that
   * `proxy_next_upstream` lists is waited for, or the answer goes to the client when it is longer
   * than `max`. Pauses are rounded up to 50 ms. `off`: as in nginx another endpoint is asked at
   * once.
   */
  readonly proxyNextUpstreamBackoff?: Words | undefined;
  /**
   * `proxy_hedge off | percent% [min=time]` (without it: `off`). Weir only. When an endpoint has
   * not answered after the time in which that share of the answers of the location use to come
   * (`95%`; 50% to 99.9%, and at least `min`), another endpoint is asked as well. The first answer
   * counts, the other request is dropped. Only requests without a body whose method is idempotent,
   * once each, and as `retry_budget` and `proxy_next_upstream_tries` allow. Each proxy thread
   * learns from its own answers, and hedges nothing before there were 100. Times of up to half a
   * second are kept to a millisecond or two, longer ones to 50 ms.
   */
  readonly proxyHedge?: Words | undefined;
  /**
   * `fault off | [delay=time] [abort=status] [rate=size] [percent=number] [if=condition]`. Weir
   * only. For tests of those who call: what `proxy_pass` would pass on is held back for `delay`
   * (rounded up to 50 ms), answered with the status of `abort` (400 to 599; 444 closes the
   * connection) without asking an endpoint, or its answer goes to the client with no more than
   * `rate` bytes per second. Of one `fault` all that is written happens to the same requests:
   * `percent` of them (100), chosen by chance, among those for which the condition is neither empty
   * nor `0`. Each `fault` is decided by itself: of several delays the longest holds, of several
   * rates the lowest, of several aborts the first. A delayed request occupies no endpoint, and ends
   * when its client goes. An abort has the reason `fault_abort`; `error_page` holds for it, and no
   * request meets faults twice. `off` cancels what is inherited. `-t` warns of each.
   */
  readonly fault?: Rows | undefined;
  /**
   * `proxy_set_header field value`. Sets a field of the request to the upstream; an empty value
   * removes it. Inherited only by levels that have none of their own. `Host` is `$proxy_host`
   * unless set. `Connection: close` ends the connection with the request; `Upgrade` has no effect,
   * see `proxy_upgrade`. Fields that decide the framing cannot be set; to empty them, as is usual
   * with `proxy_pass_request_body off`, changes nothing.
   */
  readonly proxySetHeader?: TextRows | undefined;
  /**
   * `proxy_bind address[:port] [transparent] | off` (without it: `off`). The local IP address, and
   * with it the port, that connections to endpoints come from; may hold variables: an empty value
   * leaves it to the system, and so does one that is no address (with a line in the error log). An
   * address that this machine has not: 500. Connections from different addresses are not mixed.
   * `off` cancels what is inherited. With `transparent` it need not be an address of this machine
   * (`$remote_addr`), whose routes must bring the answers back: Linux, and CAP_NET_RAW or
   * CAP_NET_ADMIN for the processes that serve, which keep the former when the master is root;
   * without it 500.
   */
  readonly proxyBind?: Words | undefined;
  /**
   * `proxy_bind_dynamic on | off` (without it: `off`). Whether the variables of `proxy_bind` are
   * worked out anew for each try of an exchange; `off`: once for all of them.
   */
  readonly proxyBindDynamic?: Flag | undefined;
  /**
   * `proxy_request_dynamic on | off` (without it: `off`). Accepted. Weir makes the request anew for
   * each try of an exchange: variables in `proxy_set_header`, `proxy_method` and `proxy_set_body`
   * have the value of that try.
   */
  readonly proxyRequestDynamic?: Flag | undefined;
  /**
   * `proxy_connect_timeout time` (without it: `5s`). How long establishing a connection to an
   * endpoint may take. Then 504.
   */
  readonly proxyConnectTimeout?: Time | undefined;
  /**
   * `proxy_send_timeout time` (without it: `60s`). The longest pause between two writes to the
   * endpoint that make progress. Then 504.
   */
  readonly proxySendTimeout?: Time | undefined;
  /**
   * `proxy_read_timeout time` (without it: `60s`). The longest pause between two reads from the
   * endpoint. Then 504, or the response is cut when it had begun.
   */
  readonly proxyReadTimeout?: Time | undefined;
  /**
   * `proxy_http_version 1.0 | 1.1` (without it: `1.1`). The version spoken to the upstream. 1.1, as
   * in nginx since 1.29.7. With 1.0 the connection serves one request, and bodies go out by their
   * length only. 2 is not built.
   */
  readonly proxyHttpVersion?: Word | undefined;
  /**
   * `proxy_buffering on | off` (without it: `on`). Whether a response may collect here when the
   * client is slower than the endpoint: in memory up to `proxy_buffers`, then in a file up to
   * `proxy_max_temp_file_size`, so that the endpoint is free early. Bytes that the client takes are
   * never delayed, on or off. `off`, a response with `X-Accel-Buffering: no` and
   * `text/event-stream` hold the endpoint back instead; `X-Accel-Buffering: yes` is as `on`.
   */
  readonly proxyBuffering?: Flag | undefined;
  /**
   * `proxy_request_buffering on | off` (without it: `on`). Whether the request body is read whole,
   * into memory up to `client_body_buffer_size` and then into a file, before an endpoint is asked.
   * `off` streams it with backpressure; then a failed try can only be repeated while nothing of the
   * body was sent.
   */
  readonly proxyRequestBuffering?: Flag | undefined;
  /**
   * `proxy_buffer_size size` (without it: `32k`). The longest response head; beyond it 502. The
   * default is larger than that of nginx.
   */
  readonly proxyBufferSize?: Size | undefined;
  /**
   * `proxy_buffers number size` (without it: `8 4k`). Memory in which the part of a response
   * collects that the client has not taken yet: `number` × `size`. What is beyond goes to a file.
   */
  readonly proxyBuffers?: Words | undefined;
  /**
   * `proxy_busy_buffers_size size` (without it: `8k`). Accepted. Weir sends at once whatever the
   * client takes.
   */
  readonly proxyBusyBuffersSize?: Size | undefined;
  /**
   * `proxy_max_temp_file_size size` (without it: `1024m`). The most of one response that may wait
   * in a file; then the endpoint is held back. 0 uses no file.
   */
  readonly proxyMaxTempFileSize?: Size | undefined;
  /**
   * `proxy_temp_file_write_size size` (without it: `64k`). How much is written to the file at a
   * time.
   */
  readonly proxyTempFileWriteSize?: Size | undefined;
  /**
   * `proxy_temp_path path [level1 [level2 [level3]]] | auto` (without it: `auto`). The directory
   * for responses that wait in a file; see `client_body_temp_path`.
   */
  readonly proxyTempPath?: Words | undefined;
  /**
   * `limit_rate size` (without it: `0`). Bytes per second that go to the client of one response of
   * an endpoint; 0 sets no limit. What belongs to a second may go at its beginning. May hold
   * variables; `set $limit_rate` wins. Answers of Weir itself are not delayed.
   */
  readonly limitRate?: Word | undefined;
  /**
   * `limit_rate_after size` (without it: `0`). Bytes of a response that go to the client before
   * `limit_rate` holds; may hold variables.
   */
  readonly limitRateAfter?: Word | undefined;
  /**
   * `proxy_limit_rate size` (without it: `0`). Bytes per second that are read of a response, on
   * average: after a read of up to 64 KB the endpoint waits as long as these should have taken. 0
   * sets no limit; may hold variables. Without effect where responses are not buffered.
   */
  readonly proxyLimitRate?: Word | undefined;
  /**
   * `proxy_force_ranges on | off` (without it: `off`). Whether clients may ask for a part (`Range`,
   * `If-Range`) of every 200 of an endpoint whose length is known, whatever the endpoint says of
   * `Accept-Ranges`: 206, or 416 where there is no such part. As in nginx without a cache, who asks
   * for several parts gets the whole. What is long behind the part is not read from the endpoint.
   * Without effect where `response_body` makes another body.
   */
  readonly proxyForceRanges?: Flag | undefined;
  /**
   * `max_ranges number` (without it: `2147483647`). With 0 no parts are given, whatever
   * `proxy_force_ranges` says.
   */
  readonly maxRanges?: number | undefined;
  /**
   * `proxy_store path | off` (without it: `off`). Keeps a copy of each 200 of an endpoint in a
   * file; the path may hold variables. It is written beside its place under a name of its own
   * (`.weir-store-…`) and renamed when it is whole, with the time of `Last-Modified`; folders are
   * made. `user` must be allowed to write there. A path that has `..` in it, whoever chose it, is
   * not written to; what cannot be written is told to the error log, and the client has its answer
   * all the same. An exchange goes on when its client has left. Nothing is ever deleted. `on` is
   * not built yet.
   */
  readonly proxyStore?: Word | undefined;
  /**
   * `proxy_store_access user:rw | group:rw | all:rw | user:r | group:r | all:r …` (without it:
   * `user:rw`). Who may read and write the files of `proxy_store`, and enter the folders that are
   * made for them; `user:rw` in any case.
   */
  readonly proxyStoreAccess?: Words | undefined;
  /**
   * `proxy_next_upstream error | timeout | denied | invalid_header | non_idempotent |
   * idempotency_key | http_500 | http_502 | http_503 | http_504 | http_403 | http_404 | http_429 |
   * off …` (without it: `error timeout`). After which failures another endpoint is asked, as long
   * as nothing has gone to the client and the request can be sent again. Requests that are not
   * idempotent are repeated only when nothing of them was sent, or with `non_idempotent`; with
   * `idempotency_key`, which nginx has not, also when they have an `Idempotency-Key` that goes on
   * to the endpoint. `denied` is accepted.
   */
  readonly proxyNextUpstream?: Words | undefined;
  /**
   * `proxy_next_upstream_tries number` (without it: `0`). The most tries of one exchange, the first
   * included; 0 sets no limit but the number of endpoints.
   */
  readonly proxyNextUpstreamTries?: number | undefined;
  /**
   * `proxy_next_upstream_timeout time` (without it: `0`). After this time no other endpoint is
   * asked; 0 sets no limit.
   */
  readonly proxyNextUpstreamTimeout?: Time | undefined;
  /**
   * `proxy_ignore_client_abort on | off` (without it: `off`). Whether a request goes on to its end
   * when its client has closed the connection. `off`: the connection to the endpoint is closed at
   * once.
   */
  readonly proxyIgnoreClientAbort?: Flag | undefined;
  /**
   * `proxy_pass_trailers on | off` (without it: `off`). Whether trailer fields go on: those of
   * requests to the endpoint, those of responses to clients that say `TE: trailers`. They stay
   * trailers; fields on which framing, routing or authentication depend are dropped.
   */
  readonly proxyPassTrailers?: Flag | undefined;
  /**
   * `proxy_intercept_errors on | off` (without it: `off`). Whether `error_page` also holds for the
   * statuses of endpoints.
   */
  readonly proxyInterceptErrors?: Flag | undefined;
  /**
   * `proxy_pass_request_headers on | off` (without it: `on`). Whether the fields of the request go
   * on. Those of `proxy_set_header` and what frames the message do in any case.
   */
  readonly proxyPassRequestHeaders?: Flag | undefined;
  /**
   * `proxy_method method`. The method of requests to the endpoint, in place of the client's; may
   * hold variables.
   */
  readonly proxyMethod?: Text | undefined;
  /**
   * `proxy_set_body string`. The body of requests to the endpoint, in place of the client's, which
   * is read and dropped; may hold variables.
   */
  readonly proxySetBody?: Text | undefined;
  /**
   * `proxy_pass_request_body on | off` (without it: `on`). Whether the body of the request goes on.
   * When off it is read and dropped.
   */
  readonly proxyPassRequestBody?: Flag | undefined;
  /**
   * `early_hints string …`. When an informational answer of the endpoint (1xx, 100 and 101 apart)
   * is passed on to an HTTP/1.1 client: if at least one string is neither empty nor `0`. Without
   * the directive never.
   */
  readonly earlyHints?: Words | undefined;
  /**
   * `proxy_upgrade off | protocol …` (without it: `websocket`). Weir only. The protocols that a
   * client may change to with `Upgrade`; the field is passed on for these only, without
   * `proxy_set_header`. `h2c` and `TLS` are refused: what they carry could not be inspected.
   */
  readonly proxyUpgrade?: Words | undefined;
  /**
   * `via on | off | name` (without it: `on`). Weir only. Requests to endpoints carry `Via: 1.1
   * name`; by it a request that went in circles is found and refused with 508. `on`: `weir-` and
   * eight hex digits of the host name and the path of the configuration. Proxies that are to find
   * loops through each other need different names; several that share one name count together.
   */
  readonly via?: Word | undefined;
  /**
   * `resolver address … [valid=time] [ipv4=on | off] [ipv6=on | off] [status_zone=zone]`. The name
   * servers (`address[:port]`, port 53 when none is given) that are asked for hosts which variables
   * in `proxy_pass` name, and for those of `server` lines with `resolve`. Of the former each proxy
   * thread keeps an answer as long as its TTL says, or for `valid=`, and at most 1,000 of them;
   * requests that want the same name at the same time wait for one question. `ipv4=off` and
   * `ipv6=off` leave that family out. `status_zone=` is accepted. /etc/hosts is not read.
   */
  readonly resolver?: Words | undefined;
  /**
   * `resolver_timeout time` (without it: `30s`). How long a request waits for the addresses of a
   * name; then 502. For `resolve`: how long the name servers have, in turns, for one answer; then
   * the last one stays.
   */
  readonly resolverTimeout?: Time | undefined;
  /**
   * `request_filter function`. In weir.config.ts only. A function that sees each request before it
   * is passed on or answered (by `return` excepted, which comes first). It may change fields, and
   * answer in place of what follows. Several run in the order of the file.
   */
  readonly requestFilter?: Several<RequestFilter> | undefined;
  /**
   * `response_filter function`. In weir.config.ts only. A function that may change the head of each
   * response, whoever made it. It cannot wait: a promise is an error.
   */
  readonly responseFilter?: Several<ResponseFilter> | undefined;
  /**
   * `response_body function`. In weir.config.ts only. A function that gets the whole body of an
   * endpoint’s response, at most `function_body_size`, and gives another one. Nothing leaves before
   * it has; a longer body is a 500.
   */
  readonly responseBody?: ResponseBodyFilter | undefined;
  /**
   * `function_timeout time` (without it: `60s`). Weir only. How long a handler or filter may take
   * for an answer, and for each piece of one that it streams; then the request gets a 504.
   */
  readonly functionTimeout?: Time | undefined;
  /**
   * `function_body_size size` (without it: `1m`). Weir only. The longest body that a function may
   * read; a longer one is a 413.
   */
  readonly functionBodySize?: Size | undefined;
  /**
   * `access_log off | path | syslog:server=address[,parameter…] [format] [buffer=size]
   * [gzip[=level]] [flush=time] [if=condition]`. Where requests are logged and in which
   * `log_format` (`combined` when none is named). May stand several times; `off` cancels those of
   * the enclosing levels. Without any, nothing is logged. Lines are gathered up to `buffer` (64 KB)
   * and written at the latest after `flush` (0.1 s; with `gzip` when the buffer is full). `if=`:
   * not for requests for which it is empty or `0`. A path may have `$names`: a file for each value,
   * which the threads, running as `user`, must be able to create. `syslog:` takes `server=`,
   * `facility=` (`local7`), `severity=` (`info`), `tag=` (`weir`) and `nohostname`; it sends UDP,
   * and what cannot be sent at once is lost and counted.
   */
  readonly accessLog?: Rows | undefined;
  /**
   * `open_log_file_cache off | max=number [inactive=time] [min_uses=number] [valid=time]` (without
   * it: `off`). How many files of an `access_log` with `$names` in its path stay open between their
   * lines: those with at least `min_uses` (1) writes, without a line for at most `inactive` (10 s).
   * After `valid` (60 s) the path is opened anew. Without it a file is opened for every write.
   */
  readonly openLogFileCache?: Words | undefined;
}

/** What may stand in `location`. */
export interface LocationBlock {
  /**
   * Files of nginx.conf, by name or pattern, relative to this one: they stand here.
   */
  readonly include?: Several<string> | undefined;
  /**
   * `error_log file | stderr | memory:size | syslog:server=address[,parameter…] [level]`. Where
   * errors are logged, from which level on (`debug`, `info`, `notice`, `warn`, `error`, `crit`,
   * `alert`, `emerg`; `error` when none is given). May stand several times. In `http`, `server` and
   * `location` it takes the lines that are about their requests; those about processes and
   * connections go where the top level says, to `stderr` when it says nothing. Parameters of
   * `syslog:` are those of `access_log`; its severity is that of each line. `memory:` keeps the
   * last lines, of each process and thread as much as `size`; USR1 (`-s reopen`) has them written
   * to standard error.
   */
  readonly errorLog?: Rows | undefined;
  /**
   * `location [= | ~ | ~* | ^~] path | @name { … }`. What holds for paths that begin with `path`,
   * with `=` are it, with `~` match it as a regular expression (`~*`: the case of letters ignored).
   * An exact location wins, else the first regular expression of the file that matches, else the
   * longest prefix, wherever it stands; with `^~` that prefix wins over regular expressions.
   * Locations inside one are asked for the paths that it takes. `@name` takes no request from
   * outside: `error_page` sends exchanges there.
   */
  readonly location?: Several<NamedBlocks<LocationBlock>> | undefined;
  /**
   * `rewrite regex replacement [last | break | redirect | permanent]`. Replaces the path when it
   * matches `regex`. The query goes on behind that of the replacement, unless it ends in `?`.
   * `last` ends these directives and looks for a location again, `break` ends them and stays;
   * without a flag they go on. `redirect` (302), `permanent` (301), or a replacement that begins
   * with `http://`, `https://` or `$scheme` send the client there. After 10 changes the answer is
   * 500.
   */
  readonly rewrite?: TextRows | undefined;
  /**
   * `set $variable value`. Gives a variable a value. The name is known everywhere; where nothing
   * has set it, it is empty. `$args` is the query of the request.
   */
  readonly set?: TextRows | undefined;
  /**
   * `break`. Ends the directives `rewrite`, `set`, `if` and `return` of this level.
   */
  readonly break?: boolean | undefined;
  /**
   * `if (condition) { … }`. Runs what is in the block, and in a location takes its settings, when
   * the condition holds: `($variable)` (neither empty nor `0`), `($variable = text)`, `!=`, `~` and
   * `~*` (a regular expression, its captures are `$1` to `$9`), `!~`, `!~*`, `(-f path)` (a file;
   * `-d` a directory, `-e` either, `-x` executable, `!-f` none).
   */
  readonly if?: Several<NamedBlocks<LocationIfBlock>> | undefined;
  /**
   * `rewrite_log on | off` (without it: `off`). Whether `rewrite` and `if` tell the error log, at
   * level `notice`, what they found and made. What holds is the value of the `server` or
   * `location`, also inside an `if` of it.
   */
  readonly rewriteLog?: Flag | undefined;
  /**
   * `return code [text] | code URL | URL`. Answers at once: with a status and its usual page, with
   * a text, or with a redirect (301, 302, 303, 307, 308). A bare `http://`, `https://` or `$scheme`
   * URL means 302. 444 closes the connection without an answer.
   */
  readonly return?: TextRows | undefined;
  /**
   * `stub_status`. The page of counters that nginx has, over all proxy threads.
   */
  readonly stubStatus?: boolean | undefined;
  /**
   * `status_json`. Weir only. State of the edge as JSON: version, uptime, configuration hash,
   * result of the last reload, counters in total and per thread, endpoints.
   */
  readonly statusJson?: boolean | undefined;
  /**
   * `api [write=on | off]`. The API of NGINX Plus, version 9 (docs/steering.md): the path behind
   * that of the location is what stands behind `/api` there. With `write=on` servers of upstreams
   * are added, changed and taken out, too; as there are no access rules yet, changes are taken from
   * clients on this machine only (127.0.0.0/8, ::1, unix sockets).
   */
  readonly api?: Word | undefined;
  /**
   * `default_type mime-type` (without it: `text/plain`). The `Content-Type` of the text of `return`
   * where `types` has none for the extension of the path.
   */
  readonly defaultType?: string | undefined;
  /**
   * `types { mime-type extension …; }`. Maps extensions of the path to the `Content-Type` of the
   * text of `return`. HTML, GIF and JPEG when there is none.
   */
  readonly types?: MediaTypes | undefined;
  /**
   * `error_page code … [=[response]] uri`. What is answered instead of our page of these statuses:
   * `/path` is asked for with GET, `@name` with the method and body of the request, `http://…` is a
   * redirect (302, or the 301, 302, 303, 307 or 308 of `=response`). The status stays unless
   * `=response` gives another, or `=` alone leaves it to what answers. The statuses of endpoints
   * count with `proxy_intercept_errors on` only. What is refused before its location is known has
   * our page. Inherited only by levels that have none of their own.
   */
  readonly errorPage?: Rows | undefined;
  /**
   * `recursive_error_pages on | off` (without it: `off`). Whether an error of an error page may
   * lead to another one. After 10 redirects the answer is 500 in any case.
   */
  readonly recursiveErrorPages?: Flag | undefined;
  /**
   * `internal`. The location answers 404 to clients; only `error_page` leads here.
   */
  readonly internal?: boolean | undefined;
  /**
   * `absolute_redirect on | off` (without it: `on`). Whether a redirect to a path is sent as the
   * whole URL, with scheme and host.
   */
  readonly absoluteRedirect?: Flag | undefined;
  /**
   * `server_name_in_redirect on | off` (without it: `off`). Whether the host of such a URL is the
   * first `server_name`, and not the one that the client asked for.
   */
  readonly serverNameInRedirect?: Flag | undefined;
  /**
   * `port_in_redirect on | off` (without it: `on`). Whether such a URL has the port that the client
   * came in on, unless it is 80.
   */
  readonly portInRedirect?: Flag | undefined;
  /**
   * `client_body_timeout time` (without it: `30s`). The longest pause between two reads of the
   * request body. Then 408.
   */
  readonly clientBodyTimeout?: Time | undefined;
  /**
   * `client_max_body_size size` (without it: `10m`). The largest request body; beyond it 413. 0
   * removes the limit.
   */
  readonly clientMaxBodySize?: Size | undefined;
  /**
   * `send_timeout time` (without it: `60s`). The longest pause between two writes to the client
   * that make progress. Then the connection is closed.
   */
  readonly sendTimeout?: Time | undefined;
  /**
   * `keepalive_timeout timeout [header_timeout]` (without it: `75s`). How long an idle keep-alive
   * connection stays open; 0 closes after every response. The second value is sent as `Keep-Alive:
   * timeout=`.
   */
  readonly keepaliveTimeout?: Words | undefined;
  /**
   * `keepalive_min_timeout time` (without it: `0`). While draining, an idle keep-alive connection
   * is not closed before this time has passed.
   */
  readonly keepaliveMinTimeout?: Time | undefined;
  /**
   * `keepalive_requests number` (without it: `10000`). Requests after which a client connection is
   * closed.
   */
  readonly keepaliveRequests?: number | undefined;
  /**
   * `keepalive_time time` (without it: `1h`). Age after which a client connection is closed once
   * its request has ended.
   */
  readonly keepaliveTime?: Time | undefined;
  /**
   * `lingering_close on | off | always` (without it: `on`). Whether the rest of a request is read
   * and dropped before its connection closes, so that the client gets to read the answer: `on` when
   * more may come, `always` in any case, `off` never.
   */
  readonly lingeringClose?: 'on' | 'off' | 'always' | undefined;
  /**
   * `lingering_time time` (without it: `5s`). The longest time spent on reading and dropping the
   * rest of a refused request.
   */
  readonly lingeringTime?: Time | undefined;
  /**
   * `lingering_timeout time` (without it: `1s`). The longest wait for more bytes of a refused
   * request.
   */
  readonly lingeringTimeout?: Time | undefined;
  /**
   * `client_body_buffer_size size` (without it: `16k`). Memory for a request body that is read
   * whole (`proxy_request_buffering on`); a larger one goes to a file.
   */
  readonly clientBodyBufferSize?: Size | undefined;
  /**
   * `client_body_temp_path path [level1 [level2 [level3]]] | auto` (without it: `auto`). The
   * directory for request bodies that wait in a file; a missing one is created for `user`, in a
   * folder that must exist. The files have no names and vanish with the process, so levels of
   * folders are accepted without effect. `auto` is `/var/tmp` where Weir may write there, else the
   * folder for temporary files of the system (`TMPDIR`); `/tmp` comes last because it is memory on
   * many machines.
   */
  readonly clientBodyTempPath?: Words | undefined;
  /**
   * `client_body_in_file_only off` (without it: `off`). Request bodies are kept in files for the
   * time of the exchange only; `on` and `clean` are not built.
   */
  readonly clientBodyInFileOnly?: Word | undefined;
  /**
   * `reset_timedout_connection on | off` (without it: `off`). Whether a client that timed out (and
   * `return 444`) gets a TCP reset, so that nothing of its connection stays in the kernel. Idle
   * keep-alive connections are closed in the usual way.
   */
  readonly resetTimedoutConnection?: Flag | undefined;
  /**
   * `chunked_transfer_encoding on | off` (without it: `on`). Whether a response of unknown length
   * goes to an HTTP/1.1 client in chunks. When off it ends with the connection, so a client cannot
   * tell a whole one from a broken one.
   */
  readonly chunkedTransferEncoding?: Flag | undefined;
  /**
   * `server_tokens on | off | build` (without it: `off`). Whether the `Server` field and error
   * pages carry the version.
   */
  readonly serverTokens?: 'on' | 'off' | 'build' | undefined;
  /**
   * `set_real_ip_from address | CIDR | host | unix:`. A proxy in front of Weir that is trusted to
   * name its client (`real_ip_header`). May stand several times. Of `http` and `server` it holds
   * from the start of a request, of a `location` once `rewrite` and `return` are done. A host name
   * is looked up when the configuration is read.
   */
  readonly setRealIpFrom?: Several<Word> | undefined;
  /**
   * `real_ip_header field` (without it: `X-Real-IP`). The field in which a trusted proxy names its
   * client. Of `X-Forwarded-For`, spelled so, all fields make one list; of any other field the
   * first one counts. What is no address changes nothing.
   */
  readonly realIpHeader?: Word | undefined;
  /**
   * `real_ip_recursive on | off` (without it: `off`). Off: the last address of the list is the
   * client. On: the last one that is not trusted itself, or the first one when all are.
   */
  readonly realIpRecursive?: Flag | undefined;
  /**
   * `explain on | off` (without it: `off`). On: a client of `explain_trusted` whose request carries
   * `X-Weir-Explain: 1` gets fields beside its answer that say what became of it: listener, server,
   * location, rewrites, upstream, each endpoint with its score and why it is not the one, tries,
   * reason (docs/explain.md). Others see nothing of it. The field never goes to an endpoint,
   * whoever sends it. Not in nginx.
   */
  readonly explain?: Flag | undefined;
  /**
   * `explain_trusted address | CIDR | host | unix:`. Whose `X-Weir-Explain` counts where `explain`
   * is on: the address of the client, which `set_real_ip_from` of `http` and `server` may have
   * found. May stand several times; without any it is nobody. A host name is looked up when the
   * configuration is read. Not in nginx.
   */
  readonly explainTrusted?: Several<Word> | undefined;
  /**
   * `proxy_pass URL`. Passes requests to `http://host[:port][/uri]`, `http://upstream[/uri]` or
   * `http://unix:/path[:/uri]`. With a URI, it replaces the part of the path that the location
   * matched; without one the target goes on as it came. With variables in it the URL is worked out
   * for each request: a URI is sent as it is and replaces the whole target, without one the target
   * goes on; the host is an `upstream` block, what another `proxy_pass` names, an IP address, or is
   * looked up (`resolver`). `https://` is not built yet.
   */
  readonly proxyPass?: Word | undefined;
  /**
   * `proxy_redirect default | off | redirect replacement` (without it: `default`). Rewrites the
   * beginning of `Location`, and of the URL in `Refresh`, in the answer of an endpoint; the first
   * that fits counts. `default` puts the path of the location in place of the URL of `proxy_pass`,
   * and stands where no other is written. Behind `~` (`~*`: the case of letters ignored) stands a
   * regular expression: if it matches, the whole is replaced, and the replacement has its captures.
   * A path that results becomes a URL of this server.
   */
  readonly proxyRedirect?: Rows | undefined;
  /**
   * `proxy_cookie_domain off | domain replacement`. Replaces the `Domain` of a `Set-Cookie` that is
   * `domain`, whatever the case and with or without a dot in front; the first that fits counts.
   * Behind `~` stands a regular expression, the case of letters ignored: if it matches, the whole
   * is replaced. `off` cancels those of this level and the levels above.
   */
  readonly proxyCookieDomain?: Rows | undefined;
  /**
   * `proxy_cookie_path off | path replacement`. Replaces the beginning of the `Path` of a
   * `Set-Cookie`; the first that fits counts. Behind `~` (`~*`: the case of letters ignored) stands
   * a regular expression: if it matches, the whole is replaced. `off` cancels those of this level
   * and the levels above.
   */
  readonly proxyCookiePath?: Rows | undefined;
  /**
   * `proxy_cookie_flags off | cookie [secure | nosecure | httponly | nohttponly | samesite=strict |
   * samesite=lax | samesite=none | nosamesite …]`. Sets or removes flags of the cookie of that name
   * in `Set-Cookie`; the first that fits counts. Behind `~` stands a regular expression for names,
   * the case of letters ignored. `off` cancels those of this level and the levels above.
   */
  readonly proxyCookieFlags?: Rows | undefined;
  /**
   * `proxy_hide_header field`. Keeps a field of the answer of an endpoint from the client, beside
   * `Date`, `Server`, `X-Pad` and `X-Accel-…`, which are kept in any case.
   */
  readonly proxyHideHeader?: Several<Word> | undefined;
  /**
   * `proxy_pass_header field`. Lets a field through that is otherwise kept from the client;
   * `Server` and `Date` then stand in place of our own.
   */
  readonly proxyPassHeader?: Several<Word> | undefined;
  /**
   * `proxy_ignore_headers field …`. Fields of an endpoint's answer that have no effect here:
   * `X-Accel-Buffering`; `X-Accel-Limit-Rate`, which wins over `limit_rate`; and
   * `X-Accel-Redirect`, by which another location of the server answers in place of the endpoint.
   * The others that nginx knows are accepted, they have none in any case: `X-Accel-Expires`,
   * `X-Accel-Charset`, `Expires`, `Cache-Control`, `Set-Cookie`, `Vary`.
   */
  readonly proxyIgnoreHeaders?: Rows | undefined;
  /**
   * `add_header name value [always]`. Adds a field to answers with status 200, 201, 204, 206, 301,
   * 302, 303, 304, 307 or 308, with `always` to all; an empty value adds none. `ETag` and
   * `Last-Modified` replace what is there. Inherited only by levels that have none of their own,
   * see `add_header_inherit`.
   */
  readonly addHeader?: TextRows | undefined;
  /**
   * `add_header_inherit on | off | merge` (without it: `on`). How `add_header` is inherited: `on`
   * by levels that have none of their own, `merge` also by those that have, `off` by none.
   */
  readonly addHeaderInherit?: 'on' | 'off' | 'merge' | undefined;
  /**
   * `add_trailer name value [always]`. Adds a field behind the body of answers with the statuses of
   * `add_header`, with `always` to all; an empty value adds none. The value is that of the end of
   * the answer. Such answers are chunked whatever their length; clients of HTTP/1.0, `HEAD` and
   * answers without a body get none. Inherited only by levels that have none of their own, see
   * `add_trailer_inherit`.
   */
  readonly addTrailer?: Rows | undefined;
  /**
   * `add_trailer_inherit on | off | merge` (without it: `on`). How `add_trailer` is inherited: as
   * `add_header_inherit`.
   */
  readonly addTrailerInherit?: 'on' | 'off' | 'merge' | undefined;
  /**
   * `proxy_total_timeout time` (without it: `0`). Weir only. The longest time from the first try of
   * a request to the end of the answer, all further tries, pauses and the queue included: then 504,
   * or the response is cut, with the reason `upstream_total_timeout`. No further try starts when
   * less than 50 ms of it are left. A body that is held is read before it begins; a tunnel
   * (WebSocket) and what Weir keeps for a slow client have no part in it. `$upstream_remaining_ms`
   * is what is left. 0 sets no limit.
   */
  readonly proxyTotalTimeout?: Time | undefined;
  /**
   * `proxy_try_timeout time` (without it: `0`). Weir only. The longest time of one try, from its
   * start to the head of the answer; then it has failed as by a timeout, with the reason
   * `upstream_try_timeout`. 0 sets no limit.
   */
  readonly proxyTryTimeout?: Time | undefined;
  /**
   * `proxy_deadline_header off | field` (without it: `off`). Weir only. The field of a request in
   * which a client of `proxy_deadline_trusted` says how long it will wait, from the start of its
   * request: milliseconds (`1500`), or with a unit as in `grpc-timeout` (`H M S m u n`), `s` or
   * `ms`. That lowers `proxy_total_timeout` for this exchange and never raises it; 504 without
   * asking anybody where it is over already; no endpoint is blamed for it. Endpoints get the field
   * with what is left of the time of the exchange (of `Grpc-Timeout` with the unit `m`), or not at
   * all where nothing limits it, unless `proxy_set_header` sets it.
   */
  readonly proxyDeadlineHeader?: Word | undefined;
  /**
   * `proxy_deadline_trusted address | CIDR | host | unix:`. Weir only. Whose
   * `proxy_deadline_header` counts: the address of the client, which `set_real_ip_from` may have
   * found. May stand several times; without any it is nobody. A host name is looked up when the
   * configuration is read.
   */
  readonly proxyDeadlineTrusted?: Several<Word> | undefined;
  /**
   * `proxy_next_upstream_backoff off | time [max=time]` (without it: `off`). Weir only. A pause in
   * front of further tries: a random one of up to `time` before the second, up to twice as long
   * with each one more, never longer than `max` (ten times `time`). `Retry-After` of an answer that
   * `proxy_next_upstream` lists is waited for, or the answer goes to the client when it is longer
   * than `max`. Pauses are rounded up to 50 ms. `off`: as in nginx another endpoint is asked at
   * once.
   */
  readonly proxyNextUpstreamBackoff?: Words | undefined;
  /**
   * `proxy_hedge off | percent% [min=time]` (without it: `off`). Weir only. When an endpoint has
   * not answered after the time in which that share of the answers of the location use to come
   * (`95%`; 50% to 99.9%, and at least `min`), another endpoint is asked as well. The first answer
   * counts, the other request is dropped. Only requests without a body whose method is idempotent,
   * once each, and as `retry_budget` and `proxy_next_upstream_tries` allow. Each proxy thread
   * learns from its own answers, and hedges nothing before there were 100. Times of up to half a
   * second are kept to a millisecond or two, longer ones to 50 ms.
   */
  readonly proxyHedge?: Words | undefined;
  /**
   * `fault off | [delay=time] [abort=status] [rate=size] [percent=number] [if=condition]`. Weir
   * only. For tests of those who call: what `proxy_pass` would pass on is held back for `delay`
   * (rounded up to 50 ms), answered with the status of `abort` (400 to 599; 444 closes the
   * connection) without asking an endpoint, or its answer goes to the client with no more than
   * `rate` bytes per second. Of one `fault` all that is written happens to the same requests:
   * `percent` of them (100), chosen by chance, among those for which the condition is neither empty
   * nor `0`. Each `fault` is decided by itself: of several delays the longest holds, of several
   * rates the lowest, of several aborts the first. A delayed request occupies no endpoint, and ends
   * when its client goes. An abort has the reason `fault_abort`; `error_page` holds for it, and no
   * request meets faults twice. `off` cancels what is inherited. `-t` warns of each.
   */
  readonly fault?: Rows | undefined;
  /**
   * `proxy_set_header field value`. Sets a field of the request to the upstream; an empty value
   * removes it. Inherited only by levels that have none of their own. `Host` is `$proxy_host`
   * unless set. `Connection: close` ends the connection with the request; `Upgrade` has no effect,
   * see `proxy_upgrade`. Fields that decide the framing cannot be set; to empty them, as is usual
   * with `proxy_pass_request_body off`, changes nothing.
   */
  readonly proxySetHeader?: TextRows | undefined;
  /**
   * `proxy_bind address[:port] [transparent] | off` (without it: `off`). The local IP address, and
   * with it the port, that connections to endpoints come from; may hold variables: an empty value
   * leaves it to the system, and so does one that is no address (with a line in the error log). An
   * address that this machine has not: 500. Connections from different addresses are not mixed.
   * `off` cancels what is inherited. With `transparent` it need not be an address of this machine
   * (`$remote_addr`), whose routes must bring the answers back: Linux, and CAP_NET_RAW or
   * CAP_NET_ADMIN for the processes that serve, which keep the former when the master is root;
   * without it 500.
   */
  readonly proxyBind?: Words | undefined;
  /**
   * `proxy_bind_dynamic on | off` (without it: `off`). Whether the variables of `proxy_bind` are
   * worked out anew for each try of an exchange; `off`: once for all of them.
   */
  readonly proxyBindDynamic?: Flag | undefined;
  /**
   * `proxy_request_dynamic on | off` (without it: `off`). Accepted. Weir makes the request anew for
   * each try of an exchange: variables in `proxy_set_header`, `proxy_method` and `proxy_set_body`
   * have the value of that try.
   */
  readonly proxyRequestDynamic?: Flag | undefined;
  /**
   * `proxy_connect_timeout time` (without it: `5s`). How long establishing a connection to an
   * endpoint may take. Then 504.
   */
  readonly proxyConnectTimeout?: Time | undefined;
  /**
   * `proxy_send_timeout time` (without it: `60s`). The longest pause between two writes to the
   * endpoint that make progress. Then 504.
   */
  readonly proxySendTimeout?: Time | undefined;
  /**
   * `proxy_read_timeout time` (without it: `60s`). The longest pause between two reads from the
   * endpoint. Then 504, or the response is cut when it had begun.
   */
  readonly proxyReadTimeout?: Time | undefined;
  /**
   * `proxy_http_version 1.0 | 1.1` (without it: `1.1`). The version spoken to the upstream. 1.1, as
   * in nginx since 1.29.7. With 1.0 the connection serves one request, and bodies go out by their
   * length only. 2 is not built.
   */
  readonly proxyHttpVersion?: Word | undefined;
  /**
   * `proxy_buffering on | off` (without it: `on`). Whether a response may collect here when the
   * client is slower than the endpoint: in memory up to `proxy_buffers`, then in a file up to
   * `proxy_max_temp_file_size`, so that the endpoint is free early. Bytes that the client takes are
   * never delayed, on or off. `off`, a response with `X-Accel-Buffering: no` and
   * `text/event-stream` hold the endpoint back instead; `X-Accel-Buffering: yes` is as `on`.
   */
  readonly proxyBuffering?: Flag | undefined;
  /**
   * `proxy_request_buffering on | off` (without it: `on`). Whether the request body is read whole,
   * into memory up to `client_body_buffer_size` and then into a file, before an endpoint is asked.
   * `off` streams it with backpressure; then a failed try can only be repeated while nothing of the
   * body was sent.
   */
  readonly proxyRequestBuffering?: Flag | undefined;
  /**
   * `proxy_buffer_size size` (without it: `32k`). The longest response head; beyond it 502. The
   * default is larger than that of nginx.
   */
  readonly proxyBufferSize?: Size | undefined;
  /**
   * `proxy_buffers number size` (without it: `8 4k`). Memory in which the part of a response
   * collects that the client has not taken yet: `number` × `size`. What is beyond goes to a file.
   */
  readonly proxyBuffers?: Words | undefined;
  /**
   * `proxy_busy_buffers_size size` (without it: `8k`). Accepted. Weir sends at once whatever the
   * client takes.
   */
  readonly proxyBusyBuffersSize?: Size | undefined;
  /**
   * `proxy_max_temp_file_size size` (without it: `1024m`). The most of one response that may wait
   * in a file; then the endpoint is held back. 0 uses no file.
   */
  readonly proxyMaxTempFileSize?: Size | undefined;
  /**
   * `proxy_temp_file_write_size size` (without it: `64k`). How much is written to the file at a
   * time.
   */
  readonly proxyTempFileWriteSize?: Size | undefined;
  /**
   * `proxy_temp_path path [level1 [level2 [level3]]] | auto` (without it: `auto`). The directory
   * for responses that wait in a file; see `client_body_temp_path`.
   */
  readonly proxyTempPath?: Words | undefined;
  /**
   * `limit_rate size` (without it: `0`). Bytes per second that go to the client of one response of
   * an endpoint; 0 sets no limit. What belongs to a second may go at its beginning. May hold
   * variables; `set $limit_rate` wins. Answers of Weir itself are not delayed.
   */
  readonly limitRate?: Word | undefined;
  /**
   * `limit_rate_after size` (without it: `0`). Bytes of a response that go to the client before
   * `limit_rate` holds; may hold variables.
   */
  readonly limitRateAfter?: Word | undefined;
  /**
   * `proxy_limit_rate size` (without it: `0`). Bytes per second that are read of a response, on
   * average: after a read of up to 64 KB the endpoint waits as long as these should have taken. 0
   * sets no limit; may hold variables. Without effect where responses are not buffered.
   */
  readonly proxyLimitRate?: Word | undefined;
  /**
   * `proxy_force_ranges on | off` (without it: `off`). Whether clients may ask for a part (`Range`,
   * `If-Range`) of every 200 of an endpoint whose length is known, whatever the endpoint says of
   * `Accept-Ranges`: 206, or 416 where there is no such part. As in nginx without a cache, who asks
   * for several parts gets the whole. What is long behind the part is not read from the endpoint.
   * Without effect where `response_body` makes another body.
   */
  readonly proxyForceRanges?: Flag | undefined;
  /**
   * `max_ranges number` (without it: `2147483647`). With 0 no parts are given, whatever
   * `proxy_force_ranges` says.
   */
  readonly maxRanges?: number | undefined;
  /**
   * `proxy_store path | off` (without it: `off`). Keeps a copy of each 200 of an endpoint in a
   * file; the path may hold variables. It is written beside its place under a name of its own
   * (`.weir-store-…`) and renamed when it is whole, with the time of `Last-Modified`; folders are
   * made. `user` must be allowed to write there. A path that has `..` in it, whoever chose it, is
   * not written to; what cannot be written is told to the error log, and the client has its answer
   * all the same. An exchange goes on when its client has left. Nothing is ever deleted. `on` is
   * not built yet.
   */
  readonly proxyStore?: Word | undefined;
  /**
   * `proxy_store_access user:rw | group:rw | all:rw | user:r | group:r | all:r …` (without it:
   * `user:rw`). Who may read and write the files of `proxy_store`, and enter the folders that are
   * made for them; `user:rw` in any case.
   */
  readonly proxyStoreAccess?: Words | undefined;
  /**
   * `proxy_next_upstream error | timeout | denied | invalid_header | non_idempotent |
   * idempotency_key | http_500 | http_502 | http_503 | http_504 | http_403 | http_404 | http_429 |
   * off …` (without it: `error timeout`). After which failures another endpoint is asked, as long
   * as nothing has gone to the client and the request can be sent again. Requests that are not
   * idempotent are repeated only when nothing of them was sent, or with `non_idempotent`; with
   * `idempotency_key`, which nginx has not, also when they have an `Idempotency-Key` that goes on
   * to the endpoint. `denied` is accepted.
   */
  readonly proxyNextUpstream?: Words | undefined;
  /**
   * `proxy_next_upstream_tries number` (without it: `0`). The most tries of one exchange, the first
   * included; 0 sets no limit but the number of endpoints.
   */
  readonly proxyNextUpstreamTries?: number | undefined;
  /**
   * `proxy_next_upstream_timeout time` (without it: `0`). After this time no other endpoint is
   * asked; 0 sets no limit.
   */
  readonly proxyNextUpstreamTimeout?: Time | undefined;
  /**
   * `proxy_ignore_client_abort on | off` (without it: `off`). Whether a request goes on to its end
   * when its client has closed the connection. `off`: the connection to the endpoint is closed at
   * once.
   */
  readonly proxyIgnoreClientAbort?: Flag | undefined;
  /**
   * `proxy_pass_trailers on | off` (without it: `off`). Whether trailer fields go on: those of
   * requests to the endpoint, those of responses to clients that say `TE: trailers`. They stay
   * trailers; fields on which framing, routing or authentication depend are dropped.
   */
  readonly proxyPassTrailers?: Flag | undefined;
  /**
   * `proxy_intercept_errors on | off` (without it: `off`). Whether `error_page` also holds for the
   * statuses of endpoints.
   */
  readonly proxyInterceptErrors?: Flag | undefined;
  /**
   * `proxy_pass_request_headers on | off` (without it: `on`). Whether the fields of the request go
   * on. Those of `proxy_set_header` and what frames the message do in any case.
   */
  readonly proxyPassRequestHeaders?: Flag | undefined;
  /**
   * `proxy_method method`. The method of requests to the endpoint, in place of the client's; may
   * hold variables.
   */
  readonly proxyMethod?: Text | undefined;
  /**
   * `proxy_set_body string`. The body of requests to the endpoint, in place of the client's, which
   * is read and dropped; may hold variables.
   */
  readonly proxySetBody?: Text | undefined;
  /**
   * `proxy_pass_request_body on | off` (without it: `on`). Whether the body of the request goes on.
   * When off it is read and dropped.
   */
  readonly proxyPassRequestBody?: Flag | undefined;
  /**
   * `early_hints string …`. When an informational answer of the endpoint (1xx, 100 and 101 apart)
   * is passed on to an HTTP/1.1 client: if at least one string is neither empty nor `0`. Without
   * the directive never.
   */
  readonly earlyHints?: Words | undefined;
  /**
   * `proxy_upgrade off | protocol …` (without it: `websocket`). Weir only. The protocols that a
   * client may change to with `Upgrade`; the field is passed on for these only, without
   * `proxy_set_header`. `h2c` and `TLS` are refused: what they carry could not be inspected.
   */
  readonly proxyUpgrade?: Words | undefined;
  /**
   * `via on | off | name` (without it: `on`). Weir only. Requests to endpoints carry `Via: 1.1
   * name`; by it a request that went in circles is found and refused with 508. `on`: `weir-` and
   * eight hex digits of the host name and the path of the configuration. Proxies that are to find
   * loops through each other need different names; several that share one name count together.
   */
  readonly via?: Word | undefined;
  /**
   * `resolver address … [valid=time] [ipv4=on | off] [ipv6=on | off] [status_zone=zone]`. The name
   * servers (`address[:port]`, port 53 when none is given) that are asked for hosts which variables
   * in `proxy_pass` name, and for those of `server` lines with `resolve`. Of the former each proxy
   * thread keeps an answer as long as its TTL says, or for `valid=`, and at most 1,000 of them;
   * requests that want the same name at the same time wait for one question. `ipv4=off` and
   * `ipv6=off` leave that family out. `status_zone=` is accepted. /etc/hosts is not read.
   */
  readonly resolver?: Words | undefined;
  /**
   * `resolver_timeout time` (without it: `30s`). How long a request waits for the addresses of a
   * name; then 502. For `resolve`: how long the name servers have, in turns, for one answer; then
   * the last one stays.
   */
  readonly resolverTimeout?: Time | undefined;
  /**
   * `health_check [parameters]`. Asks every endpoint of the upstream in `proxy_pass` how it is, and
   * sends nothing to those that are unhealthy: `uri=` (/), `interval=` (5s) after each check,
   * `jitter=` at most so much longer, `fails=` (1) and `passes=` (1) in a row until the verdict
   * changes, `match=name` (else any status of 200 to 399), `mandatory` (nothing goes there before
   * the first pass), `persistent` (who was healthy before a reload need not), `port=`,
   * `keepalive_time=`, `type=http | tcp` (`tcp`, ours in `http`, only connects, and does `send` and
   * `expect` of its `match`). Host and other constant fields, timeouts and address are those of the
   * location. No `zone` is needed. See [health.md](health.md).
   */
  readonly healthCheck?: Rows | undefined;
  /**
   * `handler function`. In weir.config.ts only. A function that answers the request, now or by a
   * promise. One that throws, rejects, or answers with something else than an answer costs its
   * request a 500.
   */
  readonly handler?: Handler | undefined;
  /**
   * `request_filter function`. In weir.config.ts only. A function that sees each request before it
   * is passed on or answered (by `return` excepted, which comes first). It may change fields, and
   * answer in place of what follows. Several run in the order of the file.
   */
  readonly requestFilter?: Several<RequestFilter> | undefined;
  /**
   * `response_filter function`. In weir.config.ts only. A function that may change the head of each
   * response, whoever made it. It cannot wait: a promise is an error.
   */
  readonly responseFilter?: Several<ResponseFilter> | undefined;
  /**
   * `response_body function`. In weir.config.ts only. A function that gets the whole body of an
   * endpoint’s response, at most `function_body_size`, and gives another one. Nothing leaves before
   * it has; a longer body is a 500.
   */
  readonly responseBody?: ResponseBodyFilter | undefined;
  /**
   * `function_timeout time` (without it: `60s`). Weir only. How long a handler or filter may take
   * for an answer, and for each piece of one that it streams; then the request gets a 504.
   */
  readonly functionTimeout?: Time | undefined;
  /**
   * `function_body_size size` (without it: `1m`). Weir only. The longest body that a function may
   * read; a longer one is a 413.
   */
  readonly functionBodySize?: Size | undefined;
  /**
   * `access_log off | path | syslog:server=address[,parameter…] [format] [buffer=size]
   * [gzip[=level]] [flush=time] [if=condition]`. Where requests are logged and in which
   * `log_format` (`combined` when none is named). May stand several times; `off` cancels those of
   * the enclosing levels. Without any, nothing is logged. Lines are gathered up to `buffer` (64 KB)
   * and written at the latest after `flush` (0.1 s; with `gzip` when the buffer is full). `if=`:
   * not for requests for which it is empty or `0`. A path may have `$names`: a file for each value,
   * which the threads, running as `user`, must be able to create. `syslog:` takes `server=`,
   * `facility=` (`local7`), `severity=` (`info`), `tag=` (`weir`) and `nohostname`; it sends UDP,
   * and what cannot be sent at once is lost and counted.
   */
  readonly accessLog?: Rows | undefined;
  /**
   * `open_log_file_cache off | max=number [inactive=time] [min_uses=number] [valid=time]` (without
   * it: `off`). How many files of an `access_log` with `$names` in its path stay open between their
   * lines: those with at least `min_uses` (1) writes, without a line for at most `inactive` (10 s).
   * After `valid` (60 s) the path is opened anew. Without it a file is opened for every write.
   */
  readonly openLogFileCache?: Words | undefined;
}

/** What may stand in `events`. */
export interface EventsBlock {
  /**
   * Files of nginx.conf, by name or pattern, relative to this one: they stand here.
   */
  readonly include?: Several<string> | undefined;
  /**
   * `worker_connections number` (without it: `512`). Connections that each proxy thread may have
   * open, clients and endpoints together.
   */
  readonly workerConnections?: number | undefined;
  /**
   * `accept reuseport | shared` (without it: `reuseport`). Weir only. `reuseport`: every proxy
   * thread has its own accept queue and the kernel spreads connections. `shared`: all threads take
   * from one queue, which evens out tails.
   */
  readonly accept?: 'reuseport' | 'shared' | undefined;
}

/** What may stand in `server-if`. */
export interface ServerIfBlock {
  /**
   * Files of nginx.conf, by name or pattern, relative to this one: they stand here.
   */
  readonly include?: Several<string> | undefined;
  /**
   * `rewrite regex replacement [last | break | redirect | permanent]`. Replaces the path when it
   * matches `regex`. The query goes on behind that of the replacement, unless it ends in `?`.
   * `last` ends these directives and looks for a location again, `break` ends them and stays;
   * without a flag they go on. `redirect` (302), `permanent` (301), or a replacement that begins
   * with `http://`, `https://` or `$scheme` send the client there. After 10 changes the answer is
   * 500.
   */
  readonly rewrite?: TextRows | undefined;
  /**
   * `set $variable value`. Gives a variable a value. The name is known everywhere; where nothing
   * has set it, it is empty. `$args` is the query of the request.
   */
  readonly set?: TextRows | undefined;
  /**
   * `break`. Ends the directives `rewrite`, `set`, `if` and `return` of this level.
   */
  readonly break?: boolean | undefined;
  /**
   * `rewrite_log on | off` (without it: `off`). Whether `rewrite` and `if` tell the error log, at
   * level `notice`, what they found and made. What holds is the value of the `server` or
   * `location`, also inside an `if` of it.
   */
  readonly rewriteLog?: Flag | undefined;
  /**
   * `return code [text] | code URL | URL`. Answers at once: with a status and its usual page, with
   * a text, or with a redirect (301, 302, 303, 307, 308). A bare `http://`, `https://` or `$scheme`
   * URL means 302. 444 closes the connection without an answer.
   */
  readonly return?: TextRows | undefined;
}

/** What may stand in `location-if`. */
export interface LocationIfBlock {
  /**
   * Files of nginx.conf, by name or pattern, relative to this one: they stand here.
   */
  readonly include?: Several<string> | undefined;
  /**
   * `rewrite regex replacement [last | break | redirect | permanent]`. Replaces the path when it
   * matches `regex`. The query goes on behind that of the replacement, unless it ends in `?`.
   * `last` ends these directives and looks for a location again, `break` ends them and stays;
   * without a flag they go on. `redirect` (302), `permanent` (301), or a replacement that begins
   * with `http://`, `https://` or `$scheme` send the client there. After 10 changes the answer is
   * 500.
   */
  readonly rewrite?: TextRows | undefined;
  /**
   * `set $variable value`. Gives a variable a value. The name is known everywhere; where nothing
   * has set it, it is empty. `$args` is the query of the request.
   */
  readonly set?: TextRows | undefined;
  /**
   * `break`. Ends the directives `rewrite`, `set`, `if` and `return` of this level.
   */
  readonly break?: boolean | undefined;
  /**
   * `rewrite_log on | off` (without it: `off`). Whether `rewrite` and `if` tell the error log, at
   * level `notice`, what they found and made. What holds is the value of the `server` or
   * `location`, also inside an `if` of it.
   */
  readonly rewriteLog?: Flag | undefined;
  /**
   * `return code [text] | code URL | URL`. Answers at once: with a status and its usual page, with
   * a text, or with a redirect (301, 302, 303, 307, 308). A bare `http://`, `https://` or `$scheme`
   * URL means 302. 444 closes the connection without an answer.
   */
  readonly return?: TextRows | undefined;
  /**
   * `error_page code … [=[response]] uri`. What is answered instead of our page of these statuses:
   * `/path` is asked for with GET, `@name` with the method and body of the request, `http://…` is a
   * redirect (302, or the 301, 302, 303, 307 or 308 of `=response`). The status stays unless
   * `=response` gives another, or `=` alone leaves it to what answers. The statuses of endpoints
   * count with `proxy_intercept_errors on` only. What is refused before its location is known has
   * our page. Inherited only by levels that have none of their own.
   */
  readonly errorPage?: Rows | undefined;
  /**
   * `proxy_pass URL`. Passes requests to `http://host[:port][/uri]`, `http://upstream[/uri]` or
   * `http://unix:/path[:/uri]`. With a URI, it replaces the part of the path that the location
   * matched; without one the target goes on as it came. With variables in it the URL is worked out
   * for each request: a URI is sent as it is and replaces the whole target, without one the target
   * goes on; the host is an `upstream` block, what another `proxy_pass` names, an IP address, or is
   * looked up (`resolver`). `https://` is not built yet.
   */
  readonly proxyPass?: Word | undefined;
  /**
   * `add_header name value [always]`. Adds a field to answers with status 200, 201, 204, 206, 301,
   * 302, 303, 304, 307 or 308, with `always` to all; an empty value adds none. `ETag` and
   * `Last-Modified` replace what is there. Inherited only by levels that have none of their own,
   * see `add_header_inherit`.
   */
  readonly addHeader?: TextRows | undefined;
  /**
   * `add_header_inherit on | off | merge` (without it: `on`). How `add_header` is inherited: `on`
   * by levels that have none of their own, `merge` also by those that have, `off` by none.
   */
  readonly addHeaderInherit?: 'on' | 'off' | 'merge' | undefined;
  /**
   * `add_trailer name value [always]`. Adds a field behind the body of answers with the statuses of
   * `add_header`, with `always` to all; an empty value adds none. The value is that of the end of
   * the answer. Such answers are chunked whatever their length; clients of HTTP/1.0, `HEAD` and
   * answers without a body get none. Inherited only by levels that have none of their own, see
   * `add_trailer_inherit`.
   */
  readonly addTrailer?: Rows | undefined;
  /**
   * `add_trailer_inherit on | off | merge` (without it: `on`). How `add_trailer` is inherited: as
   * `add_header_inherit`.
   */
  readonly addTrailerInherit?: 'on' | 'off' | 'merge' | undefined;
  /**
   * `limit_rate size` (without it: `0`). Bytes per second that go to the client of one response of
   * an endpoint; 0 sets no limit. What belongs to a second may go at its beginning. May hold
   * variables; `set $limit_rate` wins. Answers of Weir itself are not delayed.
   */
  readonly limitRate?: Word | undefined;
  /**
   * `limit_rate_after size` (without it: `0`). Bytes of a response that go to the client before
   * `limit_rate` holds; may hold variables.
   */
  readonly limitRateAfter?: Word | undefined;
  /**
   * `handler function`. In weir.config.ts only. A function that answers the request, now or by a
   * promise. One that throws, rejects, or answers with something else than an answer costs its
   * request a 500.
   */
  readonly handler?: Handler | undefined;
  /**
   * `access_log off | path | syslog:server=address[,parameter…] [format] [buffer=size]
   * [gzip[=level]] [flush=time] [if=condition]`. Where requests are logged and in which
   * `log_format` (`combined` when none is named). May stand several times; `off` cancels those of
   * the enclosing levels. Without any, nothing is logged. Lines are gathered up to `buffer` (64 KB)
   * and written at the latest after `flush` (0.1 s; with `gzip` when the buffer is full). `if=`:
   * not for requests for which it is empty or `0`. A path may have `$names`: a file for each value,
   * which the threads, running as `user`, must be able to create. `syslog:` takes `server=`,
   * `facility=` (`local7`), `severity=` (`info`), `tag=` (`weir`) and `nohostname`; it sends UDP,
   * and what cannot be sent at once is lost and counted.
   */
  readonly accessLog?: Rows | undefined;
}

/** What may stand in `upstream`. */
export interface UpstreamBlock {
  /**
   * Files of nginx.conf, by name or pattern, relative to this one: they stand here.
   */
  readonly include?: Several<string> | undefined;
  /**
   * `server address [parameters]`. An endpoint: `host[:port]` or `unix:/path`, with `weight=`,
   * `max_conns=`, `max_fails=`, `fail_timeout=`, `slow_start=`, `locality=`, `route=`, `resolve`,
   * `service=`, `backup`, `drain` and `down`. `backup=2` to `backup=9` are further ranks, each
   * asked when nobody of the ones before can be used. `slow_start` holds for every policy. A name
   * with several addresses makes several endpoints. `drain` takes only exchanges that `sticky`
   * binds to it, `route=` is its name for `sticky`. With `resolve` a name is asked for again when
   * its TTL is over, of the servers of `resolver`, and its last addresses stay when nobody answers;
   * `service=` asks for SRV records. Port 80 when none is given.
   */
  readonly server?: Rows | undefined;
  /**
   * `zone name [size]`. Makes places for servers that are added while Weir runs: as many as the
   * size has room for at 2 KB each (64k: 32, at most 16384), those of the configuration included.
   * All proxy threads share the state of an upstream, with or without it. Without a size another
   * `zone` of the same name has it; each upstream of a name has its own places.
   */
  readonly zone?: Rows | undefined;
  /**
   * `state file`. The file that keeps the servers of an upstream that the API steers, over
   * restarts; relative to the prefix. It takes the place of `server` lines, needs `zone`, may not
   * be there yet, and is written by Weir: as `server` lines, all at once, after each change.
   */
  readonly state?: string | undefined;
  /**
   * `prefer_locality name`. Endpoints with `locality=name` take all exchanges while at least 5/7 of
   * their weight is in service; below that as much goes to the others as is missing (Envoy’s
   * overprovisioning factor of 1.4). Within a rank of `backup`, and whatever the policy. nginx has
   * nothing like it.
   */
  readonly preferLocality?: string | undefined;
  /**
   * `panic_threshold number` (without it: `0`). When fewer than this percentage of the endpoints
   * can be used, all that are not `down` are: better a slow answer than none, and half of them
   * failing is rarely their fault. 0 never does; nginx has nothing like it.
   */
  readonly panicThreshold?: number | undefined;
  /**
   * `degraded_threshold number` (without it: `70`). Weir only. Endpoints whose `health_check`
   * passes and says that they are degraded (`degraded` in `match`) get nothing while at least this
   * percentage of the weight of the endpoints is healthy. Below it they get as large a part of the
   * exchanges as is missing, and all that the healthy ones have no room for; 0: only when no
   * healthy one can take it. Within a rank of `backup`, whatever the policy; `down` and `drain`
   * count neither as healthy nor as missing. See [health.md](health.md).
   */
  readonly degradedThreshold?: number | undefined;
  /**
   * `queue number [timeout=time] [priority=$variable]`. When every endpoint that can be used, or
   * the upstream, is full (`max_conns`, `concurrency`), at most `number` requests wait, over all
   * threads; first come, first served. Beyond that, and after `timeout` (60s), the answer is 503.
   * `priority=` (Weir only) gives a class from 0, which is served first, to 3; anything else is 3.
   * With the queue full a request of a higher class takes the place of the newest of the lowest
   * class. A client that leaves makes room at once. What failed at one endpoint does not wait for
   * another.
   */
  readonly queue?: Words | undefined;
  /**
   * `max_conns number` (without it: `0`). Weir only, beside `max_conns=` of `server`: how many
   * requests all endpoints of the upstream together have at a time, over all threads, never one
   * more. What is above it waits in the `queue`, or is answered at once with 503 and the reason
   * `upstream_full`. 0 is no limit.
   */
  readonly maxConns?: number | undefined;
  /**
   * `concurrency adaptive [min=number] [max=number]`. Weir only. How many requests at a time each
   * endpoint takes is learned: the limit rises while answers come as fast as they use to, and falls
   * when they take longer. It stays between `min` (4) and `max` (1000), and below `max_conns`. What
   * is above it waits in the `queue`, or is answered with 503.
   */
  readonly concurrency?: Words | undefined;
  /**
   * `retry_budget off | percent% [min=rate]` (without it: `20% min=3r/s`). Weir only. How many
   * tries the requests may have beyond their first one (`proxy_next_upstream`, `proxy_hedge`), over
   * all threads: so many per hundred tries that end well, and `min` (3r/s) beside them. Unused ones
   * are kept for ten seconds of `min`, or as many as there are requests in flight. When there is
   * none, the failure of the try before goes to the client, with the reason `retry_budget` in the
   * log. A kept connection that had died is replaced without one. `off`: as many as endpoints,
   * `proxy_next_upstream_tries` and time allow, as in nginx.
   */
  readonly retryBudget?: Words | undefined;
  /**
   * `sticky cookie name [parameters] | route $variable … | learn create=$variable lookup=$variable
   * zone=name:size [parameters]`. Keeps a client at one endpoint, whatever the policy. `cookie`
   * names the endpoint in a cookie that is set on every answer, with `expires=time | max`,
   * `domain=`, `path=`, `samesite=strict | lax | none | $variable`, `httponly` and `secure`;
   * `route` finds it by the first of its variables that is not empty; `learn` notes in memory that
   * all proxy threads share which endpoint gave a session (`create=`), and finds it by `lookup=`,
   * for `timeout=` (10m) after its last use; `header` notes it when the head has come, not at the
   * end. An endpoint's name is `route=` of its `server`, else the MD5 of its address as in nginx,
   * or with `secret=` (ours) an HMAC that hides it. An endpoint that cannot be taken gives way to
   * another, or with `strict` (ours) to 503.
   */
  readonly sticky?: Words | undefined;
  /**
   * `keepalive number` (without it: `32`). Idle connections to the upstream that each proxy thread
   * keeps; 0 keeps none. On by default, as in nginx since 1.29.7.
   */
  readonly keepalive?: number | undefined;
  /**
   * `keepalive_requests number` (without it: `10000`). Requests after which a connection to an
   * endpoint is closed.
   */
  readonly keepaliveRequests?: number | undefined;
  /**
   * `keepalive_time time` (without it: `1h`). Age after which a connection to an endpoint is closed
   * once its request has ended.
   */
  readonly keepaliveTime?: Time | undefined;
  /**
   * `keepalive_timeout time` (without it: `60s`). How long an idle connection to an endpoint is
   * kept. Keep it below the keep-alive timeout of the endpoint.
   */
  readonly keepaliveTimeout?: Time | undefined;
  /**
   * `outlier_ejection [parameter=value …]`. Takes out for a while whoever fails where the others do
   * not, by all threads' figures, as Envoy does. In a row: `consecutive_5xx=` (5) errors, which are
   * answers with 5xx and attempts without an answer, or `consecutive_local_origin_failure=` (5) of
   * the latter; 0 is off. Over each `interval=` (10s): a success rate below the mean by
   * `success_rate_stdev_factor=` (1900) thousandths of the standard deviation, and with at least 5
   * % errors, of at least `success_rate_minimum_hosts=` (5) endpoints with
   * `success_rate_request_volume=` (100) answers each; at least `failure_percentage_threshold=` (0,
   * off) percent errors, with `failure_percentage_minimum_hosts=` (5) and
   * `failure_percentage_request_volume=` (50). By latency: a mean time to the head above the median
   * by `latency_factor=` (0, off; 5 is a good value) median deviations, above twice the median and
   * above `latency_floor=` (100ms), with `latency_minimum_hosts=` (3) and `latency_request_volume=`
   * (20). It is out for `base_ejection_time=` (30s) times how often it was lately, at most
   * `max_ejection_time=` (300s). Never out, for whatever reason, is more than
   * `max_ejection_percent=` (50, at most 50) of the endpoints of a rank.
   */
  readonly outlierEjection?: Words | undefined;
  /**
   * `circuit_breaker [parameter=value …]`. Opens when `failure_rate=` (50%) of at least
   * `minimum_requests=` (20) answers within `window=` (10s) are errors (5xx, or no answer), or with
   * `latency=` when their heads take longer on average. Then nothing passes for `open=` (10s), and
   * then a share that grows within `recovering=` (10s); five failing answers open it again.
   * `scope=endpoint` (the usual one): each endpoint has its own, others take its exchanges, also
   * when none would be left; then the answer is 503 at once, with the reason `breaker_open`.
   * `scope=upstream`: all together have one. Endpoints without `slow_start` get `recovering=` as
   * theirs.
   */
  readonly circuitBreaker?: Words | undefined;
  /**
   * `admission_control [parameter=value …]`. While less than `success_rate=` (95%) of at least
   * `minimum_requests=` (20) answers within `window=` (30s) are good, as many requests are turned
   * away by chance, with 503 and the reason `admission_refused`, as fail beyond that: the load of
   * an upstream that fails falls, and comes back as it recovers. At most `max_rejection=` (80%) of
   * them.
   */
  readonly admissionControl?: Words | undefined;
  /**
   * `flap_damping [changes=number] [interval=time] [hold=time]`. An endpoint that goes out of
   * service or comes back more than `changes=` (6) times within `interval=` (60s), by checks,
   * ejections or breakers, is held out until it has not changed for `hold=` (60s); as long as at
   * least half of the endpoints of its rank are left without it.
   */
  readonly flapDamping?: Words | undefined;
  /**
   * `least_conn`. The endpoint with the fewest exchanges in flight for its weight; those equal take
   * turns. In-flight counts from the moment of choice, over all proxy threads. Of more than 64
   * endpoints two are drawn by weight, and the better one taken.
   */
  readonly leastConn?: boolean | undefined;
  /**
   * `ip_hash [ipv4_prefix=bits] [ipv6_prefix=bits] [balance_factor=percent]`. Clients of one
   * network go to the same endpoint: the one nginx sends them to. The first three octets of an IPv4
   * address count, all of an IPv6 address, after `real_ip`; or, beyond nginx, so many first bits as
   * `ipv4_prefix=` and `ipv6_prefix=` say: `ipv4_prefix=32 ipv6_prefix=64` tells clients of one
   * IPv4 network apart, and not the addresses that one client has in its IPv6 network. An endpoint
   * that is `down` keeps its share of the map. `balance_factor=150` bounds load: nobody has more in
   * flight, over all proxy threads, than 150 % of its share by weight; what is over goes on as if
   * that endpoint were out.
   */
  readonly ipHash?: Words | undefined;
  /**
   * `hash key [consistent] [balance_factor=percent]`. Exchanges with the same key, a text with
   * `$names`, go to the same endpoint: the one nginx sends them to. With `consistent` (ketama) an
   * endpoint that is added or removed moves its own share of keys only. `balance_factor=150` bounds
   * load: nobody has more in flight, over all proxy threads, than 150 % of its share by weight;
   * what is over goes on as if that endpoint were out.
   */
  readonly hash?: Words | undefined;
  /**
   * `maglev key [balance_factor=percent]`. Exchanges with the same key go to the same endpoint, by
   * Google's Maglev table of 262,147 slots (more beyond 2,621 endpoints): the most even spread, by
   * weight, and one look per choice. An endpoint that is out moves its own keys only; one that is
   * added or removed moves a few others too: to N endpoints, at most 1.3/(N+1) of all up to 64.
   * Instances agree without telling each other. `balance_factor=150` bounds load: nobody has more
   * in flight, over all proxy threads, than 150 % of its share by weight; what is over goes on as
   * if that endpoint were out. Not in nginx.
   */
  readonly maglev?: Words | undefined;
  /**
   * `rendezvous key [balance_factor=percent]`. Exchanges with the same key go to the same endpoint,
   * by rendezvous hashing with weights: an endpoint that is added, removed or out moves its own
   * keys only, to all others by their weights. Instances agree without telling each other. Looks at
   * every endpoint; beyond some hundred take `maglev` or `hash … consistent`. `balance_factor=150`
   * bounds load: nobody has more in flight, over all proxy threads, than 150 % of its share by
   * weight; what is over goes on as if that endpoint were out. Not in nginx.
   */
  readonly rendezvous?: Words | undefined;
  /**
   * `least_time header | last_byte [inflight]`. The endpoint with the least product of the mean
   * time to the head (`header`) or the end (`last_byte`) of its answers, fading over 10 seconds,
   * and what is in flight there, for its weight; those nearly as fast as the fastest take turns
   * with it. With `inflight` the mean age of what has not been answered counts instead when it is
   * larger, up to 5 seconds. Of more than 64 endpoints two are drawn by weight, and the better one
   * taken.
   */
  readonly leastTime?: Words | undefined;
  /**
   * `peak_ewma`. The endpoint with the least product of its recent worst time to the head of an
   * answer, which fades to the mean over 10 seconds, and what is in flight there, for its weight;
   * those nearly as fast as the fastest take turns with it. Failures and answers of 500 and above
   * count as 5 seconds: who fails fast gets little. Of more than 64 endpoints two are drawn by
   * weight, and the better one taken. Not in nginx.
   */
  readonly peakEwma?: boolean | undefined;
  /**
   * `prequal`. Of up to 8 endpoints drawn of late: the fastest among those that have fewer in
   * flight than most, else the one with the fewest; for its weight. Fast is who has the least
   * recent worst time, as `peak_ewma` has it; who fails, or takes a second and four times as long
   * as the fastest, is asked only when all do. For many endpoints of different speed. Not in nginx.
   */
  readonly prequal?: boolean | undefined;
  /**
   * `random [two [least_conn | least_time=header | least_time=last_byte]]`. An endpoint drawn by
   * weight; with `two` the better of two different ones: by exchanges in flight (`least_conn`, the
   * default) or by those and the mean time to the head or the end of an answer (`least_time=`), for
   * its weight.
   */
  readonly random?: Words | undefined;
  /**
   * `resolver address … [valid=time] [ipv4=on | off] [ipv6=on | off] [status_zone=zone]`. The name
   * servers (`address[:port]`, port 53 when none is given) that are asked for hosts which variables
   * in `proxy_pass` name, and for those of `server` lines with `resolve`. Of the former each proxy
   * thread keeps an answer as long as its TTL says, or for `valid=`, and at most 1,000 of them;
   * requests that want the same name at the same time wait for one question. `ipv4=off` and
   * `ipv6=off` leave that family out. `status_zone=` is accepted. /etc/hosts is not read.
   */
  readonly resolver?: Words | undefined;
  /**
   * `resolver_timeout time` (without it: `30s`). How long a request waits for the addresses of a
   * name; then 502. For `resolve`: how long the name servers have, in turns, for one answer; then
   * the last one stays.
   */
  readonly resolverTimeout?: Time | undefined;
  /**
   * `provider file:pattern [interval=time] | http://… [interval=time] [timeout=time]
   * [max_size=size]`. Weir only. Servers of the upstream that are learned while it runs: from the
   * files of a pattern, looked at every `interval` (1s), or from a URL that is asked every
   * `interval` (5s) with `If-None-Match`, within `timeout` (2s) and `max_size` (1m). What they hold
   * is a JSON list, or a line for each server, as behind `server`. Entries that mean nothing are
   * named in the error log and left out. What cannot be had or read, and a list without servers,
   * leaves all as it was. In weir.config.ts also a function that gives lists one after the other
   * (`async function*`). See docs/discovery.md.
   */
  readonly provider?: Several<ProviderFunction | string> | undefined;
  /**
   * `balancer function`. In weir.config.ts only. A function that chooses the endpoint of each
   * attempt, over the same counts that the policies see. One that throws, or chooses what cannot be
   * used, is counted and named in the error log, and round robin chooses. It sees no request.
   */
  readonly balancer?: BalancerFunction | undefined;
}

/** What may stand in `match`. */
export interface MatchBlock {
  /**
   * Files of nginx.conf, by name or pattern, relative to this one: they stand here.
   */
  readonly include?: Several<string> | undefined;
  /**
   * `status [!] code | first-last …`. The status of the answer is one of these, or with `!` none of
   * them. Without it any will do.
   */
  readonly status?: Words | undefined;
  /**
   * `header name [= | != | ~ | !~ value] | ! name`. The answer has that field, or with `!` has not;
   * has it with that value (`=`) or one that the regular expression fits (`~`), or not (`!=`,
   * `!~`). Of several lines of a name one is enough.
   */
  readonly header?: Rows | undefined;
  /**
   * `body ~ | !~ pattern`. The regular expression fits the first 256k of the body, or does not.
   */
  readonly body?: Rows | undefined;
  /**
   * `degraded status … | header … | body ~ | !~ pattern`. Weir only. A test as `status`, `header`
   * and `body` have them, which is none of those that a check must pass: where one holds of an
   * answer that does, the endpoint is degraded and gets what the others cannot take
   * (`degraded_threshold`). A field `X-Weir-Degraded` or `X-Envoy-Degraded` in the answer means the
   * same, unless its value is `0` or `false`, with any `match` and without. Only for `type=http`.
   */
  readonly degraded?: Rows | undefined;
  /**
   * `require $variable …`. None of the variables is empty or "0". Of nginx’s, `$status`,
   * `$upstream_status` and `$upstream_http_NAME` can be asked for.
   */
  readonly require?: Rows | undefined;
  /**
   * `send string`. For `type=tcp`: what is sent; `\xHH` is a byte.
   */
  readonly send?: Word | undefined;
  /**
   * `expect string | ~ pattern | ~* pattern`. For `type=tcp`: what comes begins with the text, or
   * the regular expression fits it.
   */
  readonly expect?: Words | undefined;
}
