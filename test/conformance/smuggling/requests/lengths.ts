// Content-Length: numbers that two readers read differently, and more than one of them.

import {
  forwarded,
  head,
  PIPELINED,
  post,
  refused,
  SMUGGLED,
  type SmugglingCase,
  seen,
  shown,
} from '#test/conformance/smuggling/case.ts';

const BODY = `hello${SMUGGLED}`;
const HOPE = 'one reader sees another number, or none';

const valueCases = [
  '',
  '+5',
  '-5',
  '-0',
  '+0',
  '--5',
  '5-',
  '5+',
  '0x5',
  '0X5',
  '5h',
  '0b101',
  '0o5',
  '5_0',
  '5.0',
  '5.',
  '.5',
  '5e0',
  '1e1',
  '5 5',
  '5 0',
  '5\t5',
  '5,',
  ',5',
  '5,5',
  '5, 5',
  '5, 6',
  '5;5',
  '5; a=b',
  '5:5',
  '5/5',
  '5%',
  '%35',
  '"5"',
  "'5'",
  '(5)',
  '[5]',
  'five',
  'NaN',
  'Infinity',
  'null',
  'true',
  '*',
  '5 bytes',
  'bytes=5',
  '\xb2',
  '\xef\xbc\x95',
  '5\xa0',
  '\xa05',
  '5\x85',
  '0000000000000005',
  '9999999999999999',
  '18446744073709551621',
  '9007199254740997',
  '340282366920938463463374607431768211461',
].map((value) => refused(`length ${shown(value)}`, HOPE, post(`Content-Length: ${value}`) + BODY));

const overflowCases = [
  refused(
    'a length of 2^32 + 5 is too large, not 5',
    '32 bits wrap around',
    post('Content-Length: 4294967301') + BODY,
    413,
  ),
  refused(
    'a length of 2^31 + 5 is too large, not negative',
    '32 bits with a sign',
    post('Content-Length: 2147483653') + BODY,
    413,
  ),
];

const repeatedCases = (
  [
    ['5', '5'],
    ['5', '6'],
    ['5', '0'],
    ['0', '5'],
    ['5', ''],
    ['', '5'],
    ['5', '+5'],
    ['5', '05'],
    ['5', 'x'],
    ['0', '0'],
    ['5, 5', '5'],
  ] as const
).flatMap(([first, second]) => [
  refused(
    `two lengths: ${shown(first)} and ${shown(second)}`,
    'first or last counts',
    post(`Content-Length: ${first}`, `Content-Length: ${second}`) + BODY,
  ),
  refused(
    `two lengths apart, in other case: ${shown(first)} and ${shown(second)}`,
    'first or last counts',
    post(`content-length: ${first}`, 'X: y', `CONTENT-LENGTH: ${second}`) + BODY,
  ),
]);

const manyCases = [
  refused(
    'three lengths, two of them alike',
    'the majority counts',
    post('Content-Length: 5', 'Content-Length: 6', 'Content-Length: 5') + BODY,
  ),
  refused(
    'fifty lengths',
    'a counter that stops',
    post(...Array<string>(50).fill('Content-Length: 5')) + BODY,
  ),
  refused(
    'a second length behind a long field',
    'a reader that stops looking',
    post('Content-Length: 5', `X: ${'y'.repeat(4000)}`, 'Content-Length: 0') + BODY,
  ),
  refused(
    'two lengths in HTTP/1.0',
    'old readers take the last',
    head('POST /x HTTP/1.0', 'Content-Length: 5', 'Content-Length: 0') + BODY,
  ),
  refused(
    'two lengths, one named by Connection',
    'the proxy removes one of the two',
    post('Connection: content-length', 'Content-Length: 5', 'Content-Length: 0') + BODY,
  ),
  refused(
    'two lengths on a GET',
    'the body of a GET is not looked at',
    head('GET /x HTTP/1.1', 'Host: a.test', 'Content-Length: 5', 'Content-Length: 0') + BODY,
  ),
];

/** The length is what it says; behind it the next request was pipelined. */
const plainCases = [
  forwarded(
    'a length',
    'bytes behind the body',
    post('Content-Length: 5') + BODY,
    seen('POST /x', [], 'hello'),
    PIPELINED,
  ),
  forwarded(
    'a length with zeros in front',
    'octal, to a C program',
    post('Content-Length: 010') + `helloworld${SMUGGLED}`,
    seen('POST /x', [], 'helloworld'),
    PIPELINED,
  ),
  forwarded(
    'a length of 0',
    'a reader that takes 0 for "none"',
    post('Content-Length: 0') + SMUGGLED,
    seen('POST /x'),
    PIPELINED,
  ),
  forwarded(
    'a length of 000',
    'as above',
    post('Content-Length: 000') + SMUGGLED,
    seen('POST /x'),
    PIPELINED,
  ),
  forwarded(
    'no length at all',
    'a reader that goes on to the end',
    post() + SMUGGLED,
    seen('POST /x'),
    PIPELINED,
  ),
  forwarded(
    'a length with white space around it',
    'a reader that does not trim',
    post(`Content-Length: \t${SMUGGLED.length} \t`) + SMUGGLED,
    seen('POST /x', [], SMUGGLED),
  ),
  forwarded(
    'a length without white space',
    'a reader that wants a space',
    post(`Content-Length:${SMUGGLED.length}`) + SMUGGLED,
    seen('POST /x', [], SMUGGLED),
  ),
  forwarded(
    'the whole next request within the length',
    'a reader that ignores bodies',
    post(`Content-Length: ${SMUGGLED.length}`) + SMUGGLED,
    seen('POST /x', [], SMUGGLED),
  ),
  forwarded(
    'the length in odd case',
    'a reader that minds case',
    post(`cOnTeNt-LeNgTh: ${SMUGGLED.length}`) + SMUGGLED,
    seen('POST /x', [], SMUGGLED),
  ),
  forwarded(
    'the length as the hundredth field',
    'a reader that stops counting',
    post(...Array<string>(97).fill('X: y'), `Content-Length: ${SMUGGLED.length}`) + SMUGGLED,
    seen('POST /x', Array<string>(97).fill('X: y'), SMUGGLED),
  ),
  forwarded(
    'Connection names the length',
    'the proxy removes it',
    post('Connection: content-length', `Content-Length: ${SMUGGLED.length}`) + SMUGGLED,
    seen('POST /x', [], SMUGGLED),
  ),
  forwarded(
    'a length in HTTP/1.0 that keeps alive',
    'a 1.0 reader closes',
    head('POST /x HTTP/1.0', 'Connection: keep-alive', `Content-Length: ${SMUGGLED.length}`) +
      SMUGGLED,
    seen('POST /x', [], SMUGGLED),
  ),
  forwarded(
    'Content_Length beside the length',
    'CGI names are the same for both',
    post('Content_Length: 0', `Content-Length: ${SMUGGLED.length}`) + SMUGGLED,
    seen('POST /x', [], SMUGGLED),
  ),
  forwarded(
    'Content-Length with a letter more',
    'a reader that compares the beginning',
    post('Content-Lengthy: 99', `Content-Length: ${SMUGGLED.length}`) + SMUGGLED,
    seen('POST /x', ['Content-Lengthy: 99'], SMUGGLED),
  ),
];

/** Every list of this theme. */
export const LENGTHS: readonly SmugglingCase[] = [
  ...valueCases,
  ...overflowCases,
  ...repeatedCases,
  ...manyCases,
  ...plainCases,
];
