// The request line: methods, versions, spaces and targets that two readers cut in different places.

import {
  forwarded,
  forwardedLast,
  head,
  PIPELINED,
  refused,
  SMUGGLED,
  type SmugglingCase,
  seen,
  shown,
} from '#test/conformance/smuggling/case.ts';

const line = (text: string, ...fields: readonly string[]): string =>
  head(text, 'Host: a.test', ...fields) + SMUGGLED;

const spaces = [
  ['GET  /x HTTP/1.1', 'two spaces in front of the target'],
  ['GET /x  HTTP/1.1', 'two spaces behind the target'],
  ['GET\t/x HTTP/1.1', 'a tab in front of the target'],
  ['GET /x\tHTTP/1.1', 'a tab behind the target'],
  ['GET /x HTTP/1.1 ', 'a space behind the version'],
  ['GET /x HTTP/1.1\t', 'a tab behind the version'],
  ['GET /x y HTTP/1.1', 'a space in the target'],
  ['GET /x HTTP/1.1 HTTP/1.1', 'two versions'],
  ['GET /x HTTP/1.1 /smuggled', 'something behind the version'],
  ['GET /x HTTP/1.0 HTTP/1.1', 'an old version in front of the new'],
  ['GET\x0b/x HTTP/1.1', 'a vertical tab for a space'],
  ['GET\x0c/x HTTP/1.1', 'a form feed for a space'],
  ['GET\xa0/x HTTP/1.1', 'U+00A0 for a space'],
  ['GET\0/x HTTP/1.1', 'NUL for a space'],
  ['GET /x\0 HTTP/1.1', 'NUL in the target'],
  ['GET /x\r HTTP/1.1', 'CR in the target'],
  ['GET /x\n HTTP/1.1', 'LF in the target'],
  ['GET /x HTTP/1.1\r', 'CR behind the version'],
  ['GET/x HTTP/1.1', 'no space'],
  ['GET /xHTTP/1.1', 'no space in front of the version'],
  ['GET HTTP/1.1', 'no target'],
  ['GET  HTTP/1.1', 'an empty target'],
  ['/x HTTP/1.1', 'no method'],
  [' /x HTTP/1.1', 'an empty method'],
  ['GET /x', 'no version (HTTP/0.9)'],
  ['GET /x ', 'an empty version'],
  ['GET', 'a method alone'],
].map(([text = '', name = '']) => refused(name, 'the line is cut elsewhere', line(text)));

const versions = [
  ['HTTP/0.9', 505],
  ['HTTP/1.2', 505],
  ['HTTP/2.0', 505],
  ['HTTP/3.0', 505],
  ['HTTP/9.9', 505],
  ['HTTP/1.10', 400],
  ['HTTP/1.01', 400],
  ['HTTP/01.1', 400],
  ['HTTP/1.', 400],
  ['HTTP/1', 400],
  ['HTTP/.1', 400],
  ['HTTP/2', 400],
  ['HTTP/1,1', 400],
  ['HTTP/1.1.1', 400],
  ['HTTP/-1.1', 400],
  ['HTTP/1.x', 400],
  ['HTTP /1.1', 400],
  ['HTTP/ 1.1', 400],
  ['http/1.1', 400],
  ['Http/1.1', 400],
  ['HTTP\\1.1', 400],
  ['HTTPS/1.1', 400],
  ['HTTX/1.1', 400],
  ['RTSP/1.0', 400],
  ['ICY/1.1', 400],
  ['HTTP/1.\xb9', 400],
].map(([version = '', status = 400]) =>
  refused(
    `version ${shown(String(version))}`,
    'a 1.0, 0.9 or 2.0 reader frames otherwise',
    line(`GET /x ${version}`),
    Number(status),
  ),
);

const methods = [
  'GE(T',
  'GET,',
  'GET;',
  'GET:',
  '"GET"',
  'G\xcbT',
  'GET\x7f',
  'G@T',
  'GET{}',
  'GET?x',
  'M'.repeat(33),
].map((method) =>
  refused(
    `method ${shown(method)}`,
    'a method to some, the end of one to others',
    line(`${method} /x HTTP/1.1`),
  ),
);

