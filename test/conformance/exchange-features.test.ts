// Rows of features.md about exchanges in time: what waits, what goes on at once, what is tried again,
// who is told what when a side is slow or gone.

import { client, dialogue, origin, type Step } from './dialogue.ts';
import { wireTest } from './wire-case.ts';

const get = (path: string, ...fields: string[]): string =>
  `${[`GET ${path} HTTP/1.1`, 'Host: a.test', ...fields].join('\r\n')}\r\n\r\n`;
const POST = 'POST / HTTP/1.1\r\nHost: a.test\r\nContent-Length: 6\r\n\r\n';
const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';
const KEPT = 'keepalive 8;';
const isOk: readonly Step[] = [client.sawHead({ line: 'HTTP/1.1 200 OK' }), client.saw('ok')];
/** One exchange, whose connection to the endpoint is kept. */
const first: readonly Step[] = [
  client.sends(get('/1')),
  origin.sawHead({ line: 'GET /1 HTTP/1.1' }),
  origin.sends(OK),
  ...isOk,
];
/** Long enough for anything that was going to happen: another client is served. */
const meanwhile: readonly Step[] = [
  client.another(),
  client.sends(get('/alive')),
  client.sawHead({}),
];

dialogue('CE-05: an endpoint is not troubled before the body is there', {
  shows: 'CE-05',
  steps: [
    client.sends(`${POST}abc`),
    client.keepsAs('slow'),
    ...meanwhile,
    origin.isNotDialedAgain(),
    client.isAgain('slow'),
    client.sends('def'),
    origin.sawHead({ line: 'POST / HTTP/1.1', has: ['Content-Length: 6'] }),
    origin.saw('abcdef'),
    origin.sends(OK),
    ...isOk,
  ],
});
dialogue('CE-05: without proxy_request_buffering it gets each part as it comes', {
  shows: 'CE-05 CE-07',
  location: 'proxy_request_buffering off;',
  steps: [
    client.sends(`${POST}abc`),
    origin.sawHead({ line: 'POST / HTTP/1.1', has: ['Content-Length: 6'] }),
    origin.saw('abc'),
    client.sends('def'),
    origin.saw('def'),
    origin.sends(OK),
    ...isOk,
  ],
});
for (const [title, location, field] of [
  ['with proxy_buffering on', 'proxy_buffering on;', 'X: y'],
  ['with proxy_buffering off', 'proxy_buffering off;', 'X: y'],
  ['with X-Accel-Buffering: no', '', 'X-Accel-Buffering: no'],
  ['of text/event-stream', '', 'Content-Type: text/event-stream'],
] as const) {
  dialogue(`CE-07, WS-06: each part of an answer goes on at once, ${title}`, {
    shows: 'CE-07 WS-06',
    location,
    steps: [
      client.sends(get('/')),
      origin.sawHead({}),
      origin.sends(`HTTP/1.1 200 OK\r\n${field}\r\nTransfer-Encoding: chunked\r\n\r\n`),
      client.sawHead({ lacks: [/^X-Accel/] }),
      origin.sends('9\r\ndata: 1\n\n\r\n'),
      client.saw('9\r\ndata: 1\n\n\r\n'),
      origin.sends('9\r\ndata: 2\n\n\r\n'),
      client.saw('9\r\ndata: 2\n\n\r\n'),
      origin.sends('0\r\n\r\n'),
      client.saw('0\r\n\r\n'),
    ],
  });
}
dialogue('CE-09: clients one after the other share a connection to the endpoint', {
  shows: 'CE-09',
  upstream: KEPT,
  steps: [
    ...Array.from({ length: 20 }, () => [client.another(), ...first]).flat(),
    origin.isNotDialedAgain(),
  ],
});
dialogue('CE-10: a kept connection that dies under a GET costs nobody anything', {
  shows: 'CE-10',
  upstream: KEPT,
  steps: [
    ...first,
    client.sends(get('/2')),
    origin.sawHead({ line: 'GET /2 HTTP/1.1' }),
    origin.ends(),
    origin.isDialed(),
    origin.sawHead({ line: 'GET /2 HTTP/1.1' }),
    origin.sends(OK),
    ...isOk,
  ],
});
dialogue('CE-10: a kept connection that dies under a POST is 502, and nothing is sent twice', {
  shows: 'CE-10',
  upstream: KEPT,
  steps: [
    ...first,
    client.sends(`${POST}abcdef`),
    origin.sawHead({ line: 'POST / HTTP/1.1' }),
    origin.saw('abcdef'),
    origin.ends(),
    client.sawHead({ line: 'HTTP/1.1 502 Bad Gateway' }),
    origin.isNotDialedAgain(),
  ],
});
dialogue('CE-12: a client that goes takes its request with it', {
  shows: 'CE-12',
  steps: [client.sends(get('/')), origin.sawHead({}), client.resets(), origin.sawEnd('any')],
});
dialogue('CE-12: with proxy_ignore_client_abort the exchange goes on to its end', {
  shows: 'CE-12',
  upstream: KEPT,
  location: 'proxy_ignore_client_abort on;',
  steps: [
    client.sends(get('/')),
    origin.sawHead({}),
    client.resets(),
    ...meanwhile,
    origin.sends(OK),
    client.another(),
    ...first,
    origin.isNotDialedAgain(),
  ],
});
dialogue('H1-09: a body that stops is 408, and the connection ends', {
  shows: 'H1-09 CE-11',
  server: 'client_body_timeout 50ms;',
  steps: [
    client.sends(`${POST}abc`),
    client.sawHead({ line: 'HTTP/1.1 408 Request Timeout', has: ['Connection: close'] }),
  ],
});
dialogue('H1-09: an idle connection is closed without a word', {
  shows: 'H1-09 CE-23',
  server: 'keepalive_timeout 50ms;',
  steps: [...first, client.sawEnd()],
});
dialogue('WS-07: each route has times of its own', {
  shows: 'WS-07 CE-11',
  server: 'location /api { proxy_pass http://origins; proxy_read_timeout 50ms; }',
  steps: [
    client.sends(get('/poll')),
    client.keepsAs('poll'),
    origin.sawHead({ line: 'GET /poll HTTP/1.1' }),
    client.another(),
    client.sends(get('/api')),
    client.sawHead({ line: 'HTTP/1.1 504 Gateway Timeout' }),
    client.isAgain('poll'),
    client.sawNothingYet(),
    origin.sends(OK),
    ...isOk,
  ],
});
for (const [title, broken, status, reason] of [
  ['that resets', origin.resets(), '502 Bad Gateway', 'upstream_reset'],
  ['that sends no HTTP', origin.sends('x\r\n\r\n'), '502 Bad Gateway', 'upstream_protocol_error'],
  ['that is silent', origin.sends(''), '504 Gateway Timeout', 'upstream_header_timeout'],
] as const) {
  dialogue(`HR-18: an endpoint ${title} is told as JSON to who wants it, without internals`, {
    shows: 'HR-18 HR-19 CE-11',
    location: 'proxy_read_timeout 100ms;',
    steps: [
      client.sends(`POST / HTTP/1.1\r\nHost: a.test\r\nAccept: application/json\r\n\r\n`),
      origin.sawHead({}),
      broken,
      client.sawHead({ line: `HTTP/1.1 ${status}`, has: ['Content-Type: application/json'] }),
      client.saw(
        `{"status":${status.slice(0, 3)},"error":"${status.slice(4)}","reason":"${reason}","request_id":"`,
      ),
    ],
  });
}
wireTest('RT-30: an unknown host is served by the default server', {
  shows: 'RT-30',
  server: 'server_name b.test;',
  head: ['GET / HTTP/1.1', 'Host: nobody.test'],
  client: { status: 200, connection: 'open', body: 'ok' },
  upstream: { saw: [{ line: 'GET / HTTP/1.1' }] },
});
wireTest('RT-30: 444 closes without an answer', {
  shows: 'RT-30',
  server: 'location /closed { return 444; }',
  head: ['GET /closed HTTP/1.1', 'Host: a.test'],
  client: { status: 0, connection: 'closed' },
  upstream: { saw: 'nothing' },
});
