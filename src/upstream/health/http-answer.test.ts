import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EXAMINED_BODY_BYTES, type MatchConfig } from './check-config.ts';
import { HttpAnswer, MAX_ANSWER_BYTES } from './http-answer.ts';
import { MatchTest } from './match-test.ts';

const ANYTHING: MatchConfig = {
  name: 'm',
  status: null,
  headers: [],
  bodies: [],
  degraded: [],
  required: [],
  send: '',
  expect: null,
};

/** The outcome of an answer that comes in pieces of that length and then ends. */
function outcomeOf(
  text: string,
  config: MatchConfig | null = null,
  keepsAlive = false,
  pieceBytes = text.length,
): string {
  const answer = new HttpAnswer(new MatchTest(config), keepsAlive);
  for (let at = 0; at < text.length; at += pieceBytes) {
    const outcome = answer.take(Buffer.from(text.slice(at, at + pieceBytes), 'latin1'));
    if (outcome !== undefined) return inWords(outcome);
  }
  return `at the end: ${inWords(answer.end())}`;
}

function inWords({ mayReuse, passed, result }: ReturnType<HttpAnswer['end']>): string {
  return `${passed ? 'passed' : 'failed'}: ${result}${mayReuse ? ', to be used again' : ''}`;
}

const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX-State: ready\r\n\r\nhello';
const hello = { pattern: '^hel+o$', isNot: false };

test('without a match, a status of 200 to 399 passes as soon as the head is there', () => {
  assert.equal(outcomeOf('HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n'), 'passed: status 200');
  assert.equal(outcomeOf('HTTP/1.0 399 \r\n\r\n'), 'passed: status 399');
  assert.equal(outcomeOf('HTTP/1.1 503 Busy\r\n\r\n'), 'failed: status 503');
  assert.equal(outcomeOf('HTTP/1.1 101 Go\r\n\r\n'), 'failed: status 101');
  const early = 'HTTP/1.1 103 Early\r\nLink: <a>\r\n\r\n';
  assert.equal(outcomeOf(`${early}${early}${OK}`), 'passed: status 200');
});

test('each test of a match counts, and says what was wrong', () => {
  const status = { isNot: true, ranges: [[500, 599] as const] };
  assert.equal(outcomeOf(OK, { ...ANYTHING, status }), 'passed: status 200');
  assert.equal(outcomeOf('HTTP/1.1 500 No\r\n\r\n', { ...ANYTHING, status }), 'failed: status 500');
  const header = (kind: 'is' | 'matches' | 'exists', text: string, isNot = false) => ({
    ...ANYTHING,
    headers: [{ name: 'x-state', kind, text, isNot }],
  });
  assert.equal(outcomeOf(OK, header('is', 'ready')), 'passed: status 200');
  assert.equal(outcomeOf(OK, header('is', 'Ready')), 'failed: header "x-state" did not match');
  assert.equal(outcomeOf(OK, header('is', 'other', true)), 'passed: status 200');
  assert.equal(outcomeOf(OK, header('matches', 'ad')), 'passed: status 200');
  assert.equal(
    outcomeOf(OK, header('matches', 'ad', true)),
    'failed: header "x-state" did not match',
  );
  assert.equal(outcomeOf(OK, header('exists', '')), 'passed: status 200');
  assert.equal(outcomeOf(OK, header('exists', '', true)), 'failed: header "x-state" did not match');
  const required = (name: string) => ({ ...ANYTHING, required: [name] });
  assert.equal(outcomeOf(OK, required('upstream_http_x_state')), 'passed: status 200');
  assert.equal(
    outcomeOf(OK, required('upstream_http_x_other')),
    'failed: required variable "$upstream_http_x_other" is ""',
  );
});

test('a body is matched whole, however it is framed and split', () => {
  const match = { ...ANYTHING, bodies: [hello] };
  const chunked =
    'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2;x=y\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n';
  const untilClose = 'HTTP/1.1 200 OK\r\n\r\nhello';
  for (const pieceBytes of [1, 2, 3, 7, 1000]) {
    assert.equal(outcomeOf(OK, match, false, pieceBytes), 'passed: status 200');
    assert.equal(
      outcomeOf(chunked, match, true, pieceBytes),
      'passed: status 200, to be used again',
    );
    assert.equal(outcomeOf(untilClose, match, false, pieceBytes), 'at the end: passed: status 200');
    const other = { ...ANYTHING, bodies: [hello, { pattern: 'll', isNot: true }] };
    assert.equal(outcomeOf(OK, other, false, pieceBytes), 'failed: body did not match');
  }
  assert.equal(outcomeOf(OK.slice(0, -1), match), 'at the end: failed: answer was cut short');
  assert.equal(outcomeOf('', match), 'at the end: failed: connection was closed without an answer');
});