const forbidden = [
  refused('CONNECT', 'a tunnel through us', line('CONNECT a.test:443 HTTP/1.1'), 405),
  refused('CONNECT with a path', 'a tunnel to some', line('CONNECT /x HTTP/1.1'), 405),
  refused(
    'CONNECT with a body',
    'its body is the tunnel',
    `${head('CONNECT a.test:80 HTTP/1.1', 'Host: a.test', `Content-Length: ${SMUGGLED.length}`)}${SMUGGLED}`,
    405,
  ),
  refused('TRACE', 'an echo of cookies', line('TRACE /x HTTP/1.1'), 405),
  refused(
    'TRACE with a body',
    'a body where none may be',
    `${head('TRACE /x HTTP/1.1', 'Host: a.test', `Content-Length: ${SMUGGLED.length}`)}${SMUGGLED}`,
    405,
  ),
  refused(
    'the preface of HTTP/2',
    'a change of protocol without asking',
    `PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n${SMUGGLED}`,
    505,
  ),
  refused('PRI in 1.1', 'as above', line('PRI * HTTP/1.1')),
  refused(
    'a TLS hello',
    'a request behind it',
    `\x16\x03\x01\x02\0\x01\0\x01\xfc\x03\x03${SMUGGLED}`,
  ),
  refused(
    'the PROXY protocol',
    "an address of one's own choice",
    `PROXY TCP4 6.6.6.6 1.1.1.1 1 80\r\n${SMUGGLED}`,
  ),
];

/** Methods with a body, and without: one length, one reading. */
const bodies = [
  'GET',
  'HEAD',
  'DELETE',
  'OPTIONS',
  'PUT',
  'PATCH',
  'PROPFIND',
  'QUERY',
  'get',
  'X',
].flatMap((method) => [
  forwarded(
    `CL.0: ${method} with a body that is a request`,
    'a reader for which the method has no body',
    `${head(`${method} /x HTTP/1.1`, 'Host: a.test', `Content-Length: ${SMUGGLED.length}`)}${SMUGGLED}`,
    seen(`${method} /x`, [], SMUGGLED),
  ),
  forwarded(
    `TE.0: ${method} with chunks that are a request`,
    'a reader for which the method has no body',
    `${head(`${method} /x HTTP/1.1`, 'Host: a.test', 'Transfer-Encoding: chunked')}${SMUGGLED.length.toString(16)}\r\n${SMUGGLED}\r\n0\r\n\r\n`,
    seen(`${method} /x`, [], SMUGGLED),
  ),
  forwarded(
    `0.CL: ${method} without a length`,
    'a reader that waits for a body',
    line(`${method} /x HTTP/1.1`),
    seen(`${method} /x`),
    PIPELINED,
  ),
]);

const oddButFine = [
  ["!#$%&'*+-.^_`|~9", 'a method of odd token characters'],
  ['POSTX', 'a method that begins like another'],
  ['M'.repeat(32), 'the longest method'],
].map(([method = '', name = '']) =>
  forwarded(
    name,
    'a reader with a list of methods',
    line(`${method} /x HTTP/1.1`),
    seen(`${method} /x`),
    PIPELINED,
  ),
);

const old = [
  forwardedLast(
    'HTTP/1.0 closes',
    'what is pipelined is another request to a 1.1 reader',
    line('GET /x HTTP/1.0'),
    seen('GET /x'),
  ),
  forwarded(
    'HTTP/1.0 that keeps alive',
    'as above',
    line('GET /x HTTP/1.0', 'Connection: keep-alive'),
    seen('GET /x'),
    PIPELINED,
  ),
  forwardedLast(
    'HTTP/1.0 with a body',
    'a 1.0 reader reads to the end',
    line('POST /x HTTP/1.0', 'Content-Length: 0'),
    seen('POST /x'),
  ),
  forwardedLast(
    'HTTP/1.0 without a length',
    'a 1.0 reader reads to the end',
    line('POST /x HTTP/1.0'),
    seen('POST /x'),
  ),
];

/** Every list of this theme. */
export const REQUEST_LINES: readonly SmugglingCase[] = [
  ...spaces,
  ...versions,
  ...methods,
  ...forbidden,
  ...bodies,
  ...oddButFine,
  ...old,
];
