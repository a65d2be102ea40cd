/** What every variable means, for docs/variables.md; a test keeps it complete. */

/** One variable: `[what it is, an example of its value]`; without an example it is always empty. */
export type VariableDoc = readonly [meaning: string, example: string];

/** Variables that are told of together. Names with an open end are written as `http_`. */
export interface VariableChapter {
  readonly title: string;
  readonly variables: Readonly<Record<string, VariableDoc>>;
}

/** Captures of the regular expression that matched last; not in a table of their own. */
export const CAPTURES: VariableDoc = [
  'What the parentheses of the last regular expression that matched took: of `server_name`, `location`, `rewrite`, `if` or `map`. `$1` to `$9`; named ones, `(?<name>…)`, are variables of that name',
  '42',
];

export const VARIABLE_CHAPTERS: readonly VariableChapter[] = [
  {
    title: 'The request',
    variables: {
      request: ['Its first line as it came', 'GET /a%20b?x=1 HTTP/1.1'],
      request_method: [
        'The method, after an internal redirect that of the redirected request',
        'GET',
      ],
      request_uri: ['Path and query as the client sent them', '/a%20b?x=1'],
      uri: [
        'The path, decoded and normalised; changed by `rewrite` and internal redirects. Decoded: unfit for fields and redirects',
        '/a b',
      ],
      document_uri: ['The same as `$uri`', '/a b'],
      args: ['The query, changed by `rewrite` and `set $args`', 'x=1&y=2'],
      query_string: ['The same as `$args`', 'x=1&y=2'],
      is_args: ['`?` if there is a query, else nothing', '?'],
      arg_: ['The argument of that name, not decoded; the case of names is ignored', '1'],
      host: [
        'The host that was asked for, in lower case and without port: of the target, else of `Host`, else the name of the server',
        'example.org',
      ],
      request_port: ['The port that the client wrote behind the host; nothing without one', '8080'],
      is_request_port: ['`:` if there is a `$request_port`, else nothing', ':'],
      scheme: ['`http` or `https`', 'http'],
      https: ['`on` on a connection with TLS, else nothing', 'on'],
      server_protocol: ['The version of HTTP that the client speaks', 'HTTP/1.1'],
      http_: [
        'The field of that name, `-` written as `_`; several are joined by `, `',
        'curl/8.5.0',
      ],
      cookie_: ['The cookie of that name', 'dark'],
      content_length: ['The field `Content-Length`', '348'],
      content_type: ['The field `Content-Type`', 'application/json'],
      remote_user: ['The user of `Authorization: Basic`, not checked', 'ann'],
      request_body: [
        'The body, when it is in memory whole: with `proxy_request_buffering on`, up to `client_body_buffer_size`',
        '{"name":"ann"}',
      ],
      request_body_file: ['Always empty: temporary files have no name', ''],
      request_length: ['Bytes of the request, head and body', '512'],
      request_time: ['Seconds since the first bytes of the request', '0.012'],
      request_id: [
        '32 hexadecimal digits that nobody else has',
        '5b2c0f5e6c1a4d0fa3a1c1a5a9a0e1f2',
      ],
      request_completion: ['`OK` if the response was complete, else nothing', 'OK'],
    },
  },
  {
    title: 'The client and its connection',
    variables: {
      remote_addr: [
        'The address of the client; with `set_real_ip_from` the one that a trusted proxy names',
        '203.0.113.7',
      ],
      remote_port: ['Its port', '50001'],
      binary_remote_addr: [
        '`$remote_addr` in 4 or 16 bytes: the shortest key for tables',
        '(4 or 16 bytes)',
      ],
      realip_remote_addr: [
        'The address that the connection came from, whatever `real_ip` made of it',
        '10.0.0.9',
      ],
      realip_remote_port: ['The port that the connection came from', '41234'],
      proxy_add_x_forwarded_for: [
        '`X-Forwarded-For` of the request with `$remote_addr` behind it',
        '198.51.100.1, 203.0.113.7',
      ],
      connection: ['Number of the connection in its thread', '1093'],
      connection_requests: ['Requests on the connection so far, this one included', '3'],
      connection_time: ['Seconds since the connection was accepted', '12.250'],
      pipe: ['Always `.`: requests of a connection are read one after the other', '.'],
      proxy_protocol_addr: ['Always empty: the PROXY protocol is not built yet', ''],
      proxy_protocol_port: ['As above', ''],
      proxy_protocol_server_addr: ['As above', ''],
      proxy_protocol_server_port: ['As above', ''],
      proxy_protocol_tlv_: ['As above', ''],
      tcpinfo_rtt: ['Always empty: Node does not tell TCP_INFO', ''],
      tcpinfo_rttvar: ['As above', ''],
      tcpinfo_snd_cwnd: ['As above', ''],
      tcpinfo_rcv_space: ['As above', ''],
    },
  },
  {
    title: 'The server',
    variables: {
      server_name: ['The first `server_name` of the server', 'example.org'],
      server_addr: ['The address that the client connected to', '192.0.2.1'],
      server_port: ['The port that the client connected to', '8080'],
      hostname: ['The name of this machine', 'edge-1'],
      pid: ['The process', '4711'],
      nginx_version: ['The nginx whose configuration language this is', '1.31.5'],
      weir_version: ['Weir only. The version of Weir', '0.1.0'],
      msec: ['The time in seconds since 1970', '1795219200.025'],
      time_local: ['The time as in the Common Log Format', '21/Nov/2026:00:13:57 +0000'],
      time_iso8601: ['The time as in ISO 8601', '2026-11-21T00:13:57+00:00'],
    },
  },
  {
    title: 'The response',
    variables: {
      status: [
        'Its status; of what was never answered, the one that stands for why (499: the client went away)',
        '200',
      ],
      reason: [
        'Weir only. Why Weir answered itself or ended the exchange; nothing when all went well',
        'upstream_connect_timeout',
      ],
      body_bytes_sent: ['Bytes of the body that were sent', '1024'],
      bytes_sent: ['Bytes that were sent, head and body', '1233'],
      sent_http_: ['The field of that name in the response', 'text/html'],
      sent_trailer_: ['The trailer of that name that was sent', 'Wed, 21 Oct 2026 07:28:00 GMT'],
    },
  },
  {
    title: 'The upstream',
    variables: {
      proxy_host: [
        'Host, and port unless it is 80, as `proxy_pass` names them',
        'api.internal:8000',
      ],
      proxy_port: ['The port of `proxy_pass`, 80 without one', '8000'],
      upstream_addr: ['The endpoints that were asked, joined by `, `', '10.0.0.5:80, 10.0.0.6:80'],
      upstream_status: [
        'What each answered, or the status that stands for its failure',
        '502, 200',
      ],
      upstream_policy: ['Weir only. How the endpoint was chosen', 'least_conn'],
      upstream_inflight: [
        'Weir only. Exchanges in flight at the last endpoint when it was chosen, this one included, over all threads',
        '17',
      ],
      upstream_connect_time: [
        'Seconds until the connection of the last try stood; 0.000 when it was kept',
        '0.001',
      ],
      upstream_header_time: ['Seconds until the head of the response', '0.011'],
      upstream_response_time: ['Seconds until the end of the response', '0.015'],
      upstream_response_length: ['Bytes of the body that each has sent', '0, 1024'],
      upstream_bytes_received: ['Bytes that came from each, head and body', '0, 1250'],
      upstream_bytes_sent: ['Bytes that each was sent, head and body', '120, 120'],
      upstream_http_: ['The field of that name in the response of the last endpoint', 'MISS'],
      upstream_cookie_: ['The value of the cookie of that name in its `Set-Cookie`', 'x7f'],
      upstream_trailer_: ['The trailer of that name that it sent', 'd41d8cd9'],
      upstream_cache_status: ['Always empty: there is no cache yet', ''],
      upstream_remaining_ms: [
        'Weir only. Milliseconds left of `proxy_total_timeout` and `proxy_try_timeout`, whichever ends first, for `proxy_set_header`; nothing without them',
        '1840',
      ],
      upstream_queue_time: [
        'Seconds in the queue of the upstream; empty when it did not wait',
        '0.042',
      ],
    },
  },
];
