// RFC 9112 §8 and §6.3: a message that ends too early is never passed on as a whole one.

import { client, dialogue, origin, type Step } from './dialogue.ts';

const GET = 'GET / HTTP/1.1\r\nHost: a.test\r\n\r\n';
const GET10 = 'GET / HTTP/1.0\r\nHost: a.test\r\n\r\n';

/** What an endpoint sends before it ends, and what of it the client sees: never a whole body. */
const cut = (shows: string, title: string, answer: string, seen: string, request = GET): void => {
  for (const [how, end] of [
    ['FIN', origin.ends()],
    ['RST', origin.resets()],
  ] as const) {
    dialogue(`${title}, by ${how}`, {
      shows: `${shows} H1-13`,
      steps: [
        client.sends(request),
        origin.sawHead({ line: 'GET / HTTP/1.1' }),
        origin.sends(answer),
        client.sawHead({ line: 'HTTP/1.1 200 OK' }),
        client.saw(seen),
        end,
        client.sawEnd('any'),
      ],
    });
  }
};

cut(
  '9112-6.3-7 9112-8-1',
  'RFC 9112 §6.3: an answer shorter than its length',
  'HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nabc',
  'abc',
);
cut(
  '9112-8-1',
  'RFC 9112 §8: an answer in chunks without the last one',
  'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n',
  '3\r\nabc\r\n',
);
cut(
  '9112-8-1',
  'RFC 9112 §8: an answer in chunks that stops within one',
  'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n6\r\nabc',
  '3\r\nabc\r\n',
);
cut(
  '9112-8-1',
  'RFC 9112 §8: an answer in chunks without the empty line behind the last one',
  'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n',
  '3\r\nabc\r\n',
);

const untilClose: readonly Step[] = [
  origin.sawHead({ line: 'GET / HTTP/1.1' }),
  origin.sends('HTTP/1.1 200 OK\r\n\r\nabc'),
];
dialogue('RFC 9112 §6.3: an answer without framing ends with its connection, by FIN', {
  shows: '9112-6.3-11 H1-13',
  steps: [
    client.sends(GET),
    ...untilClose,
    client.sawHead({ has: ['Transfer-Encoding: chunked'] }),
    client.saw('3\r\nabc\r\n'),
    origin.ends(),
    client.saw('0\r\n\r\n'),
  ],
});
dialogue('RFC 9112 §8: an answer without framing that ends by RST is not whole', {
  shows: '9112-8-1 H1-13',
  steps: [
    client.sends(GET),
    ...untilClose,
    client.sawHead({ has: ['Transfer-Encoding: chunked'] }),
    client.saw('3\r\nabc\r\n'),
    origin.resets(),
    client.sawEnd('any'),
  ],
});
dialogue('RFC 9112 §8: to a client of HTTP/1.0 a cut answer ends by RST, a whole one by FIN', {
  shows: '9112-8-1 9112-6.1-8 H1-13',
  steps: [
    client.sends(GET10),
    ...untilClose,
    client.sawHead({ lacks: [/Transfer-Encoding/, /Content-Length/] }),
    client.saw('abc'),
    origin.ends(),
    client.sawEnd('end'),
    client.another(),
    client.sends(GET10),
    origin.isDialed(),
    ...untilClose,
    client.sawHead({}),
    client.saw('abc'),
    origin.resets(),
    client.sawEnd('reset'),
  ],
});
for (const [title, answer] of [
  ['nothing', ''],
  ['half a status line', 'HTTP/1.1 2'],
  ['a head without its end', 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n'],
] as const) {
  dialogue(`RFC 9112 §8: of an endpoint that ends behind ${title} nothing is passed on`, {
    shows: '9112-8-1 HR-19',
    steps: [
      client.sends('POST / HTTP/1.1\r\nHost: a.test\r\nContent-Length: 0\r\n\r\n'),
      origin.sawHead({ line: 'POST / HTTP/1.1' }),
      origin.sends(answer),
      origin.ends(),
      client.sawHead({ line: 'HTTP/1.1 502 Bad Gateway' }),
    ],
  });
}

// Requests.
for (const [title, framing, body, seen] of [
  ['by length', 'Content-Length: 6', 'abc', 'abc'],
  ['in chunks, without the last', 'Transfer-Encoding: chunked', '3\r\nabc\r\n', '3\r\nabc\r\n'],
  ['in chunks, within one', 'Transfer-Encoding: chunked', '6\r\nabc', '3\r\nabc\r\n'],
] as const) {
  dialogue(`RFC 9112 §6.3: a request ${title}, that ends early is never completed`, {
    shows: '9112-6.3-7',
    location: 'proxy_request_buffering off;',
    steps: [
      client.sends(`POST / HTTP/1.1\r\nHost: a.test\r\n${framing}\r\n\r\n${body}`),
      origin.sawHead({ line: 'POST / HTTP/1.1', has: [framing] }),
      origin.saw(seen),
      client.ends(),
      origin.sawEnd('any'),
      client.sawEnd('any'),
    ],
  });
}
