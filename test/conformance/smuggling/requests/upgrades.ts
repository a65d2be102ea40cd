// Upgrade without a change of protocol, and Expect: a body that one reader waits for and another does
// not.

import {
  CHUNKS,
  forwarded,
  forwardedLast,
  get,
  head,
  PIPELINED,
  post,
  refused,
  SMUGGLED,
  type SmugglingCase,
  seen,
  shown,
} from '#test/conformance/smuggling/case.ts';

const upgrades = [
  forwarded(
    'Upgrade: h2c with its settings',
    'a tunnel behind the proxy (h2c smuggling)',
    get('Connection: Upgrade, HTTP2-Settings', 'Upgrade: h2c', 'HTTP2-Settings: AAMAAABkAAQAAP__') +
      SMUGGLED,
    seen('GET /x'),
    PIPELINED,
  ),
  forwarded(
    'Upgrade: h2c alone in the list',
    'as above',
    get('Connection: Upgrade', 'Upgrade: h2c') + SMUGGLED,
    seen('GET /x'),
    PIPELINED,
  ),
  forwarded(
    'Upgrade: H2C in capitals',
    'as above',
    get('Connection: upgrade', 'Upgrade: H2C') + SMUGGLED,
    seen('GET /x'),
    PIPELINED,
  ),
  forwarded(
    'Upgrade: h2c, websocket',
    'the origin takes the first',
    get('Connection: upgrade', 'Upgrade: h2c, websocket') + SMUGGLED,
    seen('GET /x'),
    PIPELINED,
  ),
  forwarded(
    'Upgrade: h2',
    'as above',
    get('Connection: upgrade', 'Upgrade: h2') + SMUGGLED,
    seen('GET /x'),
    PIPELINED,
  ),
  forwarded(
    'Upgrade: HTTP/2.0',
    'as above',
    get('Connection: upgrade', 'Upgrade: HTTP/2.0') + SMUGGLED,
    seen('GET /x'),
    PIPELINED,
  ),
  forwarded(
    'Upgrade: TLS/1.0',
    'a change to TLS',
    get('Connection: upgrade', 'Upgrade: TLS/1.0') + SMUGGLED,
    seen('GET /x'),
    PIPELINED,
  ),
  forwarded(
    'an empty Upgrade',
    'any protocol',
    get('Connection: upgrade', 'Upgrade:') + SMUGGLED,
    seen('GET /x'),
    PIPELINED,
  ),
  forwarded(
    'Upgrade: websocket\\xa0',
    'a reader that trims it',
    get('Connection: upgrade', 'Upgrade: websocket\xa0') + SMUGGLED,
    seen('GET /x'),
    PIPELINED,
  ),
  forwarded(
    'two Upgrade fields',
    'first or last counts',
    get('Connection: upgrade', 'Upgrade: h2c', 'Upgrade: websocket') + SMUGGLED,
    seen('GET /x'),
    PIPELINED,
  ),
  forwarded(
    'Connection: upgrade without Upgrade',
    'a tunnel to nowhere',
    get('Connection: upgrade') + SMUGGLED,
    seen('GET /x'),
    PIPELINED,
  ),
  forwarded(
    'Upgrade with a body',
    'the body is the first of the new protocol',
    post('Connection: upgrade', 'Upgrade: websocket', `Content-Length: ${SMUGGLED.length}`) +
      SMUGGLED,
    seen('POST /x', [], SMUGGLED),
  ),
  forwarded(
    'Upgrade with chunks',
    'as above',
    post('Connection: upgrade', 'Upgrade: websocket', 'Transfer-Encoding: chunked') +
      CHUNKS +
      SMUGGLED,
    seen('POST /x', [], 'hello'),
    PIPELINED,
  ),
  forwarded(
    'Upgrade in HTTP/1.0',
    'a 1.0 reader knows none',
    head('GET /x HTTP/1.0', 'Connection: keep-alive, upgrade', 'Upgrade: websocket') + SMUGGLED,
    seen('GET /x'),
    PIPELINED,
  ),
];

