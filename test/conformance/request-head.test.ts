// RFC 9112 §2 to §5: the head of a request. What is malformed is refused with the connection
// closed; what is pipelined behind it is never looked at.

import { type WireCase, wireTest } from './wire-case.ts';

const SMUGGLED = 'GET /smuggled HTTP/1.1\r\nHost: a.test\r\n\r\n';

const refused = (
  shows: string,
  title: string,
  status: number,
  bytes: string,
  more: Partial<WireCase> = {},
): void =>
  wireTest(title, {
    ...more,
    shows,
    bytes: bytes + SMUGGLED,
    client: { status, connection: 'closed' },
    upstream: { saw: 'nothing' },
  });

const request = (line: string, ...fields: string[]): string =>
  `${[line, 'Host: a.test', ...fields].join('\r\n')}\r\n\r\n`;

// The request line.
refused(
  'H1-07',
  '§2.2: bare LF behind the request line',
  400,
  'GET / HTTP/1.1\nHost: a.test\r\n\r\n',
);
refused(
  '9112-2.2-2 9112-2.2-3 H1-07',
  '§2.2: bare CR in the request line',
  400,
  'GET /\r HTTP/1.1\r\nHost: a.test\r\n\r\n',
);
refused(
  'H1-07',
  '§2.2: a bare LF in front of the request',
  400,
  '\nGET / HTTP/1.1\r\nHost: a.test\r\n\r\n',
);
refused(
  'H1-07',
  '§2.2: many empty lines in front',
  400,
  `${'\r\n'.repeat(3)}${request('GET / HTTP/1.1')}`,
);
refused(
  '9112-2.2-5 9112-2.2-6',
  '§2.2: white space in front of the first field',
  400,
  request('GET / HTTP/1.1\r\n X: y'),
);
refused('9112-3-2', '§3: two spaces', 400, request('GET  / HTTP/1.1'));
refused('9112-3-2', '§3: a space inside the target', 400, request('GET /a b HTTP/1.1'));
refused('9112-3-2', '§3: a tab for a space', 400, request('GET\t/ HTTP/1.1'));
refused('9112-3-2', '§3: a space behind the version', 400, request('GET / HTTP/1.1 '));
refused('9112-3-2', '§3: no version (HTTP/0.9)', 400, 'GET /\r\n\r\n');
refused('9112-3-2', '§3: version in lower case', 400, request('GET / http/1.1'));
refused('9112-3-2', '§3: a version that is none', 400, request('GET / HTTX/1.1'));
refused('9112-3-2', '§3: version 1.10', 400, request('GET / HTTP/1.10'));
refused(
  '9110-2.5-3',
  'RFC 9110 §2.5: a minor version that is not there',
  505,
  request('GET / HTTP/1.2'),
);
refused('9110-2.5-3', 'RFC 9110 §15.6.6: version 2.0', 505, request('GET / HTTP/2.0'));
refused('9112-3-2', '§3.1: a method that is no token', 400, request('GE(T / HTTP/1.1'));
refused('9112-3-2', '§3.1: an empty method', 400, request(' / HTTP/1.1'));
refused('9112-3-2', '§3.1: a method of 40 letters', 400, request(`${'M'.repeat(40)} / HTTP/1.1`));
refused('9112-3-2', 'TLS ClientHello', 400, '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03');

// The target.
for (const target of [
  '/a#b',
  '#',
  '/\0',
  '/\x01',
  '/\x7f',
  '/%',
  '/%2',
  '/%zz',
  '/%00',
  '/../a',
  '/a/../../b',
  '/%2e%2e/a',
  'a',
  '*',
  'http://',
  'http:///a',
  'ftp://a.test/',
  'http://b.test/',
  'http://user@a.test/',
  'http://a.test:99999/',
  'http://a b/',
  '//',
  '/\\',
].filter((target) => target !== '//' && target !== '/\\')) {
  refused(
    '9112-3-2',
    `§3.2: target ${JSON.stringify(target)}`,
    400,
    request(`GET ${target} HTTP/1.1`),
  );
}
refused(
  '9110-9.3.6-1 RT-34',
  'RFC 9110 §9.3.6: CONNECT',
  405,
  request('CONNECT a.test:443 HTTP/1.1'),
);
refused('RT-34', 'RFC 9110 §9.3.8: TRACE', 405, request('TRACE / HTTP/1.1'));

