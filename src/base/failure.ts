/**
 * Everything that can go wrong with an exchange, in one table: whose fault it is, what status the
 * client gets, and whether another attempt is safe. The code is the reason that the access log,
 * the status page and the error log show (features.md OBS, semantics.md §30).
 */

/** Who is to blame: the client, the endpoint, or we. */
export type FailureSource = 'downstream' | 'upstream' | 'internal';

/**
 * `always`: nothing of the request was sent. `if-replayable`: it may have been; only an idempotent
 * request whose body we still hold may go again (RFC 9110 §9.2.2). `never`: an answer is under way.
 */
export type RetryRule = 'always' | 'if-replayable' | 'never';

export interface FailureTraits {
  readonly source: FailureSource;
  /** The status of the answer; 0 when the connection is cut without one. */
  readonly status: number;
  readonly retry: RetryRule;
  /** For the error log: what happened, in words. */
  readonly means: string;
}

const client = (status: number, means: string): FailureTraits => ({
  source: 'downstream',
  status,
  retry: 'never',
  means,
});

const endpoint = (status: number, retry: RetryRule, means: string): FailureTraits => ({
  source: 'upstream',
  status,
  retry,
  means,
});

const ours = (status: number, means: string): FailureTraits => ({
  source: 'internal',
  status,
  retry: 'never',
  means,
});

