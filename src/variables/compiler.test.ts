import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { ManualClock } from '#src/base/clock.ts';
import { ByteWriter } from '#src/bytes/byte-writer.ts';
import type { Downstream } from '#src/exchange/downstream.ts';
import { Exchange, RESPONSE_ENDED, RESPONSE_STARTED } from '#src/exchange/exchange.ts';
import type { LogEscape } from '#src/exchange/log-arguments.ts';
import { fieldIdOf } from '#src/http/field-names.ts';
import { Problems } from '#src/schema/problem.ts';
import { VariableCompiler } from './compiler.ts';

process.env['TZ'] = 'UTC';

const PLACE = { file: 'f', line: 1, column: 1 };
const clock = new ManualClock(Date.UTC(2026, 10, 21, 0, 13, 57, 25));
const compiler = new VariableCompiler({ clock, hostname: 'edge-1', pid: 42 });

const facts = {
  remoteAddress: '203.0.113.7',
  remotePort: 50_001,
  localAddress: '192.0.2.1',
  localPort: 8_080,
  scheme: 'http' as const,
  connectionSerial: 9,
  openedAtMs: 0,
  exchangeCount: 3,
};

function exchangeOf(target: string, fields: readonly (readonly [string, string])[] = []): Exchange {
  const exchange = new Exchange();
  const { request } = exchange;
  request.method = 'GET';
  request.target = target;
  request.originTarget = target;
  request.queryAt = target.indexOf('?');
  request.path = target.split('?')[0] ?? '';
  request.host = 'a.test';
  for (const [name, value] of fields) request.fields.append(fieldIdOf(name), name, value);
  // Variables read nothing of it but the facts.
  exchange.downstream = { facts } as Downstream;
  exchange.serverName = 'site.test';
  return exchange;
}

function evaluate(text: string, exchange: Exchange): string {
  const problems = new Problems();
  const value = compiler.compile(text, PLACE, problems);
  assert.deepEqual(problems.list, []);
  assert.ok(value);
  return value.evaluate(exchange);
}

function logLine(text: string, escape: LogEscape, exchange: Exchange): string {
  const format = compiler.compileLogFormat(text, escape, PLACE, new Problems());
  assert.ok(format);
  const out = new ByteWriter(0);
  format.write(exchange, out);
  return out.bytes.toString('latin1', 0, out.at);
}

const FIELDS = [
  ['User-Agent', 'curl/8'],
  ['X-Forwarded-For', '198.51.100.1'],
  ['Cookie', 'a=1; Session=xyz; b=2'],
  ['X-Twice', 'one'],
  ['X-Twice', 'two'],
  ['Authorization', `Basic ${Buffer.from('ann:secret').toString('base64')}`],
  ['Content-Type', 'text/css'],
] as const;

const VALUES: readonly (readonly [text: string, value: string])[] = [
  ['plain', 'plain'],
  ['', ''],
  ['$host', 'a.test'],
  ['${host}name', 'a.testname'],
  ['$HOST', 'a.test'],
  ['$scheme://$host:$server_port$request_uri', 'http://a.test:8080/p/q?x=1&Yy=2&z'],
  ['$request', 'GET /p/q?x=1&Yy=2&z HTTP/1.1'],
  ['$request_method $server_protocol', 'GET HTTP/1.1'],
  ['$uri $document_uri', '/p/q /p/q'],
  ['$uri$is_args$args', '/p/q?x=1&Yy=2&z'],
  ['$query_string', 'x=1&Yy=2&z'],
  ['$arg_x $arg_yy [$arg_z] [$arg_no]', '1 2 [] []'],
  ['$http_user_agent', 'curl/8'],
  ['$http_x_twice', 'one, two'],
  ['$http_no_such', ''],
  ['$cookie_session $cookie_b [$cookie_sess]', 'xyz 2 []'],
  ['$proxy_add_x_forwarded_for', '198.51.100.1, 203.0.113.7'],
  ['$remote_addr:$remote_port', '203.0.113.7:50001'],
  ['$server_addr $server_name', '192.0.2.1 site.test'],
  ['$connection $connection_requests $pipe', '9 3 .'],
  ['$remote_user', 'ann'],
  ['$content_type|$content_length', 'text/css|'],
  ['$hostname $pid', 'edge-1 42'],
  ['$time_iso8601', '2026-11-21T00:13:57+00:00'],
  ['$time_local', '21/Nov/2026:00:13:57 +0000'],
  ['$msec', `${Date.UTC(2026, 10, 21, 0, 13, 57) / 1_000}.025`],
];

