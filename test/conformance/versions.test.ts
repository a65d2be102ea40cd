// RFC 9110 §2.5 and RFC 9112 §2.3, §6.1: what version is spoken to whom, and what follows of it.

import { client, dialogue, origin } from './dialogue.ts';
import { wireTest } from './wire-case.ts';

const OLD = 'proxy_http_version 1.0;';
const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';

for (const version of ['1.0', '1.1']) {
  wireTest(`RFC 9112 §2.3: a client of ${version} and an endpoint of 1.0 both hear 1.1`, {
    shows: '9112-2.3-1 9110-2.5-1 9110-2.5-2 H1-13',
    head: [`GET / HTTP/${version}`, 'Host: a.test'],
    answer: 'HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok',
    client: {
      status: 200,
      connection: version === '1.0' ? 'closed' : 'open',
      has: ['HTTP/1.1 200 OK'],
      body: 'ok',
    },
    upstream: { saw: [{ line: 'GET / HTTP/1.1' }] },
  });
}
dialogue('RFC 9112 §6.1: no coding for an endpoint that is spoken to in 1.0', {
  shows: '9112-6.1-7 9112-6.3-9 9112-2.3-1',
  location: OLD,
  steps: [
    client.sends('POST / HTTP/1.1\r\nHost: a.test\r\nTransfer-Encoding: chunked\r\n\r\n'),
    client.sends('3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n'),
    origin.sawHead({
      line: 'POST / HTTP/1.0',
      has: ['Content-Length: 5'],
      lacks: [/^Transfer-Encoding/, /^TE/],
    }),
    origin.saw('abcde'),
    origin.sends(OK),
    client.sawHead({ line: 'HTTP/1.1 200 OK' }),
    client.saw('ok'),
  ],
});
dialogue('RFC 9112 §9.6: where we say close there is no second request', {
  shows: '9112-9.6-1',
  location: OLD,
  upstream: 'keepalive 8;',
  steps: [
    client.sends('GET /1 HTTP/1.1\r\nHost: a.test\r\n\r\n'),
    origin.sawHead({ line: 'GET /1 HTTP/1.0', has: [/^Connection: close$/i] }),
    origin.sends(OK),
    client.sawHead({ has: ['Connection: keep-alive'] }),
    client.saw('ok'),
    origin.sawEnd('any'),
    client.sends('GET /2 HTTP/1.1\r\nHost: a.test\r\n\r\n'),
    origin.isDialed(),
    origin.sawHead({ line: 'GET /2 HTTP/1.0' }),
    origin.sends(OK),
    client.sawHead({}),
    client.saw('ok'),
  ],
});
wireTest('RFC 9110 §2.3: heads as large as those we send are read, both ways', {
  shows: '9110-2.3-1',
  head: [
    'GET / HTTP/1.1',
    'Host: a.test',
    ...Array.from({ length: 3 }, (_, at) => `X-${at}: ${'r'.repeat(8000)}`),
  ],
  answer: `HTTP/1.1 200 OK\r\nX: ${'s'.repeat(24_000)}\r\nContent-Length: 2\r\n\r\nok`,
  client: { status: 200, connection: 'open', has: [`X: ${'s'.repeat(24_000)}`], body: 'ok' },
  upstream: { saw: [{ has: [`X-2: ${'r'.repeat(8000)}`] }] },
});
dialogue('RFC 9110 §3.3: on one connection to an endpoint, requests of several users stay apart', {
  shows: '9110-3.3-1',
  upstream: 'keepalive 8;',
  steps: [
    client.sends('GET /1 HTTP/1.1\r\nHost: a.test\r\nAuthorization: a\r\nCookie: a=1\r\n\r\n'),
    origin.sawHead({ has: ['Authorization: a', 'Cookie: a=1'] }),
    origin.sends('HTTP/1.1 200 OK\r\nSet-Cookie: s=a\r\nContent-Length: 2\r\n\r\nok'),
    client.sawHead({ has: ['Set-Cookie: s=a'] }),
    client.saw('ok'),
    client.another(),
    client.sends('GET /2 HTTP/1.1\r\nHost: a.test\r\n\r\n'),
    origin.sawHead({ lines: ['GET /2 HTTP/1.1', 'Host: origins'] }),
    origin.isNotDialedAgain(),
    origin.sends(OK),
    client.sawHead({ lacks: [/^Set-Cookie/] }),
    client.saw('ok'),
  ],
});
