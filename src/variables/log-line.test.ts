/**
 * A line as bytes is what its variables say as strings, escaped one by one. The readers that values
 * of directives use are the reference.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { ManualClock } from '#src/base/clock.ts';
import { FAILURES, type FailureCode } from '#src/base/failure.ts';
import { ByteWriter } from '#src/bytes/byte-writer.ts';
import { RequestDecoder } from '#src/codecs/h1/request-decoder.ts';
import { ResponseDecoder } from '#src/codecs/h1/response-decoder.ts';
import type { Downstream } from '#src/exchange/downstream.ts';
import {
  Exchange,
  RESPONSE_ENDED,
  RESPONSE_NONE,
  RESPONSE_STARTED,
} from '#src/exchange/exchange.ts';
import type { LogEscape } from '#src/exchange/log-arguments.ts';
import { fieldIdOf } from '#src/http/field-names.ts';
import { Problems } from '#src/schema/problem.ts';
import { VariableCompiler } from './compiler.ts';
import { connectionVariables } from './connection-variables.ts';
import { escapeDefault, escapeJson, escapeNone } from './escape.ts';
import { processVariables } from './process-variables.ts';
import { requestVariables } from './request-variables.ts';
import { responseVariables } from './response-variables.ts';
import { LocalTime } from './time-text.ts';
import type { VariableReader } from './variable.ts';

const ESCAPES = { default: escapeDefault, json: escapeJson, none: escapeNone };
const PLACE = { file: 'f', line: 1, column: 1 };
/** What follows a prefix: known fields, an unknown one, one named like an argument or cookie. */
const RESTS = ['user_agent', 'referer', 'cookie', 'content_length', 'x_any', 'a'];

const clock = new ManualClock(Date.UTC(2026, 10, 21, 0, 13, 57, 25));
const environment = { clock, hostname: 'edge-1', pid: 42 };
const compiler = new VariableCompiler(environment);

/** Every variable there is. */
const readers = new Map<string, VariableReader>(
  [
    requestVariables,
    connectionVariables,
    responseVariables,
    processVariables(environment, new LocalTime(clock)),
  ].flatMap(({ names, prefixes }) => [
    ...Object.entries(names),
    ...Object.entries(prefixes).flatMap(([prefix, make]) => {
      return RESTS.map((rest): [string, VariableReader] => [prefix + rest, make(rest)]);
    }),
  ]),
);

function written(text: string, escape: LogEscape, exchange: Exchange): string {
  const problems = new Problems();
  const format = compiler.compileLogFormat(text, escape, PLACE, problems);
  assert.ok(format, JSON.stringify(problems.list));
  // So small that every piece which makes no room is found out.
  const out = new ByteWriter(1);
  format.write(exchange, out);
  assert.ok(out.at <= out.bytes.length, `${out.at} of ${out.bytes.length}`);
  return out.bytes.toString('latin1', 0, out.at);
}

/** Any byte, as a char; more often than others those that some escape changes, and their neighbours. */
const char = fc.oneof(
  fc.constantFrom(...'"\\\n\t\0\x1f !#[]~\x7f\x80\xff%/?&=;'),
  fc.integer({ min: 0, max: 255 }).map((byte) => String.fromCharCode(byte)),
);
const clean = fc.stringMatching(/^[\w/.-]{0,40}$/);
const odd = fc.array(char, { maxLength: 30 }).map((chars) => chars.join(''));
const long = fc.tuple(odd, fc.integer({ min: 0, max: 30_000 })).map(([text, length]) => {
  return `${text}x`.repeat(Math.ceil(length / (text.length + 1))).slice(0, length);
});
const value = fc.oneof(
  { weight: 6, arbitrary: clean },
  { weight: 6, arbitrary: odd },
  { weight: 1, arbitrary: long },
);

