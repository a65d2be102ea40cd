// Folded lines, lines without a name, NUL: where a field ends, and whether it is one.

import {
  CHUNKS,
  get,
  post,
  refused,
  SMUGGLED,
  type SmugglingCase,
  ZERO_CHUNK,
} from '#test/conformance/smuggling/case.ts';

const LENGTH = `Content-Length: ${(ZERO_CHUNK + SMUGGLED).length}`;
const CODING = 'Transfer-Encoding: chunked';
const HIDDEN = `Content-Length: ${SMUGGLED.length}`;

const folds = [
  refused(
    'a folded coding',
    'joined, it is no coding; apart, it is one',
    `${post(LENGTH, 'X: y', ` ${CODING}`)}${ZERO_CHUNK}${SMUGGLED}`,
  ),
  refused(
    'a coding folded by a tab',
    'as above',
    `${post(LENGTH, 'X: y', `\t${CODING}`)}${ZERO_CHUNK}${SMUGGLED}`,
  ),
  refused(
    'a coding whose value is folded',
    'the value is on the next line',
    `${post(LENGTH, 'Transfer-Encoding:', ' chunked')}${ZERO_CHUNK}${SMUGGLED}`,
  ),
  refused(
    'a coding whose value goes on',
    '"chunked" or "chunked, identity"',
    `${post(CODING, ' , identity')}${CHUNKS}${SMUGGLED}`,
  ),
  refused(
    'a length whose value is folded',
    'no length, or 5',
    `${post('Content-Length:', ' 5')}hello${SMUGGLED}`,
  ),
  refused(
    'a length whose digits go on',
    '5, or 50',
    `${post('Content-Length: 5', '\t0')}hello${SMUGGLED}`,
  ),
  refused(
    'a fold of white space alone',
    'an empty line to some',
    `${post(HIDDEN, ' ')}${SMUGGLED}`,
  ),
  refused('a fold of tabs alone', 'an empty line to some', `${post(HIDDEN, '\t\t')}${SMUGGLED}`),
  refused(
    'a fold in front of the first field',
    'part of the request line',
    `POST /x HTTP/1.1\r\n Host: a.test\r\nHost: b.test\r\n\r\n${SMUGGLED}`,
  ),
  refused(
    'a folded Host',
    'two names of the site',
    `GET /x HTTP/1.1\r\nHost:\r\n a.test\r\n\r\n${SMUGGLED}`,
  ),
  refused(
    'two folds',
    'joined three times',
    `${post('X: a', ' b', ` ${CODING}`, LENGTH)}${ZERO_CHUNK}${SMUGGLED}`,
  ),
  refused(
    'a fold behind a bare LF',
    'two leniencies at once',
    `POST /x HTTP/1.1\r\nHost: a.test\r\nX: y\n ${CODING}\r\n${LENGTH}\r\n\r\n${ZERO_CHUNK}${SMUGGLED}`,
  ),
];

const nameless = [
  refused(
    'an empty name',
    'hides what follows (CVE-2023-25725)',
    `${post(': x', HIDDEN)}${SMUGGLED}`,
  ),
  refused('a colon alone', 'the head ends here to some', `${post(':', HIDDEN)}${SMUGGLED}`),
  refused('a line without a colon', 'skipped, or the head ends', `${post('X', HIDDEN)}${SMUGGLED}`),
  refused(
    'a line that is a request line',
    'a second request within the head',
    `${post('GET /smuggled HTTP/1.1')}${SMUGGLED}`,
  ),
  refused(
    'a name with a space in it',
    'two fields, or one',
    `${post('X Content-Length: 5')}hello${SMUGGLED}`,
  ),
  refused(
    'a space before the colon of Host',
    'two sites',
    `GET /x HTTP/1.1\r\nHost : a.test\r\n\r\n${SMUGGLED}`,
  ),
  refused(
    'a status line in front',
    'a response splits a request',
    `HTTP/1.1 200 OK\r\n${get()}${SMUGGLED}`,
  ),
];

const nulls = [
  refused(
    'NUL behind the coding',
    'C reads "chunked"',
    `${post(LENGTH, `${CODING}\0x`)}${ZERO_CHUNK}${SMUGGLED}`,
  ),
  refused(
    'NUL behind the digits',
    'C reads 5',
    `${post('Content-Length: 5\x000')}hello${SMUGGLED}`,
  ),
  refused(
    'NUL in a field of no account',
    'C reads no further fields',
    `${post('X: \0', HIDDEN)}${SMUGGLED}`,
  ),
  refused(
    'NUL in a name',
    'C reads another name',
    `${post('Content-Length\0X: 5')}hello${SMUGGLED}`,
  ),
  refused('NUL alone on a line', 'an empty line to C', `${post('\0', HIDDEN)}${SMUGGLED}`),
];

/** Every list of this theme. */
export const FOLDS: readonly SmugglingCase[] = [...folds, ...nameless, ...nulls];
