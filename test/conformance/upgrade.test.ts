// RFC 9110 §7.8: Upgrade. When it goes on, when the connection becomes a tunnel, and what belongs
// to the tunnel.

import { client, dialogue, origin, type Step } from './dialogue.ts';
import { wireTest } from './wire-case.ts';

const ASK = [
  'GET /chat HTTP/1.1',
  'Host: a.test',
  'Connection: keep-alive, Upgrade',
  'Upgrade: websocket',
  'Sec-WebSocket-Key: x',
];
const text = (lines: readonly string[]): string => `${lines.join('\r\n')}\r\n\r\n`;
const SWITCH =
  'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n' +
  'Sec-WebSocket-Accept: y\r\n\r\n';
const isAsked = origin.sawHead({
  line: 'GET /chat HTTP/1.1',
  has: [/^Connection: upgrade$/i, 'Upgrade: websocket', 'Sec-WebSocket-Key: x'],
});
const isSwitched = client.sawHead({
  line: 'HTTP/1.1 101 Switching Protocols',
  has: [/^Connection: upgrade$/i, 'Upgrade: websocket', 'Sec-WebSocket-Accept: y'],
  lacks: [/^Content-Length/, /^Transfer-Encoding/, /^Keep-Alive/],
});
const switched: readonly Step[] = [
  client.sends(text(ASK)),
  isAsked,
  client.sawNothingYet(),
  origin.sends(SWITCH),
  isSwitched,
];

dialogue('RFC 9110 §7.8: behind 101 both sides send what they like', {
  shows: '9110-7.8-1 9110-7.8-2 9110-7.6.1-1 9110-15.2.2-1 WS-01',
  steps: [
    ...switched,
    client.sends('\x81\x00\r\n\xff'),
    origin.saw('\x81\x00\r\n\xff'),
    origin.sends('HTTP/1.1 500 not http\r\n'),
    client.saw('HTTP/1.1 500 not http\r\n'),
    origin.ends(),
    client.sawEnd(),
    client.sends('more'),
    origin.saw('more'),
    client.ends(),
    origin.sawEnd(),
  ],
});
dialogue('RFC 9110 §7.8: the client may end its side first', {
  shows: '9110-7.8-2 9110-9.3.6-4 WS-01',
  steps: [
    ...switched,
    client.sends('last'),
    client.ends(),
    origin.saw('last'),
    origin.sawEnd(),
    origin.sends('answer'),
    client.saw('answer'),
    origin.ends(),
    client.sawEnd(),
  ],
});
dialogue('RFC 9110 §7.8: what comes with the 101, and with the request, belongs to the tunnel', {
  shows: '9110-7.8-2 WS-03',
  steps: [
    client.sends(`${text(ASK)}first`),
    isAsked,
    origin.sends(`${SWITCH}hello`),
    isSwitched,
    client.saw('hello'),
    origin.saw('first'),
  ],
});
for (const [who, breaks, other] of [
  ['client', client.resets(), origin.sawEnd('any')],
  ['endpoint', origin.resets(), client.sawEnd('any')],
] as const) {
  dialogue(`RFC 9110 §7.8: a tunnel that the ${who} breaks ends on the other side`, {
    shows: '9110-9.3.6-4 WS-01',
    steps: [...switched, breaks, other],
  });
}
for (const [title, answer, status] of [
  ['that names another protocol', SWITCH.replace('websocket', 'chat'), 502],
  ['that names none', SWITCH.replace('Upgrade: websocket\r\n', ''), 502],
  ['with a protocol more', SWITCH.replace('websocket', 'tls/1.0, websocket'), 502],
] as const) {
  wireTest(`RFC 9110 §7.8: a 101 ${title} is ${status}`, {
    shows: '9110-7.8-4 WS-03',
    head: ASK,
    answer,
    client: { status, connection: 'closed', lacks: [/^Upgrade/] },
    upstream: { saw: [{ has: ['Upgrade: websocket'] }] },
  });
}
for (const status of ['200 OK', '403 Forbidden', '404 Not Found']) {
  wireTest(`RFC 9110 §7.8: who is not switched gets an ordinary answer: ${status}`, {
    shows: '9110-7.8-4 WS-03',
    head: ASK,
    answer: `HTTP/1.1 ${status}\r\nContent-Length: 2\r\n\r\nno`,
    client: { status: Number(status.slice(0, 3)), connection: 'closed', body: 'no' },
    upstream: { saw: [{ has: ['Upgrade: websocket'] }] },
  });
}
wireTest('RFC 9110 §7.8 and §15.5.22: 426 names the protocol that is asked for', {
  shows: '9110-7.8-5 9110-7.8-1 9110-7.6.1-1 WS-03',
  head: ['GET / HTTP/1.1', 'Host: a.test'],
  answer:
    'HTTP/1.1 426 Upgrade Required\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n' +
    'Content-Length: 2\r\n\r\nno',
  client: {
    status: 426,
    connection: 'open',
    has: ['Upgrade: websocket', /^Connection: .*upgrade/i],
    body: 'no',
  },
  upstream: { saw: [{ lacks: [/^Upgrade/] }] },
});

/** The request goes on without Upgrade, and its connection stays HTTP. */
const ordinary = (
  shows: string,
  title: string,
  head: readonly string[],
  more: { location?: string; bytes?: string } = {},
): void =>
  wireTest(`RFC 9110 §7.8: ${title}: an ordinary request`, {
    ...more,
    shows: `${shows} WS-01`,
    head,
    client: { status: 200, connection: head[0]?.endsWith('1.0') ? 'closed' : 'open' },
    upstream: { saw: [{ lacks: [/^Upgrade/, /^Connection/, /^HTTP2-Settings/] }] },
  });
const asked = (upgrade: string, ...more: string[]): string[] => [
  'GET / HTTP/1.1',
  'Host: a.test',
  'Connection: upgrade',
  `Upgrade: ${upgrade}`,
  ...more,
];
ordinary('9110-7.8-6', 'in HTTP/1.0 it means nothing', [
  'GET / HTTP/1.0',
  'Host: a.test',
  'Connection: upgrade',
  'Upgrade: websocket',
]);
ordinary('9110-7.8-4', 'a protocol that is not listed', asked('tls/1.0'));
ordinary('9110-7.8-4', 'h2c never goes through', [
  'GET / HTTP/1.1',
  'Host: a.test',
  'Connection: Upgrade, HTTP2-Settings',
  'Upgrade: h2c',
  'HTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA',
]);
ordinary('9110-7.8-4', 'proxy_upgrade off', asked('websocket'), { location: 'proxy_upgrade off;' });
ordinary('9110-7.6.1-2', 'Upgrade that Connection does not name', [
  'GET / HTTP/1.1',
  'Host: a.test',
  'Upgrade: websocket',
]);
ordinary('9110-7.8-4', 'two Upgrade fields', asked('websocket', 'Upgrade: websocket'));
ordinary('9110-7.8-8', 'with a body', asked('websocket', 'Content-Length: 2'), { bytes: 'hi' });
