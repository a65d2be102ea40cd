// Chunked bodies that end at different places for different readers: sizes, extensions, line ends
// behind them, trailers.

import {
  forwarded,
  PIPELINED,
  post,
  refusedInBody,
  SMUGGLED,
  type SmugglingCase,
  seen,
  shown,
} from '#test/conformance/smuggling/case.ts';

const HEAD = post('Transfer-Encoding: chunked');
const END = '0\r\n\r\n';

const bad = (name: string, tries: string, body: string, status = 400): SmugglingCase =>
  refusedInBody(name, tries, `${HEAD}${body}${SMUGGLED}`, status);

const good = (name: string, tries: string, body: string, content: string): SmugglingCase =>
  forwarded(name, tries, `${HEAD}${body}${SMUGGLED}`, seen('POST /x', [], content), PIPELINED);

const sizes = [
  '',
  ' ',
  'g',
  'x',
  '-1',
  '-5',
  '+5',
  '0x5',
  '0X5',
  'x5',
  '$5',
  '5h',
  ' 5',
  '\t5',
  '5 ',
  '5\t',
  '5  ',
  '5\0',
  '\x005',
  '5\x0b',
  '5\x0c',
  '5\xa0',
  '5.0',
  '5,',
  '5_0',
  '5,5',
  '5 5',
  '5 ;a',
  '"5"',
  '5=a',
  '5:a',
  '5/',
  '\xb5',
  '00000000000005',
  '10000000000000005',
  '100000000000000005',
  'ffffffffffffffff',
  'fffffffffffffffb',
  'ffffffff00000005',
  '8000000000000005',
].map((size) =>
  bad(
    `chunk size ${shown(size)}`,
    'another size, or none, to another reader',
    `${size}\r\nhello\r\n${END}`,
  ),
);

const sizeEnds = ['\n', '\r', '\r\r\n', '\n\r', '\r\n\n', '\r \n', '\rX'].map((end) =>
  bad(`${shown(end)} behind a chunk size`, 'the data begins elsewhere', `5${end}hello\r\n${END}`),
);

const dataEnds = [
  '',
  '\n',
  '\r',
  'XX',
  '\n\r',
  '\r\r\n',
  '  ',
  '\0\0',
  ' \r\n',
  '\rX',
  '\r\n\r\n',
  'X\r\n',
].map((end) =>
  bad(
    `${shown(end)} behind chunk data`,
    'the next size begins elsewhere (EXT.TERM)',
    `5\r\nhello${end}${END}`,
  ),
);

const lastEnds = [
  '0\n\r\n',
  '0\r\n\n',
  '0\r\r\n',
  '0\n\n',
  '0\r\n\rX',
  '0\r\n \r\n',
  '0\r\n\0\r\n',
  '0\r\nX',
  '0 \r\n\r\n',
  '0\r\n\r\r\n',
].map((end) => bad(`last chunk ${shown(end)}`, 'the body ends elsewhere', `5\r\nhello\r\n${end}`));

const lengths = [
  bad('a chunk longer than its size', 'what is too much is the next size', `4\r\nhello\r\n${END}`),
  bad('a chunk shorter than its size', 'it eats its own end', `6\r\nhello\r\n${END}`),
  bad(
    'a chunk longer by two, spelled like a chunk',
    'what is too much is a chunk',
    `3\r\nabc0\r\n\r\n${END}`,
  ),
  bad(
    'no size line behind the first chunk',
    'the empty line is the last chunk',
    `5\r\nhello\r\n\r\n`,
  ),
  bad('no chunk at all', 'an empty line is the last chunk', '\r\n'),
  bad('a request where a chunk should be', 'a body that is not chunked', ''),
];

const extensions = [
  ['5;\n', 'a bare LF (TERM.EXT, CVE-2025-55315)'],
  ['5;a\n', 'a bare LF behind a name'],
  ['5;a=b\n', 'a bare LF behind a value'],
  ['5;a="\n', 'a bare LF in quotes'],
  ['5;\r', 'a bare CR'],
  ['5;a\rb\r\n', 'a bare CR within'],
  ['5;\r\r\n', 'two CRs'],
  ['5;\n\r\n', 'LF, then CRLF'],
  ['5;a\0\r\n', 'a NUL'],
  ['5;a\x0b\r\n', 'a vertical tab'],
  ['5;a\x7f\r\n', 'a DEL'],
  ['5;a\n\nGET /smuggled HTTP/1.1\r\n', 'a request behind a bare LF'],
  ['0;\n', 'a bare LF behind the last size'],
  ['0;a\r', 'a bare CR behind the last size'],
  ['5\n;a\r\n', 'a bare LF in front of it'],
  ['5\r;a\r\n', 'a bare CR in front of it'],
].map(([line = '', what = '']) =>
  bad(`chunk extension: ${what}`, 'the size line ends elsewhere', `${line}hello\r\n${END}`),
);

