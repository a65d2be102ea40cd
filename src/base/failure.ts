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
}

const downstream = (status: number): FailureTraits => ({
  source: 'downstream',
  status,
  retry: 'never',
});

export const FAILURES = {
  // The request itself.
  request_line_malformed: downstream(400),
  request_version_malformed: downstream(400),
  request_version_unsupported: downstream(505),
  request_target_malformed: downstream(400),
  request_target_too_long: downstream(414),
  request_head_too_large: downstream(431),
  request_field_count: downstream(431),
  field_name_malformed: downstream(400),
  field_value_malformed: downstream(400),
  field_folded: downstream(400),
  line_end_malformed: downstream(400),
  host_missing: downstream(400),
  host_repeated: downstream(400),
  host_malformed: downstream(400),
  framing_ambiguous: downstream(400),
  content_length_malformed: downstream(400),
  content_length_repeated: downstream(400),
  transfer_encoding_malformed: downstream(400),
  transfer_encoding_unknown: downstream(501),
  transfer_encoding_http10: downstream(400),
  chunk_malformed: downstream(400),
  chunk_extension_too_long: downstream(400),
  trailer_too_large: downstream(431),
  expectation_unknown: downstream(417),
  method_not_allowed: downstream(405),
  body_too_large: downstream(413),
  client_header_timeout: downstream(408),
  client_body_timeout: downstream(408),
  client_send_timeout: downstream(0),
  client_abort: downstream(499),
  no_route: downstream(404),
  // Towards the endpoint: nothing was sent yet.
  upstream_connect_refused: { source: 'upstream', status: 502, retry: 'always' },
  upstream_connect_failed: { source: 'upstream', status: 502, retry: 'always' },
  upstream_connect_timeout: { source: 'upstream', status: 504, retry: 'always' },
  no_healthy_upstream: { source: 'upstream', status: 502, retry: 'never' },
  // A kept connection died before the first byte of the answer.
  upstream_reset: { source: 'upstream', status: 502, retry: 'if-replayable' },
  upstream_send_timeout: { source: 'upstream', status: 504, retry: 'if-replayable' },
  upstream_header_timeout: { source: 'upstream', status: 504, retry: 'if-replayable' },
  // The endpoint answered something that cannot be passed on.
  upstream_protocol_error: { source: 'upstream', status: 502, retry: 'if-replayable' },
  upstream_head_too_large: { source: 'upstream', status: 502, retry: 'if-replayable' },
  // Part of the answer has already left for the client: it can only be cut.
  upstream_truncated: { source: 'upstream', status: 502, retry: 'never' },
  upstream_read_timeout: { source: 'upstream', status: 504, retry: 'never' },
  // Ours.
  shutting_down: { source: 'internal', status: 503, retry: 'never' },
  internal_error: { source: 'internal', status: 500, retry: 'never' },
} as const satisfies Record<string, FailureTraits>;

export type FailureCode = keyof typeof FAILURES;

/** Thrown while starting or reloading, never while serving. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}