const FIELD_NAMES = ['User-Agent', 'referer', 'Cookie', 'X-Any', 'X_Any', 'Content-Type', 'A'];
const fields = fc.array(fc.tuple(fc.constantFrom(...FIELD_NAMES), value), { maxLength: 8 });
const authorization = fc.oneof(
  odd.map((text) => `Basic ${Buffer.from(`${text}:x`, 'latin1').toString('base64')}`),
  clean,
);
const count = fc.nat(Number.MAX_SAFE_INTEGER);
const ms = fc.oneof(fc.constant(-1), fc.nat(2_000), fc.double({ min: 0, max: 1e12, noNaN: true }));

const subject = fc.record({
  method: fc.constantFrom('GET', 'POST', 'X"Y'),
  target: fc.oneof(
    value.map((text) => `/${text}`),
    value.map((text) => `http://a.test/${text}`),
    fc.constantFrom('*', '/a/../b?x', '/%41%zz?', ''),
  ),
  fields,
  /** Fields of heads that no decoder would let through. */
  refusedFields: fields,
  authorization: fc.option(authorization),
  sent: fields,
  /** What an internal redirect made of the target. */
  redirect: fc.option(value),
  isConnected: fc.boolean(),
  /** The bytes of a refused head are kept; else it is one that did not come to its end. */
  isTaken: fc.boolean(),
  remoteAddress: fc.oneof(fc.constantFrom('203.0.113.7', 'unix:', '2001:db8::1'), odd),
  serverName: value,
  upstream: fc.option(value),
  reason: fc.constantFrom('', ...(Object.keys(FAILURES) as FailureCode[])),
  responseState: fc.constantFrom(RESPONSE_NONE, RESPONSE_STARTED, RESPONSE_ENDED),
  status: fc.constantFrom(0, 7, 99, 100, 200, 204, 404, 599),
  counts: fc.tuple(count, count, count),
  times: fc.tuple(ms, ms, ms, ms),
  passedMs: fc.double({ min: 0, max: 3_000, noNaN: true }),
});

type Subject = typeof subject extends fc.Arbitrary<infer T> ? T : never;

function exchangeOf(of: Subject): Exchange {
  const exchange = new Exchange();
  const { request, response } = exchange;
  decode(`${of.method} ${of.target} HTTP/1.1\r\nHost: a.test\r\n`, of.fields, (bytes) => {
    // A head that is refused leaves what was read of it, and has a line as well.
    const used = new RequestDecoder().decodeHead(bytes, 0, bytes.length, request);
    if (used < 0 && request.fields.length === 0 && of.isTaken) {
      request.fields.take(bytes, 0, bytes.length);
    }
  });
  decode('HTTP/1.1 200 OK\r\n', of.sent, (bytes) => {
    new ResponseDecoder().decodeHead(bytes, 0, bytes.length, response, 'GET');
  });
  for (const [name, text] of of.refusedFields) request.fields.append(fieldIdOf(name), name, text);
  if (of.authorization !== null) {
    request.fields.append(fieldIdOf('authorization'), 'Authorization', of.authorization);
  }
  if (of.redirect !== null) {
    exchange.clientMethod = request.method;
    exchange.clientTarget = request.originTarget;
    request.method = 'GET';
    request.path = of.redirect;
    request.originTarget = of.redirect;
    request.queryAt = of.redirect.indexOf('?');
  }
  if (of.isConnected) {
    const facts = {
      remoteAddress: of.remoteAddress,
      remotePort: 50_001,
      localAddress: '192.0.2.1',
      localPort: 8_080,
      scheme: 'http' as const,
      connectionSerial: of.counts[0],
      exchangeCount: of.counts[1],
    };
    // Variables read nothing of it but the facts.
    exchange.downstream = { facts } as Downstream;
  }
  exchange.serverName = of.serverName;
  exchange.reason = of.reason;
  exchange.responseState = of.responseState;
  response.status = of.status;
  [exchange.bodyBytesSent, exchange.bytesSent, exchange.requestBodyBytes] = of.counts;
  [exchange.startedAtMs] = of.times;
  [, exchange.upstreamConnectMs, exchange.upstreamHeaderMs, exchange.upstreamResponseMs] = of.times;
  if (of.upstream !== null) {
    exchange.proxyHost = of.upstream;
    exchange.upstreamAddress = of.upstream;
    exchange.upstreamStatus = of.upstream;
  }
  return exchange;
}