for (const [text, value] of VALUES) {
  test(`"${text}" is "${value}"`, () => {
    assert.equal(evaluate(text, exchangeOf('/p/q?x=1&Yy=2&z', FIELDS)), value);
  });
}

test('without Host the name of the server stands in', () => {
  const exchange = exchangeOf('/');
  exchange.request.host = '';
  assert.equal(evaluate('$host', exchange), 'site.test');
});

test('an empty query has no question mark', () => {
  assert.equal(evaluate('$uri$is_args$args', exchangeOf('/p?')), '/p');
});

test('what the attempt and the answer were', () => {
  const exchange = exchangeOf('/');
  exchange.proxyHost = 'back';
  exchange.proxyPort = '80';
  exchange.upstreamAddress = '127.0.0.1:9000';
  exchange.upstreamStatus = '200';
  exchange.upstreamConnectMs = 1.9;
  exchange.upstreamResponseMs = 61_500;
  exchange.bodyBytesSent = 5;
  exchange.bytesSent = 150;
  exchange.response.status = 200;
  exchange.response.fields.append(0, 'X-Cache', 'HIT');
  exchange.responseState = RESPONSE_ENDED;
  const line =
    '$status $body_bytes_sent $bytes_sent $upstream_addr $upstream_status $upstream_connect_time $upstream_header_time $upstream_response_time $sent_http_x_cache $upstream_http_x_cache $request_completion $proxy_host:$proxy_port $reason';
  const value = '200 5 150 127.0.0.1:9000 200 0.001 - 61.500 HIT HIT OK back:80 -';
  assert.equal(logLine(line, 'default', exchange), value);
});

test('a status has three digits, and that of the failure before an answer began', () => {
  const exchange = exchangeOf('/');
  assert.equal(evaluate('$status', exchange), '000');
  exchange.reason = 'client_abort';
  assert.equal(evaluate('$status $reason', exchange), '499 client_abort');
  exchange.response.status = 200;
  exchange.responseState = RESPONSE_STARTED;
  assert.equal(evaluate('$status', exchange), '200');
});

test('$request_time counts from the first byte, in milliseconds', () => {
  const exchange = exchangeOf('/');
  exchange.startedAtMs = clock.nowMs;
  clock.advanceMs(1_234.9);
  assert.equal(evaluate('$request_time', exchange), '1.234');
});

test('$request_id is 32 hex digits, the same for one exchange, another for the next', () => {
  const first = exchangeOf('/');
  const id = evaluate('$request_id', first);
  assert.match(id, /^[0-9a-f]{32}$/);
  assert.equal(evaluate('$request_id', first), id);
  assert.notEqual(evaluate('$request_id', exchangeOf('/')), id);
});

test('a text without variables folds into a constant, one char per byte', () => {
  const value = compiler.compile('héllo', PLACE, new Problems());
  assert.equal(value?.constant, Buffer.from('héllo').toString('latin1'));
  assert.equal(compiler.compile('$host', PLACE, new Problems())?.constant, undefined);
});

test('log values are escaped as nginx does', () => {
  const exchange = exchangeOf('/', [['User-Agent', 'a"b\\c\x1f\x7f\xe9 ~']]);
  assert.equal(
    logLine('"$http_user_agent"', 'default', exchange),
    '"a\\x22b\\x5Cc\\x1F\\x7F\\xE9 ~"',
  );
  assert.equal(logLine('"$http_user_agent"', 'json', exchange), '"a\\"b\\\\c\\u001F\x7f\xe9 ~"');
  assert.equal(logLine('$http_user_agent', 'none', exchange), 'a"b\\c\x1f\x7f\xe9 ~');
});

