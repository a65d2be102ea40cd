// Line ends that only some readers take for one, and empty lines.

import {
  forwarded,
  get,
  head,
  PIPELINED,
  post,
  refused,
  SMUGGLED,
  type SmugglingCase,
  seen,
  shown,
  ZERO_CHUNK,
} from '#test/conformance/smuggling/case.ts';

/** What may be taken for a line end, beside CRLF. */
const ENDS = [
  '\n',
  '\r',
  '\r\r\n',
  '\n\r',
  '\n\n',
  '\r\r',
  '\x0b',
  '\x0c',
  '\x1c',
  '\x1e',
  '\x85',
  '\xe2\x80\xa8',
  '\0',
];

const LENGTH = `Content-Length: ${(ZERO_CHUNK + SMUGGLED).length}`;
const CODING = 'Transfer-Encoding: chunked';
const HIDDEN = `Content-Length: ${SMUGGLED.length}`;
const HIGH = ['\x85', '\xe2\x80\xa8'];

const behindRequestLine = ENDS.map((end) =>
  refused(
    `${shown(end)} behind the request line`,
    'the first field is part of the line',
    `POST /x HTTP/1.1${end}Host: a.test\r\n${HIDDEN}\r\n\r\n${SMUGGLED}`,
  ),
);

const behindField = ENDS.flatMap((end) => [
  ...(HIGH.includes(end)
    ? [
        forwarded(
          `${shown(end)} within a value is a part of it`,
          'the coding stands on a line of its own',
          `${post(LENGTH, `X: y${end}${CODING}`)}${ZERO_CHUNK}${SMUGGLED}`,
          seen('POST /x', [`X: y${end}${CODING}`], ZERO_CHUNK + SMUGGLED),
        ),
      ]
    : [
        refused(
          `${shown(end)} between two fields`,
          'the coding stands on a line of its own',
          `${post(LENGTH, `X: y${end}${CODING}`)}${ZERO_CHUNK}${SMUGGLED}`,
        ),
      ]),
  refused(
    `${shown(end)} behind the last field`,
    'the head ends earlier, or later',
    `POST /x HTTP/1.1\r\nHost: a.test\r\n${HIDDEN}${end}\r\n${SMUGGLED}`,
  ),
  refused(
    `${shown(end)} for the empty line`,
    'the head ends earlier, or later',
    `POST /x HTTP/1.1\r\nHost: a.test\r\n${HIDDEN}\r\n${end}${SMUGGLED}`,
  ),
]);

const wholeHeads = ['\n', '\r', '\n\r', '\r\r\n'].map((end) =>
  refused(
    `a head with nothing but ${shown(end)}`,
    'a reader that takes it whole',
    ['POST /x HTTP/1.1', 'Host: a.test', HIDDEN, '', ''].join(end) + SMUGGLED,
  ),
);

const inFront = [
  '\n',
  '\r',
  '\0',
  ' ',
  '\t',
  '\r\r\n',
  ' \r\n',
  '\n\n',
  '\x0b',
  '\xef\xbb\xbf',
  '\r\n\n',
  '\r\n ',
].map((bytes) =>
  refused(
    `${shown(bytes)} in front of the request line`,
    'skipped by one reader',
    bytes + get() + SMUGGLED,
  ),
);

const emptyLines = [
  forwarded(
    'one empty line in front',
    'part of the request to some',
    `\r\n${get()}${SMUGGLED}`,
    seen('GET /x'),
    PIPELINED,
  ),
  forwarded(
    'two empty lines in front',
    'part of the request to some',
    `\r\n\r\n${get()}${SMUGGLED}`,
    seen('GET /x'),
    PIPELINED,
  ),
  forwarded(
    'an empty line between two requests',
    'left by old browsers behind a POST',
    `${post('Content-Length: 5')}hello\r\n${SMUGGLED}`,
    seen('POST /x', [], 'hello'),
    PIPELINED,
  ),
  refused(
    'three empty lines in front',
    'a reader that gives up on them',
    `\r\n\r\n\r\n${get()}${SMUGGLED}`,
  ),
  forwarded(
    'a value of nothing but white space',
    'a fold to some',
    `${get('X: \t ', 'Y:')}${SMUGGLED}`,
    seen('GET /x', ['X: ', 'Y: ']),
    PIPELINED,
  ),
  forwarded(
    'a colon in a value',
    'a second field to some',
    `${get('X: Content-Length: 5')}${SMUGGLED}`,
    seen('GET /x', ['X: Content-Length: 5']),
    PIPELINED,
  ),
  forwarded(
    'escapes in a value',
    'decoded, it is two lines',
    `${get('X: y%0d%0aContent-Length:%205')}${SMUGGLED}`,
    seen('GET /x', ['X: y%0d%0aContent-Length:%205']),
    PIPELINED,
  ),
  forwarded(
    'CR and LF written out',
    'decoded, it is two lines',
    `${get('X: y\\r\\nContent-Length: 5')}${SMUGGLED}`,
    seen('GET /x', ['X: y\\r\\nContent-Length: 5']),
    PIPELINED,
  ),
  forwarded(
    'letters that are CR and LF in 16 bits',
    'cut to 8 bits, it is two lines',
    `${get('X: y\xc4\x8d\xc4\x8aContent-Length: 5')}${SMUGGLED}`,
    seen('GET /x', ['X: y\xc4\x8d\xc4\x8aContent-Length: 5']),
    PIPELINED,
  ),
  refused(
    'a head with a bare LF behind another request',
    'only the first one is checked',
    head('GET /x HTTP/1.1', 'Host: a.test', 'X: y\n') + SMUGGLED,
  ),
];

/** Every list of this theme. */
export const LINE_ENDS: readonly SmugglingCase[] = [
  ...behindRequestLine,
  ...behindField,
  ...wholeHeads,
  ...inFront,
  ...emptyLines,
];
