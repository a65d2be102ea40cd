// weir.config.ts: a balancer that is a function, and what it does wrong.

import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { startOrigin } from '#native-bench/origin/origin.ts';
import { ask, checkTyped, typedConf } from '#test/support/typed.ts';
import { startWeir, type Weir } from '#test/support/weir.ts';

/** Three origins that answer with their name, behind a Weir with that balancer. */
async function start(t: TestContext, balancer: string, main = ''): Promise<Weir> {
  const servers: string[] = [];
  for (const name of ['a', 'b', 'c']) {
    const origin = await startOrigin({ respond: () => ({ body: name }) });
    t.after(() => origin.close());
    servers.push(`'127.0.0.1:${origin.port}'`);
  }
  const weir = await startWeir({
    name: 'weir.config.ts',
    conf: (port) =>
      typedConf(
        `upstream: { app: { balancer: ${balancer}, server: [${servers.join()}] } },
        server: [{ listen: '127.0.0.1:${port}', addHeader: { 'X-Policy': '$upstream_policy' },
          location: { '/': { proxyPass: 'http://app' }, '= /status': { statusJson: true } } }],`,
        main,
      ),
  });
  t.after(() => weir.stop());
  return weir;
}

async function names(weir: Weir, count: number): Promise<string> {
  let text = '';
  for (let request = 0; request < count; request++) text += (await ask(weir, '/')).body;
  return text;
}

describe('a balancer of weir.config.ts', () => {
  it('chooses by index or endpoint, and sees what the policies see', async (t) => {
    const weir = await start(
      t,
      `({ endpoints, nextTurn }) => {
        const usable = endpoints.filter(({ isUsable, inFlight, weight }) => isUsable && inFlight === 0 && weight === 1);
        if (usable.length !== 3) throw new Error('not as it was');
        return nextTurn === undefined ? undefined : usable[2];
      }`,
    );
    assert.equal(await names(weir, 4), 'cccc');
    assert.equal((await ask(weir, '/')).headers.get('x-policy'), 'balancer');
    assert.doesNotMatch(weir.output, /failed/);
  });

  it('that gives nothing leaves it to round robin, which is no fault', async (t) => {
    const weir = await start(t, '() => undefined');
    assert.equal(await names(weir, 6), 'abcabc');
    assert.doesNotMatch(weir.output, /failed/);
  });

  const faults: readonly [does: string, balancer: string, told: RegExp][] = [
    ['throws', `function odd() { throw new Error('no idea'); }`, /Error: no idea/],
    ['gives an index that there is not', 'function odd() { return 7; }', /it chose 7, which/],
    ['gives an index below zero', 'function odd() { return -1; }', /it chose -1, which/],
    ['gives no number', 'function odd() { return Number.NaN; }', /it chose NaN, which/],
    ['gives half an index', 'function odd() { return 0.5; }', /it chose 0.5, which/],
    ['gives null', 'function odd() { return null as never; }', /it chose null, which/],
    ['gives nonsense', `function odd() { return 'b' as never; }`, /it chose b, which/],
    [
      'gives a promise',
      'function odd() { return Promise.resolve(1) as never; }',
      /an object, which/,
    ],
  ];
  for (const [does, balancer, told] of faults) {
    it(`that ${does} is told and counted, and round robin chooses`, async (t) => {
      const weir = await start(t, balancer);
      assert.equal(await names(weir, 3), 'abc');
      await weir.waitForLine(
        /balancer odd failed, round robin chooses: .* in .*weir.config.ts:\d+/,
      );
      assert.match(weir.output, told);
      const { functions } = JSON.parse((await ask(weir, '/status')).body) as {
        functions: { failures: number };
      };
      assert.equal(functions.failures, 3);
    });
  }

  it('that takes long is named while it does', async (t) => {
    const weir = await start(
      t,
      'function odd() { const endAtMs = Date.now() + 1_800; while (Date.now() < endAtMs); return 1; }',
    );
    const answer = ask(weir, '/');
    await weir.waitForLine(/function odd has blocked thread \d for \d{4} ms: its requests wait/);
    assert.equal((await answer).body, 'b');
  });

  it('that never ends is named, costs its own thread only, and Weir still ends', async (t) => {
    const weir = await start(t, 'function odd() { for (;;); }', 'workerProcesses: 2,');
    const lost = ask(weir, '/').catch(() => 'ended with Weir');
    await weir.waitForLine(/function odd has blocked thread \d for \d{4} ms: its requests wait/);
    // Which thread takes a connection the kernel draws: of forty some come to the other one.
    const asked = Array.from({ length: 40 }, () => ask(weir, '/status'));
    assert.equal((await Promise.any(asked)).status, 200);
    await weir.stop();
    assert.equal(await lost, 'ended with Weir');
    await Promise.allSettled(asked);
  });

  it('is refused beside another policy only with a warning, and where it is no function', async () => {
    const both = await checkTyped(
      typedConf(`upstream: { app: { leastConn: true, balancer: () => 0, server: ['127.0.0.1:9'] } },
        server: [{ listen: 1, location: { '/': { proxyPass: 'http://app' } } }],`),
    );
    assert.match(
      both.stderr,
      /\[warn\] load balancing method redefined: "balancer" replaces "least_conn"/,
    );
    const text = await checkTyped(
      typedConf(`upstream: { app: { balancer: 'least' as never, server: ['127.0.0.1:9'] } },
        server: [{ listen: 1, location: { '/': { proxyPass: 'http://app' } } }],`),
    );
    assert.match(text.stderr, /\[emerg\] .*balancer/);
    assert.equal(text.code, 1);
  });
});