export const FAILURES = {
  // The request itself.
  request_line_malformed: client(400, 'client sent a request line that is not HTTP/1.x'),
  request_version_malformed: client(400, 'client sent a request line without a valid version'),
  request_version_unsupported: client(505, 'client speaks a version of HTTP other than 1.x'),
  request_target_malformed: client(400, 'client sent a malformed request target'),
  request_target_too_long: client(
    414,
    'client sent a request line longer than a buffer of large_client_header_buffers',
  ),
  request_head_too_large: client(431, 'client sent a head larger than large_client_header_buffers'),
  request_field_count: client(431, 'client sent too many header fields'),
  field_name_malformed: client(400, 'client sent a malformed field name'),
  field_value_malformed: client(400, 'a field value holds a control character'),
  field_folded: client(400, 'client folded a field over two lines'),
  line_end_malformed: client(400, 'client ended a line without CRLF'),
  host_missing: client(400, 'client sent HTTP/1.1 without Host'),
  host_repeated: client(400, 'client sent several Host fields'),
  host_malformed: client(400, 'client sent an invalid or contradicting host'),
  framing_ambiguous: client(400, 'client sent Content-Length and Transfer-Encoding together'),
  content_length_malformed: client(400, 'client sent an invalid Content-Length'),
  content_length_repeated: client(400, 'client sent several Content-Length fields'),
  transfer_encoding_malformed: client(400, 'client sent an ambiguous Transfer-Encoding'),
  transfer_encoding_unknown: client(501, 'client sent a Transfer-Encoding other than chunked'),
  transfer_encoding_http10: client(400, 'client sent Transfer-Encoding with HTTP/1.0'),
  chunk_malformed: client(400, 'client sent a malformed chunk'),
  chunk_extension_too_long: client(400, 'client sent chunk extensions beyond the limit'),
  trailer_too_large: client(431, 'client sent a trailer section beyond the limit'),
  expectation_unknown: client(417, 'client expects something other than 100-continue'),
  method_not_allowed: client(405, 'client sent CONNECT or TRACE'),
  body_too_large: client(413, 'client sent a body larger than client_max_body_size'),
  client_header_timeout: client(408, 'client took longer than client_header_timeout'),
  client_body_timeout: client(408, 'client paused longer than client_body_timeout'),
  client_send_timeout: client(0, 'client read nothing for send_timeout'),
  client_abort: client(499, 'client closed the connection before the response was complete'),
  no_route: client(404, 'no location answers this path'),
  loop_detected: client(508, 'the request came through this proxy again and again (Via)'),
  // Towards the endpoint: nothing was sent yet.
  upstream_connect_refused: endpoint(502, 'always', 'the endpoint refused the connection'),
  upstream_connect_failed: endpoint(502, 'always', 'the endpoint cannot be reached'),
  upstream_connect_timeout: endpoint(
    504,
    'always',
    'connecting took longer than proxy_connect_timeout',
  ),
  name_not_resolved: endpoint(502, 'never', 'the host of proxy_pass cannot be looked up'),
  no_healthy_upstream: endpoint(
    502,
    'never',
    'no live upstreams: every endpoint is down or failed',
  ),
  // Endpoints are in service, but take no more at a time (max_conns, concurrency).
  upstream_full: endpoint(503, 'never', 'every endpoint has as many requests as it may have'),
  queue_full: endpoint(
    503,
    'never',
    'every endpoint is full, and so is the queue in front of them',
  ),
  queue_timeout: endpoint(503, 'never', 'waited in the queue of the upstream for its timeout'),
  // Asked nobody, on purpose.
  breaker_open: endpoint(503, 'never', 'the circuit breaker of the upstream is open'),
  admission_refused: endpoint(
    503,
    'never',
    'admission_control turned it away: too many answers of the upstream are errors',
  ),
  sticky_endpoint_out: endpoint(
    503,
    'never',
    'the endpoint that "sticky … strict" keeps the client at cannot be taken',
  ),
  // The connection died before the first byte of the answer.
  upstream_reset: endpoint(
    502,
    'if-replayable',
    'the endpoint closed the connection before its response head was complete',
  ),
  upstream_send_timeout: endpoint(
    504,
    'if-replayable',
    'the endpoint read nothing for proxy_send_timeout',
  ),
  upstream_header_timeout: endpoint(
    504,
    'if-replayable',
    'the endpoint sent nothing for proxy_read_timeout',
  ),
  upstream_try_timeout: endpoint(
    504,
    'if-replayable',
    'the endpoint sent no head of an answer within proxy_try_timeout',
  ),
  // Between tries, or in any of them.
  upstream_total_timeout: endpoint(
    504,
    'never',
    'the tries of the request took longer than proxy_total_timeout',
  ),
  retry_budget: endpoint(
    502,
    'never',
    'the try before failed, and there is no retry_budget for another one',
  ),
  // The endpoint answered something that cannot be passed on.
  upstream_protocol_error: endpoint(502, 'if-replayable', 'the endpoint sent invalid HTTP'),
  upstream_head_too_large: endpoint(
    502,
    'if-replayable',
    'the endpoint sent a response head beyond the limit',
  ),
  // Part of the answer has already left for the client: it can only be cut.
  upstream_truncated: endpoint(502, 'never', 'the endpoint closed the connection within its body'),
  upstream_read_timeout: endpoint(
    504,
    'never',
    'the endpoint paused within its body longer than proxy_read_timeout',
  ),
  // Ours.
  pass_url_invalid: ours(500, 'the variables of proxy_pass give no URL'),
  local_address_failed: ours(500, 'the address of proxy_bind cannot be used'),
  transparent_refused: ours(
    500,
    'proxy_bind … transparent needs Linux, node:ffi and the right CAP_NET_RAW or CAP_NET_ADMIN',
  ),
  spool_failed: ours(500, 'a request body could not be kept in a temporary file'),
  redirect_cycle: ours(500, 'more than 10 internal redirects and changes of the path by rewrite'),
  rewritten_path_empty: ours(
    500,
    'rewrite made an empty path; a location takes what begins with "/"',
  ),
  rewritten_path_relative: ours(404, 'rewrite made a path that does not begin with "/"'),
  function_failed: ours(
    500,
    'a function of weir.config.ts failed; its stack stands in the line before',
  ),
  function_timeout: ours(504, 'a function of weir.config.ts took longer than function_timeout'),
  fault_abort: ours(503, 'the configuration wants this request to fail (fault abort=)'),
  shutting_down: ours(
    503,
    'the deadline of worker_shutdown_timeout or a fast stop ended the exchange',
  ),
  internal_error: ours(500, 'an error of Weir; its stack stands in the line before'),
} as const satisfies Record<string, FailureTraits>;

export type FailureCode = keyof typeof FAILURES;

/** Thrown while starting or reloading, never while serving. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}
