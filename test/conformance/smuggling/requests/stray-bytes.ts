// Every control byte, blank and odd byte around and inside `Transfer-Encoding` and `Content-Length`:
// a reader that strips it sees the field, one that does not sees another field or none.

import {
  forwarded,
  post,
  refused,
  type SeenRequest,
  SMUGGLED,
  type SmugglingCase,
  seen,
  shown,
  ZERO_CHUNK,
} from '#test/conformance/smuggling/case.ts';

const BODY = ZERO_CHUNK + SMUGGLED;
const LENGTH = `Content-Length: ${BODY.length}`;
const HOPE = 'the length hides a second request from who does not see the coding';

const chars = (from: number, to: number): string[] =>
  Array.from({ length: to - from + 1 }, (_, at) => String.fromCharCode(from + at));

/** CR and LF end lines and have cases of their own. */
const CONTROLS = [...chars(0, 0x1f), '\x7f'].filter((char) => !'\r\n'.includes(char));
const BLANKS = [' ', '\x80', '\x85', '\xa0', '\xad', '\xff'];
const NO_TOKENS = [...'"(),/;<=>?@[\\]{}'];
/** Token characters that no defined field has: dropped with the field, as nginx does. */
const ODD_TOKENS = [..."!#$%&'*+.^_`|~"];

const THE_LENGTH_COUNTS: SeenRequest = seen('POST /x', [], BODY);

const inFront = [...CONTROLS, ...BLANKS].map((char) =>
  refused(
    `${shown(char)} in front of the name`,
    HOPE,
    `${post(LENGTH, `${char}Transfer-Encoding: chunked`)}${BODY}`,
  ),
);

const beforeColon = [...CONTROLS, ...BLANKS, ...NO_TOKENS].map((char) =>
  refused(
    `${shown(char)} before the colon`,
    HOPE,
    `${post(LENGTH, `Transfer-Encoding${char}: chunked`)}${BODY}`,
  ),
);

const inName = [...CONTROLS, ' ', '\xa0', '\xad'].map((char) =>
  refused(
    `${shown(char)} for the hyphen`,
    HOPE,
    `${post(LENGTH, `Transfer${char}Encoding: chunked`)}${BODY}`,
  ),
);

const behindColon = [...CONTROLS, ...BLANKS.filter((char) => char !== ' ')].map((char) =>
  refused(
    `${shown(char)} behind the colon`,
    HOPE,
    `${post(LENGTH, `Transfer-Encoding:${char}chunked`)}${BODY}`,
  ),
);

const behindValue = [...CONTROLS, ...BLANKS].map((char) =>
  refused(
    `${shown(char)} behind the value`,
    HOPE,
    `${post(LENGTH, `Transfer-Encoding: chunked${char}`)}${BODY}`,
  ),
);

const oddNames = ODD_TOKENS.flatMap((char) => [
  forwarded(
    `${shown(char)} for the hyphen: dropped`,
    HOPE,
    `${post(LENGTH, `Transfer${char}Encoding: chunked`)}${BODY}`,
    THE_LENGTH_COUNTS,
  ),
  forwarded(
    `${shown(char)} before the colon: dropped`,
    HOPE,
    `${post(LENGTH, `Transfer-Encoding${char}: chunked`)}${BODY}`,
    THE_LENGTH_COUNTS,
  ),
]);

const nearNames = [
  'TransferEncoding',
  'Transfer--Encoding',
  '-Transfer-Encoding',
  'Transfer-Encoding-',
  'Transfer-Encoding2',
  'X-Transfer-Encoding',
  'Transfer-Encodin',
  'ransfer-Encoding',
  'Transfer-Coding',
  'TE-Transfer-Encoding',
].map((name) =>
  forwarded(
    `${name} is another field`,
    HOPE,
    `${post(LENGTH, `${name}: chunked`)}${BODY}`,
    seen('POST /x', [`${name}: chunked`], BODY),
  ),
);

const lengthBytes = [...CONTROLS, '\x85', '\xa0'].flatMap((char) => [
  refused(
    `${shown(char)} before the colon of the length`,
    'the body is the next request',
    `${post(`Content-Length${char}: ${SMUGGLED.length}`)}${SMUGGLED}`,
  ),
  ...(char === '\t'
    ? []
    : [
        refused(
          `${shown(char)} behind the length`,
          'who cannot read the length reads none',
          `${post(`Content-Length: ${SMUGGLED.length}${char}`)}${SMUGGLED}`,
        ),
      ]),
]);

const oddLengths = ODD_TOKENS.map((char) =>
  forwarded(
    `Content${shown(char)}Length is no length`,
    'who maps names sees a length, and the next request as its body',
    `${post(`Content${char}Length: ${SMUGGLED.length}`)}${SMUGGLED}`,
    seen('POST /x'),
    seen('GET /smuggled'),
  ),
);

/** Every list of this theme. */
export const STRAY_BYTES: readonly SmugglingCase[] = [
  ...inFront,
  ...beforeColon,
  ...inName,
  ...behindColon,
  ...behindValue,
  ...oddNames,
  ...nearNames,
  ...lengthBytes,
  ...oddLengths,
];
