// features.md H1-13, HR-19, HR-25, H1-20, CE-13, H1-17: how endpoints answer, in time and in form,
// and what the client is told.

import { client, dialogue, origin, type Step } from './dialogue.ts';
import { wireTest } from './wire-case.ts';

const GET = 'GET / HTTP/1.1\r\nHost: a.test\r\n\r\n';
const POST = 'POST / HTTP/1.1\r\nHost: a.test\r\nContent-Length: 6\r\n\r\n';
const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';
const asked: readonly Step[] = [client.sends(GET), origin.sawHead({ line: 'GET / HTTP/1.1' })];
const next: readonly Step[] = [
  client.sends('GET /next HTTP/1.1\r\nHost: a.test\r\n\r\n'),
  origin.sawHead({ line: 'GET /next HTTP/1.1' }),
  origin.sends(OK),
  client.sawHead({ line: 'HTTP/1.1 200 OK' }),
  client.saw('ok'),
];

// H1-13: ten behaviours, each with a request behind it: the connections of both sides are in step.
const behaves = (title: string, answer: readonly Step[], dials = false): void =>
  dialogue(`H1-13: an endpoint that answers ${title}`, {
    shows: 'H1-13',
    upstream: 'keepalive 8;',
    steps: [
      ...asked,
      ...answer,
      ...(dials ? [next[0] as Step, origin.isDialed()] : [next[0] as Step]),
      ...next.slice(1),
    ],
  });
behaves('by length', [origin.sends(OK), client.sawHead({}), client.saw('ok')]);
behaves('in chunks', [
  origin.sends('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n'),
  client.sawHead({ has: ['Transfer-Encoding: chunked'] }),
  client.saw('2\r\nok\r\n'),
  origin.sends('0\r\n\r\n'),
  client.saw('0\r\n\r\n'),
]);
behaves(
  'until it closes',
  [
    origin.sends('HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nok'),
    client.sawHead({ has: ['Transfer-Encoding: chunked', 'Connection: keep-alive'] }),
    client.saw('2\r\nok\r\n'),
    origin.ends(),
    client.saw('0\r\n\r\n'),
  ],
  true,
);
behaves(
  'by length in HTTP/1.0',
  [
    origin.sends('HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok'),
    client.sawHead({ line: 'HTTP/1.1 200 OK', has: ['Connection: keep-alive'] }),
    client.saw('ok'),
  ],
  true,
);
behaves('by length in HTTP/1.0 with keep-alive', [
  origin.sends('HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 2\r\n\r\nok'),
  client.sawHead({}),
  client.saw('ok'),
]);
behaves('204', [
  origin.sends('HTTP/1.1 204 No Content\r\n\r\n'),
  client.sawHead({ line: 'HTTP/1.1 204 No Content', lacks: [/^Content-Length/] }),
]);
behaves('304 with a length', [
  origin.sends('HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\n'),
  client.sawHead({ line: 'HTTP/1.1 304 Not Modified' }),
]);
behaves('with an empty body in chunks', [
  origin.sends('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n'),
  client.sawHead({}),
  client.saw('0\r\n\r\n'),
]);
behaves('behind informational answers', [
  origin.sends('HTTP/1.1 100 Continue\r\n\r\n'),
  origin.sends(`HTTP/1.1 102 P\r\n\r\n${OK}`),
  client.sawHead({ line: 'HTTP/1.1 200 OK' }),
  client.saw('ok'),
]);
behaves('byte by byte', [
  ...Array.from(OK, (byte) => origin.sends(byte)),
  client.sawHead({}),
  client.saw('ok'),
]);

// Early answers.
dialogue('H1-13: an endpoint that answers before it has the body', {
  shows: 'H1-13 H1-20',
  location: 'proxy_request_buffering off;',
  steps: [
    client.sends(`${POST}abc`),
    origin.sawHead({ line: 'POST / HTTP/1.1' }),
    origin.saw('abc'),
    origin.sends('HTTP/1.1 409 Conflict\r\nContent-Length: 2\r\n\r\nno'),
    client.sawHead({ line: 'HTTP/1.1 409 Conflict', has: ['Connection: keep-alive'] }),
    client.saw('no'),
    client.sends('def'),
    client.sends('GET /next HTTP/1.1\r\nHost: a.test\r\n\r\n'),
    origin.isDialed(),
    origin.sawHead({ line: 'GET /next HTTP/1.1' }),
    origin.sends(OK),
    client.sawHead({ line: 'HTTP/1.1 200 OK' }),
    client.saw('ok'),
  ],
});