test('a log line shows "-" for no value; other escapes show nothing', () => {
  const exchange = exchangeOf('/');
  assert.equal(logLine('[$http_referer]', 'default', exchange), '[-]');
  assert.equal(logLine('[$http_referer]', 'json', exchange), '[]');
  assert.equal(logLine('[$http_referer]', 'none', exchange), '[]');
});

test('json escaping is what JSON reads back', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary-ascii' }), (value) => {
      const exchange = exchangeOf('/', [['User-Agent', value]]);
      const line = logLine('{"agent":"$http_user_agent"}', 'json', exchange);
      assert.deepEqual(JSON.parse(line), { agent: value });
    }),
  );
});

test('a line with default escaping is one line of printable ASCII', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary-ascii' }), (value) => {
      const exchange = exchangeOf('/', [['User-Agent', value]]);
      assert.match(logLine('$http_user_agent', 'default', exchange), /^[ -~]*$/);
    }),
  );
});

const MISTAKES: readonly (readonly [text: string, message: string])[] = [
  ['$remote_adr', 'unknown "remote_adr" variable, did you mean "$remote_addr"?'],
  ['$nothing_like_it', 'unknown "nothing_like_it" variable'],
  ['$ssl_protocol', '"$ssl_protocol" is not built yet in this version of Weir'],
  ['$1', '"$1" is not built yet in this version of Weir'],
  ['a$', 'invalid variable name, a "$" begins the name of a variable and cannot stand for itself'],
  [
    '${host',
    'the closing bracket in "host" variable is missing, a "$" begins the name of a variable and cannot stand for itself',
  ],
  ['$http_', 'unknown "http_" variable, did you mean "$https"?'],
];

for (const [text, message] of MISTAKES) {
  test(`"${text}" is refused`, () => {
    const problems = new Problems();
    assert.equal(compiler.compile(text, PLACE, problems), undefined);
    const [problem] = problems.list;
    const said = problem?.suggestion === undefined ? '' : `, ${problem.suggestion}`;
    assert.equal(`${problem?.message}${said}`, message);
  });
}

test('any text compiles or is refused; nothing throws', () => {
  fc.assert(
    fc.property(
      fc.array(fc.constantFrom('$', '{', '}', 'host', ' ', 'é', '1', 'http_')),
      (parts) => {
        const problems = new Problems();
        const value = compiler.compile(parts.join(''), PLACE, problems);
        assert.equal(value === undefined, problems.isFatal);
        value?.evaluate(exchangeOf('/'));
      },
    ),
  );
});

test('what is said to be of the connection is the same for all its requests with the same host', () => {
  /** Two requests that have nothing in common but their connection, host, server and location. */
  const [one, other] = [exchangeOf('/one?a=1', FIELDS), exchangeOf('/two')];
  one.request.fields.reset(); // X-Forwarded-For apart: see ComplexValue
  one.request.fields.append(fieldIdOf('cookie'), 'Cookie', 'a=1');
  one.request.fields.append(fieldIdOf('content-length'), 'Content-Length', '9');
  other.request.method = 'POST';
  other.request.protocol = 'HTTP/1.0';
  other.request.headBytes = 9;
  other.responseState = RESPONSE_STARTED;
  other.response.status = 404;
  other.upstreamAddress = '10.0.0.1:80';
  other.upstreamStatus = '404';
  other.bytesSent = 9;
  other.bodyBytesSent = 9;
  for (const exchange of [one, other]) {
    exchange.proxyHost = 'api:8080';
    exchange.proxyPort = '8080';
  }
  const isOfConnection = (text: string): boolean | undefined =>
    compiler.compile(text, PLACE, new Problems())?.isOfConnection;
  const found = compiler.names.filter((name) => isOfConnection(`$${name}`) === true);
  for (const name of found) {
    assert.equal(evaluate(`$${name}`, one), evaluate(`$${name}`, other), name);
    assert.notEqual(evaluate(`$${name}`, one), '', name);
  }
  for (const name of ['host', 'remote_addr', 'scheme', 'proxy_add_x_forwarded_for', 'proxy_host']) {
    assert.ok(found.includes(name), name);
  }
  for (const text of ['', 'plain', '$host', 'a${host}b$remote_addr']) {
    assert.equal(isOfConnection(text), true, text);
  }
  for (const text of ['$uri', '$http_host', '$host$uri', 'a$request_id', '$connection_requests']) {
    assert.equal(isOfConnection(text), false, text);
  }
});

