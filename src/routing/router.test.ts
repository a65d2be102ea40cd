import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Exchange } from '#src/exchange/exchange.ts';
import { compilePattern } from '#src/pattern/pattern.ts';
import type { CapturingPattern } from '#src/schema/directive.ts';
import { KeptPattern } from '#src/variables/table-variables.ts';
import type { Location, ServerListen, VirtualServer } from './model.ts';
import { Router } from './router.ts';

const FALLBACK = { match: { kind: 'prefix', path: '' }, handler: { kind: 'none' } } as Location;
const API = { match: { kind: 'prefix', path: '/api/' }, handler: { kind: 'none' } } as Location;

function regex(name: string): CapturingPattern<Exchange> {
  const pattern = compilePattern(name.slice(1), { caseless: true });
  if ('problem' in pattern) throw new Error(pattern.problem);
  return new KeptPattern(pattern, []);
}

/** Asks for a host. */
function ask(router: Router, key: string, host: string, exchange = new Exchange()) {
  exchange.request.host = host;
  return router.findServer(key, exchange);
}

function server(names: string[], listens: (string | ServerListen)[], locations: Location[] = []) {
  return {
    names: names.map((name) => ({ name, pattern: name.startsWith('~') ? regex(name) : undefined })),
    listens: listens.map((one) => (typeof one === 'string' ? { key: one, isDefault: false } : one)),
    locations,
    fallback: FALLBACK,
    conditional: [],
    isLogged: false,
    place: { file: 'test', line: 1, column: 1 },
  } satisfies VirtualServer;
}

/** An exchange whose path stands in its head, or was set. */
function exchangeFor(path: string, isSet: boolean): Exchange {
  const exchange = new Exchange();
  const { request } = exchange;
  if (isSet) request.path = path;
  else {
    const text = Buffer.from(`GET ${path}?/api/x HTTP/1.1`);
    request.fields.take(text, 0, text.length);
    request.locateTarget(4, text.indexOf(' HTTP'));
    request.locatePath(path.length);
  }
  return exchange;
}

const A = '0.0.0.0:80';
const B = '0.0.0.0:81';

describe('a router', () => {
  it('prefers the exact name, then the longest wildcard at its front, then at its end', () => {
    const servers = [
      server(['www.*'], [A]),
      server(['*.a.test', 'www.a.*'], [A]),
      server(['www.a.test', '*.b.a.test'], [A]),
      server(['.c.test'], [A]),
      server(['c.test', 'x.c.test'], [A]), // c.test: the one before has it
    ];
    const router = new Router(servers);
    const at = (host: string): number =>
      servers.indexOf(ask(router, A, host)?.server as (typeof servers)[number]);
    const expected = {
      'www.a.test': 2,
      'one.a.test': 1,
      'two.one.a.test': 1,
      'one.b.a.test': 2,
      'b.a.test': 1,
      'a.test': 0,
      'www.a.example': 1,
      'www.b.example': 0,
      www: 0,
      'c.test': 3,
      'x.c.test': 4,
      'y.c.test': 3,
      'yc.test': 0,
      '': 0,
    };
    assert.deepEqual(
      Object.fromEntries(Object.keys(expected).map((host) => [host, at(host)])),
      expected,
    );
  });

  it('tries regular expressions last, in the order of the file, and keeps what they captured', () => {
    const servers = [
      server([''], [A]),
      server(['~^(?:www\\.)?(.+)\\.test$', '~^never$'], [A]),
      server(['~^www\\.(.+)$', '*.wild.test'], [A]),
    ];
    const router = new Router(servers);
    for (const [host, expected, captured] of [
      ['www.a.test', 1, 'a'],
      ['www.a.example', 2, 'a.example'],
      ['x.wild.test', 2, undefined],
      ['a.example', 0, undefined],
      ['', 0, undefined],
    ] as const) {
      const exchange = new Exchange();
      const found = ask(router, A, host, exchange)?.server;
      assert.equal(servers.indexOf(found as (typeof servers)[number]), expected, host);
      assert.equal(exchange.variables.captures?.[1], captured);
    }
    const alone = new Exchange();
    ask(new Router([server(['~^(.)'], [A])]), A, 'a.test', alone);
    assert.equal(alone.variables.captures?.[1], 'a');
  });

  it('chooses the server by address and name', () => {
    const servers = [
      server(['one.test', 'www.one.test'], [A]),
      server(['two.test'], [A, B]),
      server(['one.test'], [B]),
    ];
    const router = new Router(servers);
    const at = (key: string, host: string): number =>
      servers.indexOf(ask(router, key, host)?.server as (typeof servers)[number]);
    assert.deepEqual([at(A, 'one.test'), at(A, 'www.one.test'), at(A, 'two.test')], [0, 0, 1]);
    assert.deepEqual([at(B, 'one.test'), at(B, 'two.test')], [2, 1]);
    assert.equal(ask(router, 'unix:/x', 'one.test'), undefined);
  });

  it('gives other names to the default server, else to the first', () => {
    const first = server(['one.test'], [A]);
    const second = server(['two.test'], [{ key: A, isDefault: true }]);
    assert.equal(ask(new Router([first, second]), A, 'x.test')?.server, second);
    assert.equal(ask(new Router([first, server(['b'], [A])]), A, '')?.server, first);
  });

  it('gives requests without a host to the server named ""', () => {
    const nameless = server([''], [A]);
    const router = new Router([server(['one.test'], [A]), nameless]);
    assert.equal(ask(router, A, '')?.server, nameless);
  });

  it('gives a name that two servers have to the first of them', () => {
    const first = server(['same.test'], [A]);
    const router = new Router([first, server(['same.test', 'b.test'], [A])]);
    assert.equal(ask(router, A, 'same.test')?.server, first);
  });

  it('does not take the names of object members for servers', () => {
    const first = server(['one.test'], [A]);
    const router = new Router([first, server(['two.test'], [A])]);
    for (const name of ['__proto__', 'constructor', 'toString']) {
      assert.equal(ask(router, A, name)?.server, first);
    }
  });

  it('finds the location, else what holds for the server', () => {
    const router = new Router([server(['one.test'], [A], [API])]);
    const routed = ask(router, A, 'one.test');
    assert.ok(routed !== undefined);
    assert.equal(routed.name, 'one.test');
    assert.equal(routed.isReady, false);
    routed.makeReady();
    for (const isSet of [true, false]) {
      assert.equal(router.findLocation(routed, exchangeFor('/api/x', isSet)), API);
      assert.equal(router.findLocation(routed, exchangeFor('/', isSet)), FALLBACK);
    }
  });
});
