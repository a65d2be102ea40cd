// RFC 9110 §10.1.1 and §15.2: 100 Continue, and other answers in front of the answer.

import { client, dialogue, origin } from './dialogue.ts';

const STREAMED = 'proxy_request_buffering off;';
const EXPECT =
  'POST / HTTP/1.1\r\nHost: a.test\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n';
const CONTINUE = 'HTTP/1.1 100 Continue\r\n\r\n';
const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';
const HINTS = 'HTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload\r\n';
const GET = 'GET / HTTP/1.1\r\nHost: a.test\r\n\r\n';

dialogue('RFC 9110 §10.1.1: who waits for 100 gets it before its body is read', {
  shows: '9110-10.1.1-4 9110-10.1.1-5 9110-10.1.1-6 H1-11 RT-32',
  steps: [
    client.sends(EXPECT),
    client.saw(CONTINUE),
    client.sends('hello'),
    origin.sawHead({
      lines: ['POST / HTTP/1.1', 'Host: origins', 'Content-Length: 5'],
    }),
    origin.saw('hello'),
    origin.sends(OK),
    client.sawHead({ line: 'HTTP/1.1 200 OK' }),
    client.saw('ok'),
  ],
});
dialogue('RFC 9110 §10.1.1: what comes before our 100 needs none', {
  shows: '9110-10.1.1-4 H1-11',
  steps: [
    client.sends(`${EXPECT}hello`),
    origin.sawHead({ lacks: [/^Expect/] }),
    origin.saw('hello'),
    origin.sends(OK),
    client.sawHead({ line: 'HTTP/1.1 200 OK' }),
    client.saw('ok'),
  ],
});
dialogue('RFC 9110 §10.1.1: a final answer of ours comes at once, without 100', {
  shows: '9110-10.1.1-5 H1-11 CE-13',
  location: 'return 403;',
  steps: [
    client.sends(EXPECT),
    client.sawHead({ line: 'HTTP/1.1 403 Forbidden', has: ['Connection: close'] }),
  ],
});
dialogue('RFC 9110 §10.1.1: streaming, the endpoint is asked, and its 100 passed on', {
  shows: '9110-10.1.1-2 9110-10.1.1-7 9110-10.1.1-4 9110-15.2-3 H1-11 RT-32',
  location: STREAMED,
  steps: [
    client.sends(EXPECT),
    origin.sawHead({ has: ['Content-Length: 5', 'Expect: 100-continue'] }),
    client.sawNothingYet(),
    origin.sends(CONTINUE),
    client.saw(CONTINUE),
    client.sends('hello'),
    origin.saw('hello'),
    origin.sends(OK),
    client.sawHead({ line: 'HTTP/1.1 200 OK' }),
    client.saw('ok'),
  ],
});
dialogue('RFC 9110 §10.1.1: streaming, a final answer of the endpoint takes the place of 100', {
  shows: '9110-10.1.1-5 9110-10.1.1-7 H1-11 H1-13',
  location: STREAMED,
  steps: [
    client.sends(EXPECT),
    origin.sawHead({ has: ['Expect: 100-continue'] }),
    origin.sends('HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: x\r\nContent-Length: 2\r\n\r\nno'),
    client.sawHead({ line: 'HTTP/1.1 401 Unauthorized', has: ['WWW-Authenticate: x'] }),
    client.saw('no'),
  ],
});
dialogue('RFC 9110 §10.1.1: streaming, a client that does not wait is served all the same', {
  shows: '9110-10.1.1-4 H1-11',
  location: STREAMED,
  steps: [
    client.sends(`${EXPECT}hello`),
    origin.sawHead({ line: 'POST / HTTP/1.1' }),
    origin.saw('hello'),
    origin.sends(OK),
    client.sawHead({ line: 'HTTP/1.1 200 OK' }),
    client.saw('ok'),
  ],
});

// Other informational answers.
dialogue('RFC 9110 §15.2: 103 goes on at once where early_hints says so', {
  shows: '9110-15.2-3 9110-15.2-1 RT-32',
  location: 'early_hints 1;',
  steps: [
    client.sends(GET),
    origin.sawHead({}),
    origin.sends(`${HINTS}Connection: X-Hop\r\nX-Hop: 1\r\nKeep-Alive: x\r\n\r\n`),
    client.sawHead({
      line: 'HTTP/1.1 103 Early Hints',
      has: ['Link: </a.css>; rel=preload'],
      lacks: [/^Content-Length/, /^Transfer-Encoding/, /^Keep-Alive/, /X-Hop/],
    }),
    client.sawNothingYet(),
    origin.sends(OK),
    client.sawHead({ line: 'HTTP/1.1 200 OK' }),
    client.saw('ok'),
  ],
});
dialogue('RFC 9110 §15.2: several informational answers keep their order', {
  shows: '9110-15.2-3 9110-15.2-1 RT-32',
  location: 'early_hints 1;',
  steps: [
    client.sends(GET),
    origin.sawHead({}),
    origin.sends(`HTTP/1.1 102 Processing\r\nX: 1\r\n\r\n${HINTS}\r\nHTTP/1.1 199 So\r\n\r\n${OK}`),
    client.sawHead({ line: 'HTTP/1.1 102 Processing', has: ['X: 1'] }),
    client.sawHead({ line: 'HTTP/1.1 103 Early Hints' }),
    client.sawHead({ line: 'HTTP/1.1 199 So' }),
    client.sawHead({ line: 'HTTP/1.1 200 OK' }),
    client.saw('ok'),
  ],
});
dialogue('RFC 9110 §15.2: no informational answer for a client of HTTP/1.0', {
  shows: '9110-15.2-2 RT-32',
  location: 'early_hints 1;',
  steps: [
    client.sends('GET / HTTP/1.0\r\nHost: a.test\r\n\r\n'),
    origin.sawHead({}),
    origin.sends(`${HINTS}\r\n${CONTINUE}${OK}`),
    client.sawHead({ line: 'HTTP/1.1 200 OK' }),
    client.saw('ok'),
    client.sawEnd(),
  ],
});
dialogue('RFC 9110 §15.2: a 100 that nobody waits for is not passed on', {
  shows: '9110-15.2-1 RT-32',
  location: 'early_hints 1;',
  steps: [
    client.sends(GET),
    origin.sawHead({}),
    origin.sends(CONTINUE + OK),
    client.sawHead({ line: 'HTTP/1.1 200 OK' }),
    client.saw('ok'),
  ],
});
for (const framing of ['Transfer-Encoding: chunked', 'Content-Length: 5']) {
  dialogue(`RFC 9112 §6.1: an informational answer with ${framing} is none`, {
    shows: '9112-6.1-5 9110-8.6-3',
    location: 'early_hints 1;',
    steps: [
      client.sends(GET),
      origin.sawHead({}),
      origin.sends(`${HINTS}${framing}\r\n\r\n${OK}`),
      client.sawHead({ line: 'HTTP/1.1 502 Bad Gateway' }),
    ],
  });
}