/** The bytes are gone when the decoder has had them, as those of a read buffer are. */
function decode(
  start: string,
  all: readonly (readonly [string, string])[],
  take: (bytes: Buffer) => void,
): void {
  const lines = all.map(([name, text]) => `${name}: ${text.replace(/[^\t -~\x80-\xff]/g, '')}\r\n`);
  const bytes = Buffer.from(`${start}${lines.join('')}\r\n`, 'latin1');
  take(bytes);
  bytes.fill('!');
}

const format = fc.array(
  fc.oneof(
    fc.constantFrom(...readers.keys()).map((name) => ({ name })),
    fc.constantFrom('', ' ', '"', ' - [', 'more than eight', 'é', 'y'.repeat(1_000)),
  ),
  { minLength: 1, maxLength: 12 },
);

for (const escape of ['default', 'json', 'none'] as const) {
  test(`escape=${escape}: a line is what its variables say, escaped`, () => {
    fc.assert(
      fc.property(subject, format, (of, pieces) => {
        clock.advanceMs(of.passedMs);
        const exchange = exchangeOf(of);
        const text = pieces.map((piece) => {
          return typeof piece === 'string' ? piece : `\${${piece.name}}`;
        });
        const line = written(text.join(''), escape, exchange);
        const expected = pieces.map((piece) => {
          return typeof piece === 'string'
            ? Buffer.from(piece).toString('latin1')
            : ESCAPES[escape](readers.get(piece.name)?.(exchange));
        });
        assert.equal(line, expected.join(''));
      }),
      { numRuns: 1_000 },
    );
  });

  test(`escape=${escape}: every variable alone`, () => {
    fc.assert(
      fc.property(subject, (of) => {
        clock.advanceMs(of.passedMs);
        const exchange = exchangeOf(of);
        for (const [name, read] of readers) {
          const line = written(`\${${name}}`, escape, exchange);
          assert.equal(line, ESCAPES[escape](read(exchange)), name);
        }
      }),
    );
  });
}

test('a request of 30 KB that must be escaped', () => {
  const exchange = new Exchange();
  const target = `/${'"'.repeat(30_000)}`;
  decode(`GET ${target} HTTP/1.1\r\nHost: a.test\r\n`, [], (bytes) => {
    const decoder = new RequestDecoder();
    decoder.maxRequestLineBytes = 32_000;
    decoder.maxHeadBytes = 40_000;
    assert.ok(decoder.decodeHead(bytes, 0, bytes.length, exchange.request) > 0);
  });
  const line = written('$request', 'default', exchange);
  assert.equal(line, `GET /${'\\x22'.repeat(30_000)} HTTP/1.1`);
  assert.equal(written('$request', 'none', exchange), `GET ${target} HTTP/1.1`);
});

test('a head that did not come whole shows nothing of the one before it', () => {
  const exchange = new Exchange();
  decode('GET /secret HTTP/1.1\r\nHost: a.test\r\n', [['User-Agent', 'secret']], (bytes) => {
    const decoder = new RequestDecoder();
    assert.ok(decoder.decodeHead(bytes, 0, bytes.length, exchange.request) > 0);
  });
  exchange.reset();
  const begun = Buffer.from('GET / HTTP/1.1\r\nUser-Agent: some agent, long enough\r\nHost: ');
  new RequestDecoder().decodeHead(begun, 0, begun.length, exchange.request);
  assert.equal(
    written('[$request] [$request_uri] [$uri] [$http_user_agent]', 'default', exchange),
    '[] [-] [-] []',
  );
});
