import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FAILURES, type FailureCode } from '#src/base/failure.ts';
import { proxyError } from './proxy-error.ts';

/** RFC 9209 §2.3.1 to §2.3.32, as IANA has them. */
const REGISTERED = new Set(
  `dns_timeout dns_error destination_not_found destination_unavailable destination_ip_prohibited
  destination_ip_unroutable connection_refused connection_terminated connection_timeout
  connection_read_timeout connection_write_timeout connection_limit_reached tls_protocol_error
  tls_certificate_error tls_alert_received http_request_error http_request_denied
  http_response_incomplete http_response_header_section_size http_response_header_size
  http_response_body_size http_response_trailer_section_size http_response_trailer_size
  http_response_transfer_coding http_response_content_coding http_response_timeout
  http_upgrade_failed http_protocol_error proxy_internal_response proxy_internal_error
  proxy_configuration_error proxy_loop_detected`.split(/\s+/),
);

test('each of our reasons has a type that is registered', () => {
  for (const code of Object.keys(FAILURES) as FailureCode[]) {
    assert.ok(REGISTERED.has(proxyError(code)), `${code}: ${proxyError(code)}`);
  }
  assert.equal(proxyError('upstream_connect_timeout'), 'connection_timeout');
  assert.equal(proxyError('request_line_malformed'), 'http_request_error');
  assert.equal(proxyError('internal_error'), 'proxy_internal_error');
});