// HR-19.
for (const [title, broken] of [
  ['closes', origin.ends()],
  ['resets', origin.resets()],
  ['sends no HTTP', origin.sends('SSH-2.0-x\r\n\r\n')],
] as const) {
  dialogue(`HR-19: an endpoint that ${title}: 502`, {
    shows: 'HR-19',
    steps: [
      client.sends('POST / HTTP/1.1\r\nHost: a.test\r\n\r\n'),
      origin.sawHead({}),
      broken,
      client.sawHead({ line: 'HTTP/1.1 502 Bad Gateway', has: ['Connection: keep-alive'] }),
    ],
  });
}
dialogue('HR-19: an endpoint that says nothing: 504', {
  shows: 'HR-19',
  location: 'proxy_read_timeout 50ms;',
  steps: [...asked, client.sawHead({ line: 'HTTP/1.1 504 Gateway Timeout' })],
});
dialogue('HR-19: a client that does not finish its head: 408', {
  shows: 'HR-19',
  server: 'client_header_timeout 50ms;',
  steps: [
    client.sends('GET / HTTP/1.1\r\nHost: a'),
    client.sawHead({ line: 'HTTP/1.1 408 Request Timeout', has: ['Connection: close'] }),
  ],
});

// HR-25.
for (const [title, head, seen] of [
  ['by length', 'Content-Length: 6', 'abc'],
  ['in chunks', 'Transfer-Encoding: chunked', '3\r\nabc\r\n'],
  ['until it closes', 'X: y', '3\r\nabc\r\n'],
] as const) {
  dialogue(`HR-25: an endpoint that stops within its answer ${title}: the client is cut`, {
    shows: 'HR-25',
    location: 'proxy_read_timeout 50ms;',
    steps: [
      ...asked,
      origin.sends(
        `HTTP/1.1 200 OK\r\n${head}\r\n\r\n${head.startsWith('T') ? '3\r\nabc\r\n' : 'abc'}`,
      ),
      client.sawHead({ line: 'HTTP/1.1 200 OK' }),
      client.saw(seen),
      client.sawEnd('any'),
      origin.sawEnd('any'),
    ],
  });
}

// Refusals with a body still to come.
wireTest('CE-13: a refusal comes before the body, and can be read by who sends it all first', {
  shows: 'CE-13 H1-20',
  server: 'client_max_body_size 0; location = /denied { return 403 denied; }',
  head: ['POST /denied HTTP/1.1', 'Host: a.test', 'Content-Length: 2000000'],
  bytes: 'x'.repeat(2_000_000),
  client: { status: 403, connection: 'closed', body: 'denied' },
  upstream: { saw: 'nothing' },
});
dialogue('CE-13: a refusal does not wait for a single byte of the body', {
  shows: 'CE-13',
  server: 'client_max_body_size 0; location = /denied { return 403 denied; }',
  steps: [
    client.sends('POST /denied HTTP/1.1\r\nHost: a.test\r\nContent-Length: 2000000\r\n\r\n'),
    client.sawHead({ line: 'HTTP/1.1 403 Forbidden', has: ['Connection: close'] }),
    client.saw('denied'),
  ],
});
dialogue('H1-17: a body in chunks over client_max_body_size is 413 while it comes', {
  shows: 'H1-17 H1-20',
  server: 'client_max_body_size 10;',
  steps: [
    client.sends('POST / HTTP/1.1\r\nHost: a.test\r\nTransfer-Encoding: chunked\r\n\r\n'),
    client.sends('8\r\n12345678\r\n'),
    client.sawNothingYet(),
    client.sends('8\r\n12345678\r\n'),
    client.sawHead({ line: 'HTTP/1.1 413 Content Too Large', has: ['Connection: close'] }),
  ],
});
wireTest('H1-20: behind a 400 a smuggled request is never looked at', {
  shows: 'H1-20',
  bytes: `GET / HTTP/1.1\r\nHost: a.test\r\nX : y\r\n\r\n${GET.repeat(3)}`,
  client: { status: 400, connection: 'closed' },
  upstream: { saw: 'nothing' },
});
wireTest('RT-34: QUERY goes on with its body', {
  shows: 'RT-34',
  head: ['QUERY /x HTTP/1.1', 'Host: a.test', 'Content-Length: 5', 'Content-Type: text/plain'],
  bytes: 'hello',
  client: { status: 200, connection: 'open', body: 'ok' },
  upstream: { saw: [{ line: 'QUERY /x HTTP/1.1', has: ['Content-Length: 5'], body: 'hello' }] },
});
