// Transfer-Encoding: in which spelling some reader takes it for chunked while another does not.

import {
  CHUNKS,
  forwarded,
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

const HOPE = 'one reader reads chunks, another does not';

/** Values that are not `chunked` alone: 400 when a reader may see a "chunked" in it, else 501. */
const VALUES: readonly (readonly [value: string, status: number])[] = [
  ...[
    '',
    'xchunked',
    'chunkedx',
    'chunkedchunked',
    'chunked,',
    ',chunked',
    ', chunked',
    'chunked,,',
    'chunked;',
    'chunked;q=1',
    'chunked ; q=0',
    'q=1;chunked',
    '"chunked"',
    "'chunked'",
    '<chunked>',
    '[chunked]',
    '(chunked)',
    'chunked()',
    'chunked=1',
    'chunked:',
    'chunked/1',
    'chunked\\',
    'chunked.',
    'chunked-',
    'chunked_',
    'chunked chunked',
    'chunked, chunked',
    'chunked,chunked',
    'chunked, identity',
    'identity, chunked',
    'identity chunked',
    'gzip, chunked',
    'chunked, gzip',
    'gzip,chunked,gzip',
    'trailers, chunked',
    'chunked, cow',
    'cow chunked bar',
    'x: chunked',
    'Transfer-Encoding: chunked',
    '%63hunked',
    'chunked%20',
    'chunked%0d%0a',
    '=?utf-8?Q?chunked?=',
    'chu\tnked?',
    'chunked\t,\tx',
    '\xef\xbb\xbfchunked',
    'chunked\x80',
    '\xe3\x80\x80chunked',
    'chun\xadked',
    '*',
    '{}',
    '$TE',
  ].map((value) => [value, 400] as const),
  ...[
    'identity',
    'gzip',
    'x-gzip',
    'deflate',
    'compress',
    'br',
    'cow',
    'none',
    'null',
    '0',
    'trailers',
    'chunk',
    'chunke',
    'hunked',
    'chun ked',
    'c hunked',
    'gzip, deflate',
    'identity, identity',
  ].map((value) => [value, 501] as const),
];

const valueCases = VALUES.flatMap(([value, status]) => [
  refused(
    `TE alone: ${shown(value)}`,
    HOPE,
    post(`Transfer-Encoding: ${value}`) + CHUNKS + SMUGGLED,
    status,
  ),
]);

/** With a length beside it any value at all is refused. */
const bothCases = ['chunked', 'identity', 'xchunked', 'gzip', '', 'chunked, identity'].flatMap(
  (value) => {
    const body = ZERO_CHUNK + SMUGGLED;
    const coding = `Transfer-Encoding: ${value}`;
    return [
      refused(
        `CL.TE: length, then ${shown(value)}`,
        'the length hides a second request',
        post(`Content-Length: ${body.length}`, coding) + body,
      ),
      refused(
        `TE.CL: ${shown(value)}, then a short length`,
        'the chunks hide a second request',
        post(coding, 'Content-Length: 4') + `5c\r\n${'x'.repeat(0x5c)}\r\n${ZERO_CHUNK}${SMUGGLED}`,
      ),
      refused(
        `0.CL: ${shown(value)}, then a length of 0`,
        'the body is the next request',
        post(coding, 'Content-Length: 0') + CHUNKS + SMUGGLED,
      ),
    ];
  },
);

const sameLengthCases = [
  refused(
    'both framings that agree',
    'a proxy that lets both through',
    post('Content-Length: 15', 'Transfer-Encoding: chunked') + CHUNKS + SMUGGLED,
  ),
  refused(
    'both, the length malformed',
    'the malformed one is dropped',
    post('Content-Length: x', 'Transfer-Encoding: chunked') + CHUNKS + SMUGGLED,
  ),
  refused(
    'both, the length empty',
    'the empty one is dropped (CVE-2023-40225)',
    post('Content-Length:', 'Transfer-Encoding: chunked') + CHUNKS + SMUGGLED,
  ),
  refused(
    'both, the length negative',
    'the negative one is dropped',
    post('Content-Length: -1', 'Transfer-Encoding: chunked') + CHUNKS + SMUGGLED,
  ),
  refused(
    'two lengths and a coding',
    'each reader has its own',
    post('Content-Length: 5', 'Transfer-Encoding: chunked', 'Content-Length: 5') +
      CHUNKS +
      SMUGGLED,
  ),
  refused(
    'both on a GET',
    'the body of a GET is not looked at',
    head('GET /x HTTP/1.1', 'Host: a.test', 'Content-Length: 5', 'Transfer-Encoding: chunked') +
      ZERO_CHUNK +
      SMUGGLED,
  ),
  refused(
    'both, and Connection names the length',
    'the proxy removes one of the two',
    post('Connection: content-length', 'Content-Length: 5', 'Transfer-Encoding: chunked') +
      ZERO_CHUNK +
      SMUGGLED,
  ),
  refused(
    'both, and Connection names the coding',
    'the proxy removes one of the two',
    post('Connection: transfer-encoding', 'Transfer-Encoding: chunked', 'Content-Length: 5') +
      ZERO_CHUNK +
      SMUGGLED,
  ),
];

const twoFieldCases = (
  [
    ['chunked', 'chunked'],
    ['chunked', 'Chunked'],
    ['chunked', 'identity'],
    ['identity', 'chunked'],
    ['chunked', ''],
    ['', 'chunked'],
    ['chunked', 'x'],
    ['x', 'chunked'],
    ['gzip', 'chunked'],
    ['chunked', 'gzip'],
    ['identity', 'identity'],
    ['chunked,', 'gzip'],
  ] as const
).map(([first, second]) =>
  refused(
    `two TE fields: ${shown(first)} and ${shown(second)}`,
    'first or last field counts',
    post(`Transfer-Encoding: ${first}`, 'X: y', `transfer-encoding: ${second}`) + CHUNKS + SMUGGLED,
  ),
);

const oldCases = [
  refused(
    'TE in HTTP/1.0',
    'a 1.0 reader knows no chunks (CVE-2026-2835)',
    head('POST /x HTTP/1.0', 'Host: a.test', 'Transfer-Encoding: chunked') + CHUNKS + SMUGGLED,
  ),
  refused(
    'TE in HTTP/1.0 that keeps alive',
    'as above, and the connection goes on',
    head(
      'POST /x HTTP/1.0',
      'Host: a.test',
      'Connection: keep-alive',
      'Transfer-Encoding: chunked',
    ) +
      CHUNKS +
      SMUGGLED,
  ),
  refused(
    'TE and CL in HTTP/1.0',
    'one reads the length, one the chunks',
    head(
      'POST /x HTTP/1.0',
      'Connection: keep-alive',
      'Content-Length: 15',
      'Transfer-Encoding: chunked',
    ) +
      CHUNKS +
      SMUGGLED,
  ),
  refused(
    'TE in HTTP/1.0 without Host',
    'the same without a Host',
    head('POST /x HTTP/1.0', 'Transfer-Encoding: chunked') + CHUNKS + SMUGGLED,
  ),
  refused(
    'TE: identity in HTTP/1.0',
    'the coding of long ago',
    head('POST /x HTTP/1.0', 'Transfer-Encoding: identity', 'Content-Length: 5') +
      `hello${SMUGGLED}`,
  ),
];

/** What is chunked beyond doubt: the body ends, and what follows was pipelined. */
const plainCases = [
  'Transfer-Encoding: chunked',
  'Transfer-Encoding: Chunked',
  'TRANSFER-ENCODING: CHUNKED',
  'tRaNsFeR-eNcOdInG: cHuNkEd',
  'Transfer-Encoding:chunked',
  'Transfer-Encoding:  chunked',
  'Transfer-Encoding:\tchunked',
  'Transfer-Encoding: chunked ',
  'Transfer-Encoding: chunked\t',
  'Transfer-Encoding: \t chunked \t ',
].map((line) =>
  forwarded(
    `chunked: ${shown(line)}`,
    'a spelling that only some readers know',
    post(line) + CHUNKS + SMUGGLED,
    seen('POST /x', [], 'hello'),
    PIPELINED,
  ),
);

/** Every list of this theme. */
export const CODINGS: readonly SmugglingCase[] = [
  ...valueCases,
  ...bothCases,
  ...sameLengthCases,
  ...twoFieldCases,
  ...oldCases,
  ...plainCases,
];