// Host.
refused('9112-3.2-4 H1-06', '§3.2: no Host', 400, 'GET / HTTP/1.1\r\nX: y\r\n\r\n');
refused('9112-3.2-5 H1-06', '§3.2: two Hosts', 400, request('GET / HTTP/1.1', 'Host: b.test'));
refused(
  '9112-3.2-5 H1-06',
  '§3.2: the same Host twice',
  400,
  request('GET / HTTP/1.1', 'Host: a.test'),
);
for (const host of [
  'a test',
  'a.test/x',
  'a.test\\x',
  'user@a.test',
  'a.test:',
  'a.test:x',
  'a.test:-1',
  'a.test:99999',
  'a.test:80:80',
  '[::1',
  '::1',
  '[zz]',
  'a.test?x',
  'a.test#x',
  'a"b',
  'a\xe9.test',
  'a'.repeat(300),
].filter((host) => host !== 'a.test:')) {
  refused(
    '9112-3.2-6 H1-06',
    `§3.2: Host ${JSON.stringify(host.slice(0, 20))}`,
    400,
    `GET / HTTP/1.1\r\nHost: ${host}\r\n\r\n`,
  );
}

// Fields.
const field = (line: string): string => request('GET / HTTP/1.1', line);
refused('9112-5.1-1 H1-05', '§5.1: space before the colon', 400, field('X : y'));
refused('9112-5.1-1 H1-05', '§5.1: tab before the colon', 400, field('X\t: y'));
refused('9112-5.1-3 H1-05', '§5.1: an empty name (CVE-2023-25725)', 400, field(': y'));
refused('9112-5.1-3 H1-05', '§5.1: no colon', 400, field('X'));
refused('9112-5.1-3 H1-05', '§5.1: a name that is no token', 400, field('X(Y): y'));
refused('9112-5.1-3 H1-05', '§5.1: a name with a byte over 127', 400, field('X\xe9: y'));
refused('9112-5.2-1 9112-5.2-2 H1-05', '§5.2: a folded line', 400, field('X: y\r\n z'));
refused('9112-5.2-1 9112-5.2-2 H1-05', '§5.2: a line folded with a tab', 400, field('X: y\r\n\tz'));
refused('H1-07', '§2.2: bare LF behind a field', 400, field('X: y\nY: z'));
refused('9112-2.2-2 9112-2.2-3 H1-07', '§2.2: bare CR in a value', 400, field('X: y\rY: z'));
refused('9112-2.2-2 9112-2.2-3 H1-07', '§2.2: bare CR in front of CRLF', 400, field('X: y\r'));
refused('H1-07', '§2.2: bare LF for the empty line', 400, 'GET / HTTP/1.1\r\nHost: a.test\r\n\n');
for (const byte of ['\0', '\x01', '\x08', '\x0b', '\x0c', '\x1b', '\x7f']) {
  refused(
    '9110-5.5-2 H1-05',
    `RFC 9110 §5.5: ${JSON.stringify(byte)} in a value`,
    400,
    field(`X: a${byte}b`),
  );
}
refused(
  'H1-11',
  'RFC 9110 §10.1.1: an expectation that is not known',
  417,
  field('Expect: 200-maybe'),
);
refused(
  'H1-11',
  'RFC 9110 §10.1.1: two expectations',
  417,
  field('Expect: 100-continue\r\nExpect: x'),
);

// Sizes.
const many = (count: number): string[] => Array.from({ length: count }, (_, at) => `X-${at}: y`);
refused('9110-5.4-1 H1-08', '101 fields', 431, request('GET / HTTP/1.1', ...many(100)));
refused(
  '9112-3-1 H1-08',
  'a request line over 8 KB',
  414,
  request(`GET /${'a'.repeat(9000)} HTTP/1.1`),
);
refused(
  '9112-3-1 H1-08',
  'a request line over large_client_header_buffers',
  414,
  request(`GET /${'a'.repeat(130)} HTTP/1.1`),
  {
    server: 'large_client_header_buffers 4 128;',
  },
);
refused('9110-5.4-1 H1-08', 'a field line over 8 KB', 431, field(`X: ${'y'.repeat(9000)}`));
refused('9110-5.4-1 H1-08', 'a field name over 8 KB', 431, field(`${'X'.repeat(9000)}: y`));
refused(
  '9110-5.4-1 H1-08',
  'a head over 32 KB',
  431,
  request('GET / HTTP/1.1', ...many(9).map((line) => line + 'z'.repeat(4000))),
);
refused('9112-3-1 H1-08', 'a request line that never ends', 414, `GET /${'a'.repeat(100_000)}`);
refused(
  '9110-5.4-1 H1-08',
  'a head that never ends',
  431,
  `GET / HTTP/1.1\r\n${'X: yyyyyyyyyy\r\n'.repeat(90)}`.padEnd(70_000, 'z'),
);

wireTest('100 fields are taken, in their order', {
  shows: 'H1-08',
  bytes: request('GET / HTTP/1.1', ...many(99)),
  client: { status: 200, connection: 'open' },
  upstream: { saw: [{ has: many(99) }] },
});
wireTest('§2.2: an empty line in front of a request is skipped', {
  shows: '9112-2.2-4',
  bytes: `\r\n${request('GET /a HTTP/1.1')}\r\n${request('GET /b HTTP/1.1')}`,
  client: { status: [200, 200], connection: 'open' },
  upstream: { saw: [{ line: 'GET /a HTTP/1.1' }, { line: 'GET /b HTTP/1.1' }] },
});
