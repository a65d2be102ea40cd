// A reload takes over the whole of a new configuration, or nothing of it.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { describe, it, type TestContext } from 'node:test';
import {
  get,
  HoldingOrigin,
  heldLocation,
  processConf,
  processEnd,
  reload,
  startProcesses,
  statusOf,
  statusWhen,
} from '#test/support/processes.ts';
import { startWeir } from '#test/support/weir.ts';

const CONNECTIONS = 40;

describe('a reload', () => {
  it('serves the new configuration, and the old generation ends', async (t) => {
    const weir = await startProcesses({ page: 'before' });
    t.after(() => weir.stop());
    const before = await statusOf(weir);
    weir.writeConf((port) => processConf(port, { page: 'after' }));
    await reload(weir);
    assert.equal(await get(weir), 'after');
    // The master counts it when the new generation serves, and tells it then.
    const after = await statusWhen(weir, ({ reloadCount }) => reloadCount > 0);
    assert.equal(after.generation, before.generation + 1);
    assert.notEqual(after.configHash, before.configHash);
    assert.deepEqual(
      [after.reloadCount, after.rejectedReloadCount, after.lastReload.result],
      [1, 0, 'ok'],
    );
    await processEnd(before.generationPid);
    // What the old one counted is not lost: its last report comes when it ends.
    await statusWhen(weir, ({ requests }) => requests.total >= 4);
  });

  for (const [what, change, reason] of [
    ['a mistake', (conf: string) => `${conf} broken;`, /unknown directive "broken"/],
    [
      'a log that cannot be opened',
      (conf: string) => conf.replace('access_log off', 'access_log /nonexistent/log'),
      /open\(\) "\/nonexistent\/log" failed/,
    ],
    [
      'an address that this machine has not',
      (conf: string) => conf.replace('listen ', 'listen 192.0.2.1:80; listen '),
      /192\.0\.2\.1:80 failed \(99/,
    ],
  ] as const) {
    it(`with ${what} changes nothing and says why`, async (t) => {
      const weir = await startProcesses();
      t.after(() => weir.stop());
      const before = await statusOf(weir);
      weir.writeConf((port) => change(processConf(port, { page: 'after' })));
      weir.signal('SIGHUP');
      await weir.waitForLine(/reload rejected, the running configuration is unchanged/);
      assert.match(weir.output, reason);
      const after = await statusWhen(weir, (status) => status.rejectedReloadCount === 1);
      assert.equal(await get(weir), 'page');
      assert.deepEqual(
        [after.generation, after.generationPid, after.configHash, after.lastReload.result],
        [before.generation, before.generationPid, before.configHash, 'rejected'],
      );
      assert.match(after.lastReload.message, reason);
      weir.writeConf((port) => processConf(port, { page: 'mended' }));
      await reload(weir);
      assert.equal(await get(weir), 'mended');
    });
  }

  it('that finds a new port in use binds none of the others either', async (t) => {
    const other = createServer().listen(0, '127.0.0.1');
    t.after(() => other.close());
    await once(other, 'listening');
    const { port: taken } = other.address() as { port: number };
    const weir = await startProcesses({}, { portCount: 2, readyPorts: [] });
    t.after(() => weir.stop());
    await weir.waitForPort(weir.port);
    const [, free = 0] = weir.ports;
    weir.writeConf((port) =>
      processConf(port, { listen: [`127.0.0.1:${free}`, `127.0.0.1:${taken}`] }),
    );
    weir.signal('SIGHUP');
    await weir.waitForLine(/reload rejected/);
    assert.match(weir.output, new RegExp(`:${taken} failed \\(98: .*pid ${process.pid}`));
    await assert.rejects(get(weir, '/', { port: free }), { code: 'ECONNREFUSED' });
    assert.equal(await get(weir), 'page');
  });

  it('opens added addresses and closes removed ones, even while the old one drains', async (t) => {
    const origin = await startOrigin(t);
    const weir = await startWeir({
      portCount: 3,
      readyPorts: [],
      conf: (port, second) =>
        processConf(port, { listen: [`127.0.0.1:${second}`], server: heldLocation(origin) }),
    });
    t.after(() => weir.stop());
    const [first = 0, second = 0, third = 0] = weir.ports;
    await weir.waitForPort(second);
    const slow = get(weir, '/held');
    await origin.holds(1);
    weir.writeConf(() => processConf(first, { listen: [`127.0.0.1:${third}`] }));
    await reload(weir);
    await weir.waitForLine(new RegExp(`closed 127.0.0.1:${second}`));
    await assert.rejects(get(weir, '/', { port: second }), { code: 'ECONNREFUSED' });
    assert.equal(await get(weir, '/', { port: third }), 'page');
    origin.release();
    assert.equal(await slow, 'held');
  });

  it('may change the number of threads; no connection is refused or reset', async (t) => {
    const weir = await startProcesses({ main: 'worker_processes 4;' });
    t.after(() => weir.stop());
    for (const count of [1, 3, 2, 4]) {
      weir.writeConf((port) => processConf(port, { main: `worker_processes ${count};` }));
      await reload(weir);
      const bodies = await Promise.all(Array.from({ length: CONNECTIONS }, () => get(weir)));
      assert.deepEqual(new Set(bodies), new Set(['page']));
      assert.equal((await statusOf(weir)).threads.length, count);
    }
  });

  it('may go from a queue per thread to a shared one and back', async (t) => {
    const weir = await startProcesses();
    t.after(() => weir.stop());
    for (const events of ['accept shared;', 'accept reuseport;']) {
      weir.writeConf((port) => processConf(port, { events }));
      await reload(weir);
      const bodies = await Promise.all(Array.from({ length: CONNECTIONS }, () => get(weir)));
      assert.deepEqual(new Set(bodies), new Set(['page']));
    }
  });

  it('lets several generations drain at once, and counts what they hold', async (t) => {
    const origin = await startOrigin(t);
    const conf = (port: number) => processConf(port, { server: heldLocation(origin) });
    const weir = await startWeir({ conf });
    t.after(() => weir.stop());
    const slow: Promise<string>[] = [];
    const pids: number[] = [];
    for (let generation = 1; generation <= 3; generation++) {
      pids.push((await statusOf(weir)).generationPid);
      slow.push(get(weir, '/held'));
      await origin.holds(generation);
      await reload(weir);
    }
    assert.equal(new Set(pids).size, 3);
    await statusWhen(weir, ({ connections }) => connections.active === 4); // with the question's own
    origin.release();
    assert.deepEqual(await Promise.all(slow), ['held', 'held', 'held']);
    for (const pid of pids) await processEnd(pid);
    await statusWhen(weir, ({ connections }) => connections.active === 1);
  });

  it('asked for during a reload comes after it', async (t) => {
    const weir = await startProcesses();
    t.after(() => weir.stop());
    for (let n = 0; n < 5; n++) weir.signal('SIGHUP');
    weir.writeConf((port) => processConf(port, { page: 'last' }));
    weir.signal('SIGHUP');
    while ((await get(weir)) !== 'last') assert.equal(weir.exit, undefined);
  });
});

describe('worker_shutdown_timeout', () => {
  it('cuts what an old generation still holds', async (t) => {
    const origin = await startOrigin(t);
    const weir = await startProcesses({
      main: 'worker_processes 2; worker_shutdown_timeout 200ms;',
      server: heldLocation(origin),
    });
    t.after(() => weir.stop());
    const { generationPid } = await statusOf(weir);
    const cut = assert.rejects(get(weir, '/held'));
    await origin.holds(1);
    await reload(weir);
    await cut;
    await processEnd(generationPid);
    assert.match(weir.output, /worker_shutdown_timeout of 200 ms is over/);
  });
});

async function startOrigin(t: TestContext): Promise<HoldingOrigin> {
  const origin = await HoldingOrigin.start();
  t.after(() => origin.close());
  return origin;
}