const expectations = [
  '',
  '100',
  '100-continued',
  '100-continue, 100-continue',
  '100-continue,',
  '100-continue; a=b',
  '100 continue',
  '100_continue',
  'x 100-continue',
  '"100-continue"',
  '101-continue',
  '200-ok',
  'y',
  '100-continue\xa0',
].map((value) =>
  refused(
    `Expect ${shown(value)}`,
    '0.CL: one reader waits for a body, another does not',
    post(`Expect: ${value}`, `Content-Length: ${SMUGGLED.length}`) + SMUGGLED,
    417,
  ),
);

const expectCases = [
  refused(
    'two Expect fields',
    '0.CL: the first is answered, the second waits',
    post('Expect: 100-continue', 'Expect: 100-continue', `Content-Length: ${SMUGGLED.length}`) +
      SMUGGLED,
    417,
  ),
  refused(
    'Expect with both framings',
    'as above',
    post('Expect: 100-continue', 'Content-Length: 5', 'Transfer-Encoding: chunked') +
      CHUNKS +
      SMUGGLED,
  ),
  refused(
    'a folded Expect',
    'as above',
    post('Expect:', ' 100-continue', `Content-Length: ${SMUGGLED.length}`) + SMUGGLED,
  ),
  refused(
    'Expect with a control byte',
    'as above',
    post('Expect: 100-continue\x0b', `Content-Length: ${SMUGGLED.length}`) + SMUGGLED,
  ),
  forwarded(
    'Ex_pect is another field',
    'a CGI name',
    post('Ex_pect: 100-continue', `Content-Length: ${SMUGGLED.length}`) + SMUGGLED,
    seen('POST /x', [], SMUGGLED),
  ),
  forwarded(
    'Expect without a body',
    'a reader that waits for one',
    get('Expect: 100-continue') + SMUGGLED,
    seen('GET /x'),
    PIPELINED,
  ),
];

/** Sent without waiting for 100: the body is a body all the same. */
const eager = [
  forwarded(
    'Expect, its body sent at once',
    '0.CL: an answer to the head alone',
    post('Expect: 100-continue', `Content-Length: ${SMUGGLED.length}`) + SMUGGLED,
    seen('POST /x', [], SMUGGLED),
  ),
  forwarded(
    'Expect in odd case',
    'a reader that minds case',
    post('eXpEcT: 100-ConTinuE', `Content-Length: ${SMUGGLED.length}`) + SMUGGLED,
    seen('POST /x', [], SMUGGLED),
  ),
  forwarded(
    'Expect with chunks, and a request behind them',
    'a reader that waits for one',
    post('Expect: 100-continue', 'Transfer-Encoding: chunked') + CHUNKS + SMUGGLED,
    seen('POST /x', [], 'hello'),
    PIPELINED,
  ),
  forwarded(
    'Expect that Connection names',
    'a proxy that removes it, and waits',
    post('Connection: expect', 'Expect: 100-continue', `Content-Length: ${SMUGGLED.length}`) +
      SMUGGLED,
    seen('POST /x', [], SMUGGLED),
  ),
  forwarded(
    'Expect on a GET with a body',
    '0.CL: the body of a GET',
    get('Expect: 100-continue', `Content-Length: ${SMUGGLED.length}`) + SMUGGLED,
    seen('GET /x', [], SMUGGLED),
  ),
  forwarded(
    'Expect in HTTP/1.0',
    'a 1.0 reader knows none',
    head(
      'POST /x HTTP/1.0',
      'Connection: keep-alive',
      'Expect: x',
      `Content-Length: ${SMUGGLED.length}`,
    ) + SMUGGLED,
    seen('POST /x', [], SMUGGLED),
  ),
];

/** A protocol that may be asked for: without a 101, what follows is not read, as HTTP or otherwise. */
const asked = ['websocket', 'WebSocket'].map((protocol) =>
  forwardedLast(
    `Upgrade: ${protocol}, a request behind it, and no 101`,
    'a tunnel before the endpoint agrees (CVE-2026-2833)',
    get('Connection: Upgrade', `Upgrade: ${protocol}`, 'X: y') + SMUGGLED,
    seen('GET /x', ['Connection: upgrade', `Upgrade: ${protocol}`, 'X: y']),
  ),
);

/** Every list of this theme. */
export const UPGRADES: readonly SmugglingCase[] = [
  ...upgrades,
  ...expectations,
  ...expectCases,
  ...eager,
  ...asked,
];
