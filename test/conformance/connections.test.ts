// RFC 9112 §9: which connections stay open, which request an answer belongs to, and what is never
// read as an answer.

import { client, dialogue, origin } from './dialogue.ts';
import { wireTest } from './wire-case.ts';

const get = (path: string, ...fields: string[]): string =>
  `${[`GET ${path} HTTP/1.1`, 'Host: a.test', ...fields].join('\r\n')}\r\n\r\n`;
const ok = (body: string, ...fields: string[]): string =>
  `${['HTTP/1.1 200 OK', ...fields, `Content-Length: ${body.length}`].join('\r\n')}\r\n\r\n${body}`;

for (const [version, option, connection] of [
  ['1.1', '', 'open'],
  ['1.1', 'keep-alive', 'open'],
  ['1.1', 'close', 'closed'],
  ['1.1', 'keep-alive, close', 'closed'],
  ['1.0', '', 'closed'],
  ['1.0', 'Keep-Alive', 'open'],
  ['1.0', 'close', 'closed'],
  ['1.0', 'keep-alive, close', 'closed'],
] as const) {
  const fields = option === '' ? [] : [`Connection: ${option}`];
  wireTest(`RFC 9112 §9.3: a client of HTTP/${version} with Connection "${option}"`, {
    shows: connection === 'open' ? 'CE-23' : '9112-9.6-2 CE-23',
    head: [`GET / HTTP/${version}`, 'Host: a.test', ...fields],
    client: { status: 200, connection, body: 'ok' },
    upstream: { saw: [{ line: 'GET / HTTP/1.1', lacks: [/^Connection:/] }] },
  });
}
wireTest('RFC 9112 §9.3: who keeps no connections says so in each answer', {
  shows: '9112-9.3-2 9112-9.6-4',
  server: 'keepalive_timeout 0;',
  head: ['GET / HTTP/1.1', 'Host: a.test'],
  bytes: get('/never'),
  client: { status: 200, connection: 'closed' },
  upstream: { saw: [{ line: 'GET / HTTP/1.1' }] },
});
wireTest('RFC 9112 §9.6: behind our close nothing is served, however early it came', {
  shows: '9112-9.6-4 9112-9.6-5 CE-23',
  server: 'keepalive_requests 2;',
  bytes: get('/1') + get('/2') + get('/never'),
  client: { status: [200, 200], connection: 'closed' },
  upstream: { saw: [{ line: 'GET /1 HTTP/1.1' }, { line: 'GET /2 HTTP/1.1' }] },
});
wireTest('RFC 9112 §9.6: behind the close of a client nothing is served', {
  shows: '9112-9.6-2 9112-9.6-3',
  bytes: get('/1') + get('/2', 'Connection: close') + get('/never'),
  client: { status: [200, 200], connection: 'closed' },
  upstream: { saw: [{ line: 'GET /1 HTTP/1.1' }, { line: 'GET /2 HTTP/1.1' }] },
});
wireTest('RFC 9112 §9.3: a body that nobody wants is read, never taken for a request', {
  shows: '9112-9.3-3 H1-20',
  server: 'location = /own { return 200 own; }',
  head: ['POST /own HTTP/1.1', 'Host: a.test', `Content-Length: ${get('/never').length}`],
  bytes: get('/never') + get('/next'),
  client: { status: [200, 200], connection: 'open', body: 'ok' },
  upstream: { saw: [{ line: 'GET /next HTTP/1.1' }] },
});
wireTest('RFC 9112 §9.3: a body that nobody wants and that is long ends the connection', {
  shows: '9112-9.3-3 H1-20 CE-13',
  server: 'location = /own { return 200 own; }',
  head: ['POST /own HTTP/1.1', 'Host: a.test', 'Content-Length: 100000'],
  bytes: get('/never').repeat(2000),
  client: { status: 200, connection: 'closed', body: 'own' },
  upstream: { saw: 'nothing' },
});

