// Heads of an endpoint that cannot be understood in one way only: 502, and its connection is closed.

import { shown } from '#test/conformance/smuggling/case.ts';
import { OK, ok, POISON, type ResponseCase, refused } from './response-case.ts';

const framings = (
  [
    ['both framings', ['Content-Length: 2', 'Transfer-Encoding: chunked']],
    ['both framings, the coding first', ['Transfer-Encoding: chunked', 'Content-Length: 2']],
    ['both framings, a length of 0', ['Transfer-Encoding: chunked', 'Content-Length: 0']],
    [
      'both, Connection names the length',
      ['Connection: content-length', 'Content-Length: 2', 'Transfer-Encoding: chunked'],
    ],
    ['two lengths', ['Content-Length: 2', 'Content-Length: 2']],
    ['two lengths that differ', ['Content-Length: 2', 'Content-Length: 47']],
    ['a length and an empty one', ['Content-Length: 2', 'Content-Length:']],
    ['two codings', ['Transfer-Encoding: chunked', 'Transfer-Encoding: chunked']],
    ['identity and chunked', ['Transfer-Encoding: identity', 'Transfer-Encoding: chunked']],
  ] as const
).map(([name, fields]) => refused(name, ok(fields, 'ok')));

const lengths = [
  '',
  '+2',
  '-2',
  '0x2',
  '2x',
  '2 2',
  '2,2',
  '2, 2',
  '2;',
  '2.0',
  '"2"',
  '2\xa0',
  '9999999999999999',
  '18446744073709551618',
].map((length) => refused(`length ${shown(length)}`, ok([`Content-Length: ${length}`], 'ok')));

const codings = [
  '',
  'identity',
  'gzip',
  'xchunked',
  'chunked, chunked',
  'chunked, gzip',
  'gzip, chunked',
  'chunked;q=1',
  '"chunked"',
  'chunked\xa0',
  ',chunked',
  'chunked,',
].map((coding) =>
  refused(`coding ${shown(coding)}`, ok([`Transfer-Encoding: ${coding}`], '2\r\nok\r\n0\r\n\r\n')),
);

const versions = [
  refused(
    'a coding in HTTP/1.0',
    `HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n${POISON}`,
  ),
  refused(
    'a coding in a 204',
    `HTTP/1.1 204 No Content\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${POISON}`,
  ),
  refused(
    'a coding in an interim response',
    `HTTP/1.1 103 Early Hints\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${POISON}`,
  ),
  refused(
    'a length in an interim response',
    `HTTP/1.1 100 Continue\r\nContent-Length: 47\r\n\r\n${POISON}`,
  ),
];

const lineEnds = [
  ['bare LF behind the status line', `HTTP/1.1 200 OK\nContent-Length: 2\r\n\r\nok${POISON}`],
  ['bare CR behind the status line', `HTTP/1.1 200 OK\rContent-Length: 2\r\n\r\nok${POISON}`],
  ['bare LF behind a field', `${OK}X: y\nContent-Length: 2\r\n\r\nok${POISON}`],
  ['bare CR behind a field', `${OK}X: y\rContent-Length: 2\r\n\r\nok${POISON}`],
  ['bare LF for the empty line', `${OK}Content-Length: 2\r\n\nok${POISON}`],
  ['bare CR for the empty line', `${OK}Content-Length: 2\r\n\rok${POISON}`],
  ['nothing but LF', `HTTP/1.1 200 OK\nContent-Length: 2\n\nok${POISON}`],
  ['CR CR LF', `${OK}Content-Length: 2\r\r\n\r\nok${POISON}`],
  ['a folded field', ok(['X: y', ' Content-Length: 2', 'Content-Length: 0'], 'ok')],
  ['a field folded by a tab', ok(['X: y', '\tz', 'Content-Length: 2'], 'ok')],
  ['a folded length', ok(['Content-Length:', ' 2'], 'ok')],
  ['a fold behind the status line', ok([' X: y', 'Content-Length: 2'], 'ok')],
  ['a space before the colon', ok(['Content-Length : 2'], 'ok')],
  ['a tab before the colon', ok(['Transfer-Encoding\t: chunked'], '2\r\nok\r\n0\r\n\r\n')],
  ['an empty name', ok([': x', 'Content-Length: 2'], 'ok')],
  ['a line without a colon', ok(['X', 'Content-Length: 2'], 'ok')],
  ['NUL in a value', ok(['X: \0', 'Content-Length: 2'], 'ok')],
  ['NUL in a name', ok(['Content-Length\0: 2'], 'ok')],
  ['NUL behind the length', ok(['Content-Length: 2\0'], 'ok')],
  ['a vertical tab in a value', ok(['X: \x0b', 'Content-Length: 2'], 'ok')],
  ['an escape in a value', ok(['X: \x1b[2J', 'Content-Length: 2'], 'ok')],
  ['a byte over 127 in a name', ok(['Content-Length\xa0: 2'], 'ok')],
  ['CR in front of the status line', `\r${ok(['Content-Length: 2'], 'ok')}`],
  ['an empty line in front of it', `\r\n${ok(['Content-Length: 2'], 'ok')}`],
  ['LF in front of it', `\n${ok(['Content-Length: 2'], 'ok')}`],
  ['a space in front of it', ` ${ok(['Content-Length: 2'], 'ok')}`],
  ['over 100 fields', ok([...Array<string>(100).fill('X: y'), 'Content-Length: 2'], 'ok')],
  ['a head over the limit', ok([`X: ${'y'.repeat(40_000)}`, 'Content-Length: 2'], 'ok')],
].map(([name = '', answer = '']) => refused(name, answer));

