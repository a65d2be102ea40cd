// RFC 9110 §6.5 and RFC 9112 §7.1.2: trailers stay trailers, and go on only to who can have them.

import { client, dialogue, origin } from './dialogue.ts';
import { wireTest } from './wire-case.ts';

const PASSED = 'proxy_pass_trailers on;';
const GET = (...fields: string[]): string =>
  `${['GET / HTTP/1.1', 'Host: a.test', ...fields].join('\r\n')}\r\n\r\n`;
const WANTS = GET('TE: trailers', 'Connection: TE');
const HEAD = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum\r\n\r\n';

dialogue('RFC 9110 §6.5: trailers of an answer go on to who asks for them', {
  shows: '9112-7.1.2-1 9112-7.1.2-2 9112-7.4-1 9112-7.4-2 9110-7.6.1-1 RT-31',
  location: PASSED,
  steps: [
    client.sends(WANTS),
    origin.sawHead({ has: ['TE: trailers', /^Connection: TE$/i] }),
    origin.sends(`${HEAD}3\r\nabc\r\n`),
    client.sawHead({ has: ['Transfer-Encoding: chunked'], lacks: [/^X-Sum/] }),
    client.saw('3\r\nabc\r\n'),
    origin.sends('0\r\nX-Sum: 1\r\n\r\n'),
    client.saw('0\r\nX-Sum: 1\r\n\r\n'),
  ],
});
dialogue('RFC 9110 §6.5.1: trailers that would change framing, routing or content are dropped', {
  shows: '9112-7.1.2-2 9110-6.5.1-1 RT-31',
  location: PASSED,
  steps: [
    client.sends(WANTS),
    origin.sawHead({}),
    origin.sends(`${HEAD}3\r\nabc\r\n`),
    client.sawHead({}),
    client.saw('3\r\nabc\r\n'),
    origin.sends(
      '0\r\nContent-Length: 9\r\nTransfer-Encoding: x\r\nHost: evil.test\r\nX-Sum: 1\r\n' +
        'Set-Cookie: a=b\r\nConnection: close\r\nContent-Type: x\r\nTrailer: y\r\n\r\n',
    ),
    client.saw('0\r\nX-Sum: 1\r\n\r\n'),
  ],
});
dialogue('RFC 9110 §7.6.1: a trailer that Connection names stays behind', {
  shows: '9110-7.6.1-4 RT-31',
  location: PASSED,
  steps: [
    client.sends(WANTS),
    origin.sawHead({}),
    origin.sends(HEAD.replace('Trailer', 'Connection: X-Hop\r\nTrailer')),
    client.sawHead({ lacks: [/X-Hop/] }),
    origin.sends('0\r\nX-Sum: 1\r\nX-Hop: 1\r\n\r\n'),
    client.saw('0\r\nX-Sum: 1\r\n\r\n'),
  ],
});
for (const [title, request, location] of [
  ['a client that does not ask', GET(), PASSED],
  ['a client that asks, when they are off', WANTS, ''],
  ['a client that only names TE', GET('TE: deflate', 'Connection: TE'), PASSED],
] as const) {
  dialogue(`RFC 9110 §6.5: no trailers for ${title}`, {
    shows: '9112-7.1.2-2 9112-7.4-1 RT-31',
    location,
    steps: [
      client.sends(request),
      origin.sawHead({ lacks: [/^TE: (?!trailers)/] }),
      origin.sends(`${HEAD}3\r\nabc\r\n`),
      client.sawHead({ lacks: [/^X-Sum/] }),
      client.saw('3\r\nabc\r\n'),
      origin.sends('0\r\nX-Sum: 1\r\n\r\n'),
      client.saw('0\r\n\r\n'),
    ],
  });
}
dialogue('RFC 9110 §6.5: a client of HTTP/1.0 gets no trailers', {
  shows: '9112-7.1.2-2 9112-6.1-8 RT-31',
  location: PASSED,
  steps: [
    client.sends('GET / HTTP/1.0\r\nHost: a.test\r\nTE: trailers\r\nConnection: TE\r\n\r\n'),
    origin.sawHead({ line: 'GET / HTTP/1.1' }),
    origin.sends(`${HEAD}3\r\nabc\r\n0\r\nX-Sum: 1\r\n\r\n`),
    client.sawHead({ lacks: [/^X-Sum/, /^Transfer-Encoding/] }),
    client.saw('abc'),
    client.sawEnd(),
  ],
});
for (const buffering of ['on', 'off']) {
  dialogue(`RFC 9110 §6.5: trailers of a request go on, request buffering ${buffering}`, {
    shows: '9112-7.1.2-1 9110-6.5.1-1 RT-31',
    location: `${PASSED} proxy_request_buffering ${buffering};`,
    steps: [
      client.sends('POST / HTTP/1.1\r\nHost: a.test\r\nTransfer-Encoding: chunked\r\n\r\n'),
      client.sends('3\r\nabc\r\n0\r\nX-Sum: 1\r\nHost: evil.test\r\nAuthorization: x\r\n\r\n'),
      origin.sawHead({ has: ['Transfer-Encoding: chunked'], lacks: [/^X-Sum/, /evil/] }),
      origin.saw('3\r\nabc\r\n0\r\nX-Sum: 1\r\n\r\n'),
      origin.sends('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n'),
      client.sawHead({ line: 'HTTP/1.1 200 OK' }),
    ],
  });
}
wireTest('RFC 9112 §7.4: TE goes on for trailers alone, and Connection names it', {
  shows: '9112-7.4-1 9112-7.4-2 9110-7.6.1-1 H1-12 RT-31',
  location: PASSED,
  head: ['GET / HTTP/1.1', 'Host: a.test', 'TE: gzip;q=0.5, trailers, chunked', 'Connection: TE'],
  client: { status: 200, connection: 'open' },
  upstream: { saw: [{ has: ['TE: trailers', /^Connection: TE$/i], lacks: [/gzip|chunked/] }] },
});
