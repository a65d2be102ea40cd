// Counters, maps and limiters of weir.config.ts: one for all threads, exact.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, it } from 'node:test';
import { ask, checkTyped, startTyped, typedConf, typedServer } from '#test/support/typed.ts';
import { startWeir } from '#test/support/weir.ts';

const PAGE = readFileSync(resolve(import.meta.dirname, '../../../docs/weir-config.md'), 'utf8');
const EXAMPLE = /```ts\n(import [^`]*?sharedMap[\s\S]*?)\n```/.exec(PAGE)?.[1] ?? '';
const IMPORT = `import { sharedCounter, sharedLimiter, sharedMap } from 'weir';`;

describe('what functions share', () => {
  it('is one for all threads, and no addition is lost', async (t) => {
    const weir = await startTyped(
      `'/add': { handler: () => { byKey.increment('k'); return String(count.add()); } },
       '/read': { handler: () => ({ json: [count.value, byKey.get('k'), [...threads()].length] }) },`,
      {
        main: 'workerProcesses: 4,',
        before: `${IMPORT} import { threadId } from 'node:worker_threads';
          const count = sharedCounter('count');
          const byKey = sharedMap('by key', { entries: 10 });
          const answered = sharedMap('threads', { entries: 10 });
          function threads() { answered.set(String(threadId), 1);
            return [1, 2, 3, 4, 5, 6, 7, 8].filter((id) => answered.get(String(id)) === 1); }`,
      },
    );
    t.after(() => weir.stop());
    const given: number[] = [];
    for (let round = 0; round < 20; round++) {
      const answers = await Promise.all(Array.from({ length: 20 }, () => ask(weir, '/add')));
      for (const { body } of answers) given.push(Number(body));
    }
    // Each sum was given once.
    assert.deepEqual(
      given.sort((a, b) => a - b),
      Array.from({ length: 400 }, (_, at) => at + 1),
    );
    let seen: [number, number, number] = [0, 0, 0];
    // The kernel spreads connections by chance: asked until a second thread has answered.
    for (let tries = 0; tries < 200 && seen[2] < 2; tries++) {
      seen = JSON.parse((await ask(weir, '/read')).body) as [number, number, number];
      assert.deepEqual(seen.slice(0, 2), [400, 400]);
    }
    assert.ok(seen[2] >= 2, 'several threads have answered');
  });

  it('is what docs/weir-config.md shows', async (t) => {
    const weir = await startWeir({
      name: 'weir.config.ts',
      conf: (port) => EXAMPLE.replace('127.0.0.1:8000', `127.0.0.1:${port}`),
    });
    t.after(() => weir.stop());
    const order = (key: string) => ask(weir, '/order', { headers: { 'Idempotency-Key': key } });
    const first = await order('a');
    assert.deepEqual([first.status, first.body], [200, 'order 1\n']);
    assert.equal((await order('a')).status, 409);
    assert.equal((await order('b')).body, 'order 2\n');
    const statuses: number[] = [];
    for (let at = 0; at < 7; at++) statuses.push((await ask(weir, '/login')).status);
    assert.deepEqual(statuses, [200, 200, 200, 200, 200, 200, 429]);
  });

  it('outlives a thread, and begins anew with a reload', async (t) => {
    const write = (port: number) =>
      typedConf(
        typedServer(
          port,
          `'/add': { handler: () => String(count.add()) }, '/end': { handler: () => process.exit(1) as never },`,
        ),
        'workerProcesses: 1,',
        `${IMPORT} const count = sharedCounter('count');`,
      );
    const weir = await startWeir({ name: 'weir.config.ts', conf: write });
    t.after(() => weir.stop());
    assert.equal((await ask(weir, '/add')).body, '1');
    await ask(weir, '/end').catch(() => {});
    await weir.waitForLine(/thread 1 died and is replaced/);
    assert.equal((await ask(weir, '/add')).body, '2');
    weir.signal('SIGHUP');
    await weir.waitForLine(/reconfigured: generation 2 serves/);
    assert.equal((await ask(weir, '/add')).body, '1');
  });

  it('is refused with what is wrong', async () => {
    const cases = [
      [`sharedCounter('')`, /a shared counter needs a name/],
      [`sharedMap('m', { entries: 0 })`, /"entries" of "m" is a whole number from 1 on, not 0/],
      [
        `sharedMap('m', { entries: 1e9 })`,
        /shared map "m" needs \d+ bytes; 1073741824 is the most/,
      ],
      [
        `sharedCounter('m'); sharedMap('m', { entries: 1 })`,
        /"m" is already the name of a shared counter/,
      ],
      [`sharedLimiter('l', { requests: 0, keys: 1 })`, /"requests" and "perMs" are above 0/],
    ] as const;
    for (const [code, problem] of cases) {
      const conf = typedConf(
        typedServer(8080, ''),
        '',
        `${IMPORT} ${code}; void sharedLimiter; void sharedMap; void sharedCounter;`,
      );
      const { code: exit, stderr } = await checkTyped(conf);
      assert.equal(exit, 1);
      assert.match(stderr, problem);
    }
  });

  it('costs a request a 500 when it is declared in a function', async (t) => {
    const weir = await startTyped(`'/': { handler: () => String(sharedCounter('late').add()) },`, {
      before: IMPORT,
    });
    t.after(() => weir.stop());
    assert.equal((await ask(weir, '/')).status, 500);
    await weir.waitForLine(
      /shared counter "late" was not declared when the configuration was evaluated/,
    );
  });
});