dialogue('RFC 9112 §9.3.2: pipelined requests are answered in their order', {
  shows: '9112-9.3.2-1 9112-9.2-1 CE-23',
  server: 'location = /own { return 200 own; }',
  steps: [
    client.sends(get('/1') + get('/own') + get('/3')),
    origin.sawHead({ line: 'GET /1 HTTP/1.1' }),
    client.sawNothingYet(),
    origin.sends(ok('one')),
    client.sawHead({ has: ['Content-Length: 3'] }),
    client.saw('one'),
    client.sawHead({ has: ['Content-Length: 3'] }),
    client.saw('own'),
    origin.sawHead({ line: 'GET /3 HTTP/1.1' }),
    origin.sends(ok('three')),
    client.sawHead({ has: ['Content-Length: 5'] }),
    client.saw('three'),
  ],
});
dialogue('RFC 9112 §9.6: an endpoint that says close gets no further request there', {
  shows: '9112-9.6-6',
  upstream: 'keepalive 8;',
  steps: [
    client.sends(get('/1')),
    origin.sawHead({ line: 'GET /1 HTTP/1.1' }),
    origin.sends(ok('one', 'Connection: close')),
    client.sawHead({ has: ['Connection: keep-alive'], lacks: [/close/] }),
    client.saw('one'),
    origin.sawEnd('any'),
    client.sends(get('/2')),
    origin.isDialed(),
    origin.sawHead({ line: 'GET /2 HTTP/1.1' }),
    origin.sends(ok('two')),
    client.sawHead({}),
    client.saw('two'),
  ],
});
dialogue('RFC 9112 §9.3: a connection is used again only when the answer was read whole', {
  shows: '9112-9.3-4 9112-9.2-1',
  upstream: 'keepalive 8;',
  steps: [
    client.sends(get('/1')),
    origin.sawHead({ line: 'GET /1 HTTP/1.1' }),
    origin.sends('HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\none'),
    client.sawHead({ has: ['Content-Length: 6'] }),
    client.saw('one'),
    client.another(),
    client.sends(get('/2')),
    origin.isDialed(),
    origin.sawHead({ line: 'GET /2 HTTP/1.1' }),
    origin.sends(ok('two')),
    client.sawHead({}),
    client.saw('two'),
  ],
});
for (const [title, extra] of [
  ['a second answer', ok('evil')],
  ['half an answer', 'HTTP/1.1 200 OK\r\n'],
  ['an empty line', '\r\n'],
] as const) {
  dialogue(`RFC 9112 §6.3: ${title} behind an answer is nobody's`, {
    shows: '9112-6.3-10 9112-9.2-2',
    upstream: 'keepalive 8;',
    steps: [
      client.sends(get('/1')),
      origin.sawHead({ line: 'GET /1 HTTP/1.1' }),
      origin.sends(ok('one') + extra),
      client.sawHead({}),
      client.saw('one'),
      origin.sawEnd('any'),
      client.sends(get('/2')),
      origin.isDialed(),
      origin.sawHead({ line: 'GET /2 HTTP/1.1' }),
      origin.sends(ok('two')),
      client.sawHead({ has: ['Content-Length: 3'] }),
      client.saw('two'),
    ],
  });
}
dialogue('RFC 9112 §9.2: what comes without a request is no answer, not even to the next', {
  shows: '9112-9.2-2',
  upstream: 'keepalive 8;',
  steps: [
    client.sends(get('/1')),
    origin.sawHead({ line: 'GET /1 HTTP/1.1' }),
    origin.sends(ok('one')),
    client.sawHead({}),
    client.saw('one'),
    origin.sends('HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\n\r\n'),
    origin.sawEnd('any'),
    client.sends(get('/2')),
    origin.isDialed(),
    origin.sawHead({ line: 'GET /2 HTTP/1.1' }),
    origin.sends(ok('two')),
    client.sawHead({ line: 'HTTP/1.1 200 OK' }),
    client.saw('two'),
  ],
});
dialogue('RFC 9110 §5.3: no request goes on before its head is complete', {
  shows: '9110-5.3-3',
  steps: [
    client.sends('GET /1 HTTP/1.1\r\nHost: a.test\r\nX: y\r\n'),
    client.another(),
    client.sends(get('/alive')),
    client.sawHead({ line: 'HTTP/1.1 200 OK' }),
    client.saw('alive'),
    origin.isNotDialedAgain(),
  ],
});
dialogue('RFC 9110 §9.2.2: a POST that was sent is never sent again', {
  shows: '9110-9.2.2-1',
  steps: [
    client.sends('POST / HTTP/1.1\r\nHost: a.test\r\nContent-Length: 2\r\n\r\nhi'),
    origin.sawHead({ line: 'POST / HTTP/1.1' }),
    origin.saw('hi'),
    origin.ends(),
    client.sawHead({ line: 'HTTP/1.1 502 Bad Gateway' }),
    origin.isNotDialedAgain(),
  ],
});
