import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ManualClock } from '#src/base/clock.ts';
import { RequestDecoder } from '#src/codecs/h1/request-decoder.ts';
import type { ClientFacts, Downstream } from '#src/exchange/downstream.ts';
import { Exchange } from '#src/exchange/exchange.ts';
import type { Location, ProxyHandler } from '#src/routing/model.ts';
import { Problems } from '#src/schema/problem.ts';
import { VariableCompiler } from '#src/variables/compiler.ts';
import { RequestPlan } from './request-plan.ts';

const compiler = new VariableCompiler({ clock: new ManualClock(), hostname: 'edge', pid: 1 });

interface Sketch {
  path?: string;
  uri?: string;
  via?: string;
  httpVersion?: '1.0' | '1.1';
  /** As `proxy_set_header name value`. */
  set?: Record<string, string>;
}

function planOf({ httpVersion = '1.1', path = '/', set = {}, uri, via = '' }: Sketch = {}) {
  const setHeaders = Object.entries(set).map(([name, text]) => {
    const problems = new Problems();
    const value = compiler.compile(text, { file: 'f', line: 1, column: 1 }, problems);
    assert.deepEqual(problems.list, []);
    return [name, value] as const;
  });
  const proxy = {
    deadlineHeader: 'off',
    httpVersion,
    passRequestHeaders: true,
    setHeaders,
    upgrades: ['websocket'],
  };
  const location = { match: { kind: 'prefix', path }, via, proxy } as unknown as Location;
  const hostHeader = 'api:8080';
  const target = undefined;
  const handler: ProxyHandler = {
    kind: 'proxy',
    upstream: 0,
    target,
    uri,
    hostHeader,
    port: '8080',
  };
  return new RequestPlan(location, handler);
}

/** One connection of a client, which has asked for something before unless it is new. */
class Client {
  readonly facts: ClientFacts & { exchangeCount: number };

  constructor(remoteAddress = '203.0.113.7', { isNew = false } = {}) {
    this.facts = {
      ...{ remoteAddress, remotePort: 5_000, localAddress: '192.0.2.1', localPort: 80 },
      ...{
        scheme: 'http',
        connectionSerial: 9,
        openedAtMs: 0,
        exchangeCount: isNew ? 0 : 1,
        lines: undefined,
      },
    };
  }

  asks(host: string, ...more: string[]): Exchange {
    return this.asksFor('GET / HTTP/1.1', `Host: ${host}`, ...more);
  }

  asksFor(...lines: string[]): Exchange {
    const exchange = new Exchange();
    this.facts.exchangeCount += 1;
    const bytes = Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1');
    const decoder = new RequestDecoder();
    assert.equal(decoder.decodeHead(bytes, 0, bytes.length, exchange.request), bytes.length);
    exchange.downstream = { facts: this.facts } as Downstream;
    return exchange;
  }

  get keptCount(): number {
    return this.facts.lines?.count ?? 0;
  }
}

function linesOf(plan: RequestPlan, exchange: Exchange): string[] {
  const lines = plan.lines(exchange) ?? assert.fail('a value would split the head');
  const text = lines.bytes.toString('latin1', 0, lines.at);
  assert.equal(lines.view.getUint8(0), lines.bytes[0]);
  assert.ok(text.endsWith('\r\n'));
  return text.slice(0, -2).split('\r\n');
}

const FORWARDED = {
  'X-Real-IP': '$remote_addr',
  'X-Forwarded-For': '$proxy_add_x_forwarded_for',
  'X-Host': '$host',
};