test('the port that the client wrote, and the colon before it', () => {
  const text = '$host$is_request_port$request_port';
  assert.equal(evaluate(text, exchangeOf('/', [['Host', 'a.test:8080']])), 'a.test:8080');
  assert.equal(evaluate(text, exchangeOf('/', [['Host', '[::1]:81']])), 'a.test:81');
  assert.equal(evaluate(text, exchangeOf('/', [['Host', 'a.test']])), 'a.test');
  assert.equal(evaluate(text, exchangeOf('/', [['Host', '[::1]']])), 'a.test');
  const absolute = exchangeOf('http://a.test:82/p', [['Host', 'a.test']]);
  assert.equal(evaluate(text, absolute), 'a.test:82');
});

test('bytes of several attempts are joined, and there are none without an attempt', () => {
  const text = '$upstream_bytes_received;$upstream_bytes_sent;$upstream_response_length';
  const exchange = exchangeOf('/');
  assert.equal(logLine(text, 'default', exchange), '-;-;-');
  exchange.upstreamAddress = 'a, b, c';
  exchange.upstreamEarlier = [1, 2, 3, -1, -1, 7, 0, 4, 5, 6, 1, 2, 1_003, 1];
  exchange.upstreamReceivedBytes = 7;
  exchange.upstreamSentBytes = 8;
  exchange.upstreamBodyBytes = 9;
  assert.equal(logLine(text, 'default', exchange), '1, 4 : 7;2, 5 : 8;3, 6 : 9');
  const times = '$upstream_connect_time;$upstream_header_time;$upstream_response_time';
  const expected = '-, 0.001 : -;-, 0.002 : -;0.007, 1.003 : -';
  assert.equal(logLine(times, 'default', exchange), expected);
  assert.equal(evaluate(times, exchange), expected);
});

test('cookies and trailers of the endpoint', () => {
  const exchange = exchangeOf('/');
  exchange.response.fields.append(0, 'Set-Cookie', 'Other=1; Path=/');
  exchange.response.fields.append(0, 'Set-Cookie', 'SID = x7f ;HttpOnly');
  exchange.response.fields.append(0, 'Set-Cookie', 'nothing');
  exchange.response.trailers = 'X-Sum: abc\r\nX-Time:  1 \r\n';
  const text = '$upstream_cookie_sid,$upstream_cookie_nothing,$upstream_trailer_x_sum';
  assert.equal(evaluate(text, exchange), ',,');
  exchange.upstreamAddress = 'a';
  assert.equal(evaluate(text, exchange), 'x7f,,abc');
  assert.equal(evaluate('$sent_trailer_x_time', exchange), '');
  exchange.keepsTrailers = true;
  assert.equal(evaluate('$sent_trailer_x_time$sent_trailer_x_no', exchange), '1');
});

test('the age of a connection, and what Node does not tell', () => {
  const exchange = exchangeOf('/');
  clock.advanceMs(2_500);
  const before = Number(evaluate('$connection_time', exchange));
  clock.advanceMs(1_250);
  assert.equal(Number(evaluate('$connection_time', exchange)) - before, 1.25);
  assert.equal(evaluate('$https$tcpinfo_rtt$proxy_protocol_addr$request_body_file', exchange), '');
});
