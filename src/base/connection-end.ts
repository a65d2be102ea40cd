/**
 * Why connections end, in one table: every end of a connection has one of these reasons, which the
 * status page counts and the error log names at level info (features.md OBS-03).
 */

/** Who ended it: the client, the endpoint, or we. */
export type ConnectionEnder = 'client' | 'endpoint' | 'weir';

export interface ConnectionEndTraits {
  /** Whose connection: that to the client, or that to the endpoint. */
  readonly side: 'client' | 'endpoint';
  readonly by: ConnectionEnder;
  /** For the error log: what happened, in words. */
  readonly means: string;
}

const client = (by: 'client' | 'weir', means: string): ConnectionEndTraits => ({
  side: 'client',
  by,
  means,
});

const endpoint = (by: 'endpoint' | 'weir', means: string): ConnectionEndTraits => ({
  side: 'endpoint',
  by,
  means,
});

export const CONNECTION_ENDS = {
  // Connections of clients, by the client.
  client_silent: client('client', 'the client closed it without having sent anything'),
  client_idle: client('client', 'the client closed it between two requests'),
  client_incomplete: client(
    'client',
    'the client closed it within a request head, or a body that was answered already',
  ),
  client_left: client('client', 'the client closed it before it had its response'),
  client_broke: client(
    'client',
    'the connection broke between two requests: the client reset it, or is gone',
  ),
  client_done: client(
    'client',
    'the client had asked for one response only (Connection: close, HTTP/1.0)',
  ),
  // By us.
  head_timeout: client('weir', 'no complete request head within client_header_timeout'),
  body_timeout: client('weir', 'the client paused within its body longer than client_body_timeout'),
  send_timeout: client('weir', 'the client read nothing for send_timeout'),
  keepalive_timeout: client('weir', 'no further request within keepalive_timeout'),
  keepalive_requests: client('weir', 'it has had keepalive_requests requests'),
  keepalive_time: client('weir', 'it is older than keepalive_time'),
  keepalive_off: client('weir', 'keepalive_timeout 0: one response, and no more'),
  request_refused: client(
    'weir',
    'its request cannot be read to the end; the reason of the request says why',
  ),
  body_unread: client('weir', 'answered before the end of a body that is not worth reading'),
  asked_to_close: client(
    'weir',
    'the answer says Connection: close, for the request cannot be taken further',
  ),
  length_unknown: client('weir', 'the end of the connection is the end of the body'),
  response_cut: client('weir', 'the response broke off; the reason of the request says why'),
  tunnel_ended: client('weir', 'the tunnel has ended'),
  evicted: client(
    'weir',
    'worker_connections are used up: the idle connection that came first made room',
  ),
  drained: client('weir', 'this generation ends: a reload, or SIGQUIT'),
  stopped: client('weir', 'a fast stop, or worker_shutdown_timeout'),
  // Connections to endpoints, by the endpoint.
  endpoint_idle: endpoint('endpoint', 'the endpoint closed a kept connection'),
  endpoint_unasked: endpoint('endpoint', 'the endpoint sent bytes that nobody had asked for'),
  endpoint_closes: endpoint(
    'endpoint',
    'the endpoint ended it behind its response, or said that it would',
  ),
  endpoint_failed: endpoint('endpoint', 'a try failed; the reason of the request says why'),
  // By us.
  upstream_idle_timeout: endpoint('weir', 'not used for keepalive_timeout of the upstream'),
  upstream_not_kept: endpoint(
    'weir',
    'it is not kept: no keepalive, keepalive_requests, keepalive_time, or Connection: close was asked for',
  ),
  upstream_made_room: endpoint('weir', 'more were idle than keepalive allows'),
  upstream_unfinished: endpoint('weir', 'answered before the endpoint had the whole request'),
  upstream_given_up: endpoint(
    'weir',
    'the exchange ended without its response: the client has gone, or another try won',
  ),
  upstream_tunnel_ended: endpoint('weir', 'the tunnel has ended'),
  upstream_closed: endpoint('weir', 'this generation ends, or the endpoint was taken out'),
} as const satisfies Record<string, ConnectionEndTraits>;

export type ConnectionEnd = keyof typeof CONNECTION_ENDS;