describe('the lines of a plan', () => {
  it('are the name of the upstream, what is set, and nothing that is empty', () => {
    const plan = planOf({
      set: { 'X-A': 'a', 'X-Empty': '', 'X-None': '$http_none', 'X-B': 'b$host' },
    });
    assert.deepEqual(linesOf(plan, new Client().asks('a.test')), [
      'Host: api:8080',
      'X-A: a',
      'X-B: ba.test',
    ]);
    assert.deepEqual(linesOf(planOf({ set: { Host: '$host' } }), new Client().asks('a.test')), [
      'Host: a.test',
    ]);
  });

  it('are not kept for the first request of a connection: often it is the only one', () => {
    const plan = planOf({ set: FORWARDED });
    const client = new Client('203.0.113.7', { isNew: true });
    const first = client.asks('a.test');
    const expected = linesOf(plan, first);
    assert.equal(expected[1], 'X-Real-IP: 203.0.113.7');
    assert.deepEqual(linesOf(plan, first), expected, 'nor when it is tried again');
    assert.equal(client.keptCount, 0);
    assert.deepEqual(linesOf(plan, client.asks('a.test')), expected);
    assert.equal(client.keptCount, 1);
  });

  it('are made for the second request of a connection, and kept', () => {
    const plan = planOf({ set: FORWARDED, via: 'edge' });
    const client = new Client();
    const kept = plan.lines(client.asks('a.test'));
    const expected = [
      'Host: api:8080',
      'X-Real-IP: 203.0.113.7',
      'X-Forwarded-For: 203.0.113.7',
      'X-Host: a.test',
      'Via: 1.1 edge',
    ];
    for (let time = 0; time < 3; time++) {
      assert.equal(plan.lines(client.asks('A.test:80')), kept);
      assert.deepEqual(linesOf(plan, client.asks('a.test')), expected);
      linesOf(planOf({ set: { 'X-Other': 'what comes between' } }), new Client().asks('b.test'));
    }
    assert.equal(client.keptCount, 1);
  });

  it('are of one connection only', () => {
    const plan = planOf({ set: FORWARDED });
    const [one, other] = [new Client('203.0.113.7'), new Client('198.51.100.1')];
    for (let time = 0; time < 2; time++) {
      for (const client of [one, other]) {
        const { remoteAddress } = client.facts;
        assert.equal(linesOf(plan, client.asks('a.test'))[1], `X-Real-IP: ${remoteAddress}`);
      }
    }
  });

  it('are kept for each host and each plan', () => {
    const plans = ['one', 'two'].map((name) =>
      planOf({ set: { 'X-Plan': name, 'X-Host': '$host' } }),
    );
    const client = new Client();
    for (let time = 0; time < 3; time++) {
      for (const [at, name] of ['one', 'two'].entries()) {
        for (const host of ['a.test', 'b.test']) {
          const lines = linesOf(plans[at] as RequestPlan, client.asks(host));
          assert.deepEqual(lines, ['Host: api:8080', `X-Plan: ${name}`, `X-Host: ${host}`]);
        }
      }
    }
    assert.equal(client.keptCount, 4);
  });

  it('are kept for the first four, made anew for others, and right for all', () => {
    const plan = planOf({ set: { 'X-Host': '$host' } });
    const client = new Client();
    const hosts = Array.from({ length: 9 }, (_, at) => `${at}.test`);
    const kept = hosts.slice(0, 4).map((host) => plan.lines(client.asks(host)));
    for (const host of [...hosts, ...hosts.toReversed(), ...hosts]) {
      assert.deepEqual(linesOf(plan, client.asks(host)), ['Host: api:8080', `X-Host: ${host}`]);
    }
    assert.equal(client.keptCount, 4);
    assert.deepEqual(
      hosts.slice(0, 4).map((host) => plan.lines(client.asks(host))),
      kept,
    );
    for (const [at, one] of kept.entries())
      assert.equal(plan.lines(client.asks(`${at}.test`)), one);
  });

  it('are never kept when a value is of the request', () => {
    for (const value of [
      '$request_uri',
      '$http_x_a',
      '$request_id',
      'a${connection_requests}',
      '$args',
    ]) {
      const client = new Client();
      planOf({ set: { 'X-A': value } }).lines(
        client.asksFor('GET /?x HTTP/1.1', 'Host: a', 'X-A: b'),
      );
      assert.equal(client.keptCount, 0, value);
    }
    const client = new Client();
    planOf({ set: { Connection: '$http_x_a' } }).lines(client.asks('a.test'));
    assert.equal(client.keptCount, 0, 'Connection');
  });

  it('are those of the request itself when it brings what changes them', () => {
    const plan = planOf({ set: FORWARDED, via: 'edge' });
    const client = new Client();
    const usual = linesOf(plan, client.asks('a.test'));
    const [host, realIp, , xHost, via] = usual;
    const forwardedFor = 'X-Forwarded-For: 203.0.113.7';
    const cases: [lines: string[], changed: (string | undefined)[]][] = [
      [
        ['GET / HTTP/1.1', 'Host: a.test', 'X-Forwarded-For: 198.51.100.1'],
        [host, realIp, 'X-Forwarded-For: 198.51.100.1, 203.0.113.7', xHost, via],
      ],
      [
        ['GET / HTTP/1.1', 'Host: a.test', 'x-forwarded-for: 1', 'X-FORWARDED-FOR: 2'],
        [host, realIp, 'X-Forwarded-For: 1, 2, 203.0.113.7', xHost, via],
      ],
      [
        ['GET / HTTP/1.1', 'Host: a.test', 'Via: 1.0 other'],
        [host, realIp, forwardedFor, xHost, 'Via: 1.0 other, 1.1 edge'],
      ],
      [
        ['GET / HTTP/1.0', 'Host: a.test'],
        [host, realIp, forwardedFor, xHost, 'Via: 1.0 edge'],
      ],
      [
        ['GET / HTTP/1.1', 'Host: a.test', 'Connection: upgrade', 'Upgrade: WebSocket'],
        [host, realIp, forwardedFor, xHost, via, 'Connection: upgrade', 'Upgrade: WebSocket'],
      ],
      [['GET / HTTP/1.1', 'Host: a.test', 'Connection: upgrade', 'Upgrade: other'], usual],
      [
        ['PUT / HTTP/1.1', 'Host: a.test', 'Expect: 100-continue', 'Content-Length: 1'],
        [host, realIp, forwardedFor, xHost, via, 'Expect: 100-continue'],
      ],
    ];
    for (const [lines, changed] of cases) {
      for (const each of [client, new Client()]) {
        assert.deepEqual(linesOf(plan, each.asksFor(...lines)), changed, lines.join(' | '));
      }
      assert.deepEqual(linesOf(plan, client.asks('a.test')), usual, 'and the next is usual again');
    }
    const withTrailers = client.asks('a.test');
    withTrailers.keepsTrailers = true;
    assert.deepEqual(linesOf(plan, withTrailers), [...usual, 'TE: trailers', 'Connection: TE']);
    assert.equal(client.keptCount, 1);
  });

  it('are none when a value would split the head, and nothing is kept of them', () => {
    const plan = planOf({ set: { 'X-A': 'a', 'X-Uri': '$uri' } });
    const client = new Client();
    for (const target of ['/a%0d%0aX-B:b', '/%00'.replace('00', '01'), '/%7f']) {
      const exchange = client.asksFor(`GET ${target} HTTP/1.1`, 'Host: a.test');
      assert.equal(plan.lines(exchange), undefined, target);
    }
    assert.equal(client.keptCount, 0);
    const clean = client.asksFor('GET /a%09b HTTP/1.1', 'Host: a.test');
    assert.deepEqual(linesOf(plan, clean), ['Host: api:8080', 'X-A: a', 'X-Uri: /a\tb']);
  });

  it('are none when a value of the connection would split the head, each time', () => {
    const plan = planOf({ set: { 'X-Real-IP': '$remote_addr' } });
    const client = new Client('1.2.3.4\r\nX-Admin: 1');
    for (let time = 0; time < 3; time++) assert.equal(plan.lines(client.asks('a.test')), undefined);
    assert.equal(client.keptCount, 0);
  });

  it('say how the connection to the endpoint is to end, as it was set', () => {
    const lines = (sketch: Sketch): string[] => linesOf(planOf(sketch), new Client().asks('a'));
    assert.deepEqual(lines({ httpVersion: '1.0' }), ['Host: api:8080', 'Connection: close']);
    assert.deepEqual(lines({ set: { Connection: 'close' } }), [
      'Host: api:8080',
      'Connection: close',
    ]);
    for (const nothing of ['', 'keep-alive', 'upgrade', '$http_none']) {
      assert.deepEqual(lines({ set: { Connection: nothing } }), ['Host: api:8080'], nothing);
    }
  });

  it('may be long', () => {
    const long = 'v'.repeat(5_000);
    const plan = planOf({ set: { 'X-Long': long, 'X-Host': '$host' } });
    const client = new Client();
    for (let time = 0; time < 2; time++) {
      const expected = ['Host: api:8080', `X-Long: ${long}`, 'X-Host: a.test'];
      assert.deepEqual(linesOf(plan, client.asks('a.test')), expected);
    }
  });
});

describe('the target of a plan', () => {
  const target = (sketch: Sketch, asked: string): string | undefined =>
    planOf(sketch).target(new Client().asksFor(`GET ${asked} HTTP/1.1`, 'Host: a'));

  it('is the one that came, unless proxy_pass has a URI', () => {
    for (const asked of ['/a/b?c', '/a/%62//c', '/a/']) {
      assert.equal(target({ path: '/a/' }, asked), undefined);
    }
  });

  it('has the URI in place of the prefix, and the query that came', () => {
    const sketch = { path: '/a/', uri: '/x/' };
    assert.equal(target(sketch, '/a/b?c=/d'), '/x/b?c=/d');
    assert.equal(target(sketch, '/a/b?'), '/x/b'); // as in nginx
    assert.equal(target(sketch, '/a/'), '/x/');
    assert.equal(target(sketch, '/a//b/../%63%20?d%20'), '/x/c%20?d%20');
  });
});