const extensionSizes = [
  bad(
    'a chunk extension over 4 KB',
    'a reader that cuts it',
    `5;${'x'.repeat(4100)}\r\nhello\r\n${END}`,
  ),
  bad(
    'chunk extensions over 16 KB',
    'a reader that gives up',
    `${`1;${'x'.repeat(4000)}\r\na\r\n`.repeat(5)}${END}`,
  ),
  bad(
    'a size line of digits without end',
    'a reader that cuts it',
    `${'0'.repeat(3000)}5\r\nhello\r\n${END}`,
  ),
];

const plain = [
  good('an upper-case size', 'a reader of lower case', `A\r\nhelloworld\r\n${END}`, 'helloworld'),
  good(
    'zeros in front of a size',
    'octal to some',
    `0010\r\nhelloworldhellow\r\n${END}`,
    'helloworldhellow',
  ),
  good('a last chunk of many zeros', 'not the last to some', `5\r\nhello\r\n0000\r\n\r\n`, 'hello'),
  good('an extension', 'part of the size to some', `5;a=b\r\nhello\r\n${END}`, 'hello'),
  good('an extension that looks like a size', 'as above', `5;6\r\nhello\r\n0;5\r\n\r\n`, 'hello'),
  good('an extension with white space', 'as above', `5;a = b ; c\r\nhello\r\n${END}`, 'hello'),
  good('an extension without a name', 'as above', `5;\r\nhello\r\n0;;\r\n\r\n`, 'hello'),
  good(
    'an extension in quotes with a request in it',
    'read as lines',
    `5;a="GET /smuggled HTTP/1.1"\r\nhello\r\n${END}`,
    'hello',
  ),
  good(
    'an extension in quotes that do not end',
    'the text goes on over the line',
    `5;a="\r\nhello\r\n${END}`,
    'hello',
  ),
  good(
    'data that looks like the last chunk',
    'a reader that searches for the end',
    `7\r\n0\r\n\r\nGE\r\n${END}`,
    '0\r\n\r\nGE',
  ),
  good(
    'data that is a request',
    'a reader that ignores chunks',
    `${SMUGGLED.length.toString(16)}\r\n${SMUGGLED}\r\n${END}`,
    SMUGGLED,
  ),
  good(
    'data with bare CR and LF',
    'a reader by lines',
    `6\r\n\n0\n\n\r\n\r\n${END}`,
    '\n0\n\n\r\n',
  ),
  good('an empty body', 'the body is the next request', END, ''),
  good('chunks of one byte', 'a reader that waits for more', `1\r\na\r\n1\r\nb\r\n${END}`, 'ab'),
];

const trailers = [
  ['x\r\n', 'no colon'],
  ['x : y\r\n', 'a space before the colon'],
  [': y\r\n', 'no name'],
  [' x: y\r\n', 'a fold'],
  ['x: y\r\n z\r\n', 'a folded one'],
  ['x: y\n', 'a bare LF'],
  ['x: y\r', 'a bare CR'],
  ['x: \0\r\n', 'a NUL'],
  ['x\xa0: y\r\n', 'a byte that is no token'],
  ['x: y\n\nGET /smuggled HTTP/1.1\r\n', 'an empty line of LF'],
  ['GET /smuggled HTTP/1.1\r\n', 'a request line'],
].map(([line = '', what = '']) =>
  bad(`trailer: ${what}`, 'the trailers end elsewhere', `5\r\nhello\r\n0\r\n${line}\r\n`),
);

/** Trailers that go no further even where trailers do: they frame, route, authorise, or say who asks. */
const FORBIDDEN_TRAILERS = [
  'Content-Length: 99',
  'Transfer-Encoding: chunked',
  'Host: evil.test',
  'Authorization: Basic x',
  'Cookie: a=1',
  'X-Forwarded-For: 6.6.6.6',
  'Connection: close',
  'Trailer: x',
  'Expect: 100-continue',
  'Upgrade: h2c',
  'Content_Length: 99',
  'Transfer_Encoding: chunked',
];

/** Cases for `proxy_pass_trailers on` too. */
export const DROPPED_TRAILERS: readonly SmugglingCase[] = FORBIDDEN_TRAILERS.map((line) =>
  good(
    `trailer dropped: ${line}`,
    'what may not be said behind a body',
    `5\r\nhello\r\n0\r\n${line}\r\n\r\n`,
    'hello',
  ),
);

const droppedTrailer = good(
  'a trailer',
  'a reader without trailers sees a request',
  '5\r\nhello\r\n0\r\nX-Sum: 1\r\n\r\n',
  'hello',
);

const largeTrailer = bad(
  'trailers over 16 KB',
  'a reader that cuts them',
  `0\r\nx: ${'y'.repeat(17_000)}\r\n\r\n`,
  431,
);

/** Every list of this theme. */
export const CHUNK_CASES: readonly SmugglingCase[] = [
  ...sizes,
  ...sizeEnds,
  ...dataEnds,
  ...lastEnds,
  ...lengths,
  ...extensions,
  ...extensionSizes,
  ...plain,
  ...trailers,
  ...DROPPED_TRAILERS,
  droppedTrailer,
  largeTrailer,
];