test('a connection is used again only where the answer ended as it said', () => {
  assert.equal(outcomeOf(OK, null, true), 'passed: status 200, to be used again');
  assert.equal(outcomeOf(`${OK}!`, null, true), 'passed: status 200');
  const closing = OK.replace('X-State: ready', 'Connection: close');
  assert.equal(outcomeOf(closing, null, true), 'passed: status 200');
});

test('what is no HTTP fails', () => {
  assert.match(outcomeOf('SSH-2.0-OpenSSH_9\r\n'), /^failed: answer is malformed/);
  assert.match(outcomeOf('HTTP/1.1 200 OK\r\nA: b\r\n c\r\n\r\n'), /^failed: answer is malformed/);
  const chunked = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n';
  assert.match(outcomeOf(chunked, { ...ANYTHING, bodies: [hello] }), /^failed: body is malformed/);
});

test('endless heads, interim answers and bodies end the check at a bound', () => {
  const field = `X-Pad: ${'x'.repeat(1000)}\r\n`;
  const taken = takenBytes(`HTTP/1.1 200 OK\r\n`, field, null);
  assert.match(taken.result, /^answer is malformed/);
  assert.ok(taken.bytes < 64 * 1024, `${taken.bytes}`);
  const interim = takenBytes('', 'HTTP/1.1 100 Continue\r\n\r\n', null);
  assert.equal(interim.result, 'answer is too long');
  assert.ok(interim.bytes <= MAX_ANSWER_BYTES + 100);
  const match = { ...ANYTHING, bodies: [{ pattern: '^x+$', isNot: false }] };
  const body = takenBytes('HTTP/1.1 200 OK\r\n\r\n', 'x'.repeat(1000), match);
  assert.equal(body.result, 'status 200');
  assert.ok(body.bytes < EXAMINED_BODY_BYTES + 2000);
  const head = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n';
  const chunks = takenBytes(head, '1;aaaaaaaa\r\nx\r\n', match);
  assert.match(chunks.result, /^body is malformed|^answer is too long/);
  assert.ok(chunks.bytes <= MAX_ANSWER_BYTES + 100);
});

/** Gives `start` and then `piece` without end. */
function takenBytes(start: string, piece: string, config: MatchConfig | null) {
  const answer = new HttpAnswer(new MatchTest(config), false);
  let outcome = start === '' ? undefined : answer.take(Buffer.from(start));
  let bytes = start.length;
  while (outcome === undefined) {
    outcome = answer.take(Buffer.from(piece));
    bytes += piece.length;
  }
  return { bytes, result: outcome.result };
}

test('an answer that passes may say that its endpoint is degraded', () => {
  const said = (field: string) => `HTTP/1.1 200 OK\r\nContent-Length: 5\r\n${field}\r\n\r\nhello`;
  for (const field of ['X-Envoy-Degraded: 1', 'X-Envoy-Degraded: true', 'x-weir-degraded: yes']) {
    assert.equal(outcomeOf(said(field)), 'passed: status 200, degraded');
    assert.equal(
      outcomeOf(said(field), ANYTHING, true, 1).slice(0, 28),
      'passed: status 200, degraded',
    );
    assert.equal(outcomeOf(said(field).replace('200', '503')), 'failed: status 503');
  }
  for (const field of ['X-Envoy-Degraded:', 'X-Weir-Degraded: 0', 'X-Weir-Degraded: False']) {
    assert.equal(outcomeOf(said(field)), 'passed: status 200');
  }
  const rule = (...degraded: MatchConfig['degraded']) => ({ ...ANYTHING, degraded });
  const status = { isNot: false, ranges: [[207, 299] as const] };
  const header = { name: 'x-state', kind: 'is', text: 'ready', isNot: true } as const;
  const rules = rule({ of: 'status', test: status }, { of: 'header', test: header });
  assert.equal(outcomeOf(OK, rules), 'passed: status 200');
  assert.equal(outcomeOf(OK.replace('200', '207'), rules), 'passed: status 207, degraded');
  assert.equal(outcomeOf(OK.replace('ready', 'ill'), rules), 'passed: status 200, degraded');
  const body = rule({ of: 'body', test: hello });
  assert.equal(outcomeOf(OK, body, false, 1), 'passed: status 200, degraded');
  assert.equal(outcomeOf(OK.replace('hello', 'house'), body), 'passed: status 200');
});
