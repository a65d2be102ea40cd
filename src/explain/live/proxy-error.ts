/** Our reasons → the error types of RFC 9209 §2.3, of which there are fewer. */

import { FAILURES, type FailureCode } from '#src/base/failure.ts';

const TYPES: ReadonlyMap<FailureCode, string> = new Map([
  ['no_route', 'destination_not_found'],
  ['name_not_resolved', 'dns_error'],
  ['no_healthy_upstream', 'destination_unavailable'],
  ['breaker_open', 'destination_unavailable'],
  ['admission_refused', 'destination_unavailable'],
  ['sticky_endpoint_out', 'destination_unavailable'],
  ['upstream_full', 'connection_limit_reached'],
  ['queue_full', 'connection_limit_reached'],
  ['queue_timeout', 'connection_limit_reached'],
  ['upstream_connect_refused', 'connection_refused'],
  ['upstream_connect_failed', 'destination_ip_unroutable'],
  ['upstream_connect_timeout', 'connection_timeout'],
  ['upstream_reset', 'connection_terminated'],
  ['upstream_send_timeout', 'connection_write_timeout'],
  ['upstream_header_timeout', 'http_response_timeout'],
  ['upstream_try_timeout', 'http_response_timeout'],
  ['upstream_total_timeout', 'http_response_timeout'],
  ['upstream_read_timeout', 'connection_read_timeout'],
  ['upstream_protocol_error', 'http_protocol_error'],
  ['upstream_head_too_large', 'http_response_header_section_size'],
  ['upstream_truncated', 'http_response_incomplete'],
  ['loop_detected', 'proxy_loop_detected'],
  ['pass_url_invalid', 'proxy_configuration_error'],
  ['fault_abort', 'http_request_denied'],
  ['redirect_cycle', 'proxy_configuration_error'],
]);

/** The type that says most of what our reason does; whose fault it is says the rest. */
export function proxyError(failure: FailureCode): string {
  const known = TYPES.get(failure);
  if (known !== undefined) return known;
  const { source } = FAILURES[failure];
  if (source === 'upstream') return 'destination_unavailable';
  return source === 'downstream' ? 'http_request_error' : 'proxy_internal_error';
}