const statusLines = [
  'HTTP/1.1 200\0OK',
  'HTTP/1.1  200 OK',
  'HTTP/1.1\t200 OK',
  'HTTP/1.1 200OK',
  'HTTP/1.1 20 OK',
  'HTTP/1.1 2000 OK',
  'HTTP/1.1 +200 OK',
  'HTTP/1.1 099 OK',
  'HTTP/1.1 2x0 OK',
  'HTTP/1.1 OK',
  'HTTP/1.1',
  'HTTP/1.2 200 OK',
  'HTTP/2.0 200 OK',
  'HTTP/0.9 200 OK',
  'HTTP/1.10 200 OK',
  'http/1.1 200 OK',
  'ICY 200 OK',
  'SSH-2.0-x',
  '220 ready',
  'GET /x HTTP/1.1',
  `HTTP/1.1 200 ${'x'.repeat(2000)}`,
  '',
].map((line) =>
  refused(
    `status line ${shown(line.slice(0, 30))}`,
    `${line}\r\nContent-Length: 2\r\n\r\nok${POISON}`,
  ),
);

const none = [
  refused('HTTP/0.9: a body and nothing else', '<html>poison</html>', { then: 'ends' }),
  refused('HTTP/0.9: a body with an empty line in it', '<html>\r\n\r\npoison</html>\r\n', {
    then: 'ends',
  }),
  refused('nothing at all', '', { then: 'ends' }),
  refused('nothing at all, broken off', '', { then: 'breaks' }),
  refused('half a status line', 'HTTP/1.1 20', { then: 'ends' }),
  refused('half a head', `${OK}Content-Length: 2\r\n`, { then: 'ends' }),
  refused('half a head, broken off', `${OK}Content-Length: 2\r\n`, { then: 'breaks' }),
  refused('an interim response and nothing else', 'HTTP/1.1 103 Early Hints\r\n\r\n', {
    then: 'ends',
  }),
];

const interim = [
  refused(
    '101 that nobody asked for',
    `HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n${POISON}`,
  ),
  refused('101 without Upgrade', `HTTP/1.1 101 Switching Protocols\r\n\r\n${POISON}`),
  refused(
    '101 behind a 100',
    `HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 101 X\r\nUpgrade: h2c\r\n\r\n${POISON}`,
  ),
  refused('nine interim responses', `${'HTTP/1.1 103 Early Hints\r\n\r\n'.repeat(9)}${POISON}`),
  refused(
    'a thousand interim responses',
    `${'HTTP/1.1 100 Continue\r\n\r\n'.repeat(1000)}${POISON}`,
  ),
  refused('a bare LF in an interim response', `HTTP/1.1 103 Early Hints\nLink: x\r\n\r\n${POISON}`),
  refused(
    'a folded interim response',
    `HTTP/1.1 103 Early Hints\r\nLink: x\r\n y\r\n\r\n${POISON}`,
  ),
  refused('garbage behind an interim response', `HTTP/1.1 100 Continue\r\n\r\nXX${POISON}`),
];

/** A client that asked for another protocol gets that one, or none. */
const ASKING = { fields: ['Connection: upgrade', 'Upgrade: websocket'] };
const SWITCH = 'HTTP/1.1 101 Switching Protocols\r\n';
const upgrades = [
  refused(
    'asked for websocket, 101 without a name',
    `${SWITCH}Connection: upgrade\r\n\r\n${POISON}`,
    ASKING,
  ),
  refused(
    'asked for websocket, 101 to h2c',
    `${SWITCH}Connection: upgrade\r\nUpgrade: h2c\r\n\r\n${POISON}`,
    ASKING,
  ),
  refused(
    'asked for websocket, 101 to two',
    `${SWITCH}Connection: upgrade\r\nUpgrade: websocket, h2c\r\n\r\n${POISON}`,
    ASKING,
  ),
  refused(
    'asked for websocket, 101 in two fields',
    `${SWITCH}Connection: upgrade\r\nUpgrade: h2c\r\nUpgrade: websocket\r\n\r\n${POISON}`,
    ASKING,
  ),
  refused(
    'asked for websocket, 101 with a length',
    `${SWITCH}Connection: upgrade\r\nUpgrade: websocket\r\nContent-Length: 47\r\n\r\n${POISON}`,
    ASKING,
  ),
  refused(
    'asked for websocket, 101 in chunks',
    `${SWITCH}Connection: upgrade\r\nUpgrade: websocket\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${POISON}`,
    ASKING,
  ),
];

/** Every list of this theme. */
export const HEADS: readonly ResponseCase[] = [
  ...framings,
  ...lengths,
  ...codings,
  ...versions,
  ...lineEnds,
  ...statusLines,
  ...none,
  ...interim,
  ...upgrades,
];
