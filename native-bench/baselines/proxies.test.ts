import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { processTree } from '#native-bench/measure/process-usage.ts';
import { startOrigin } from '#native-bench/origin/origin.ts';
import { requirePeer } from '#test/support/peers.ts';
import { type ProxyKind, startFastOrigin, startProxy } from './proxies.ts';

/** The fields that a proxy sends to its origin, names in lower case, sorted. */
async function fieldsSeen(t: TestContext, kind: ProxyKind): Promise<[string, string][]> {
  const origin = await startOrigin();
  t.after(() => origin.close());
  const proxy = await startProxy(kind, { threads: 1, originPort: origin.port, accessLog: 'off' });
  t.after(() => proxy.stop());
  const response = await fetch(`http://127.0.0.1:${proxy.port}/x`, {
    headers: { 'accept-encoding': 'identity' },
  });
  assert.equal(response.status, 200);
  assert.equal((await response.arrayBuffer()).byteLength, 64);
  const fields = origin.requests[0]?.fields ?? [];
  return fields
    .map(([name, value]): [string, string] => [name.toLowerCase(), value])
    .filter(([name]) => name !== 'host') // with or without the port: as each proxy does
    .sort(([a], [b]) => (a < b ? -1 : 1));
}

describe('baselines', () => {
  it('nginx and HAProxy add the same fields', requirePeer('nginx', 'haproxy'), async (t) => {
    const nginx = await fieldsSeen(t, 'nginx');
    assert.deepEqual(nginx, await fieldsSeen(t, 'haproxy'));
    for (const name of ['x-forwarded-for', 'x-forwarded-proto', 'x-real-ip']) {
      assert.ok(
        nginx.some(([other]) => other === name),
        name,
      );
    }
  });

  it(
    'Weir adds the fields of nginx, from the same file, and Via',
    requirePeer('nginx'),
    async (t) => {
      // One field more than nginx is measured with: `via` is on by default, and stays on.
      const seen = await fieldsSeen(t, 'weir');
      const isVia = ([name]: [string, string]): boolean => name.toLowerCase() === 'via';
      assert.equal(seen.filter(isVia).length, 1);
      assert.deepEqual(
        seen.filter((field) => !isVia(field)),
        await fieldsSeen(t, 'nginx'),
      );
    },
  );

  for (const kind of ['nginx', 'haproxy'] as const) {
    it(
      `${kind} starts with each log, and ends with all its processes`,
      requirePeer(kind),
      async () => {
        for (const accessLog of ['buffered', 'default'] as const) {
          const proxy = await startProxy(kind, { threads: 2, originPort: 9, accessLog });
          const tree = processTree(proxy.pid);
          await proxy.stop();
          for (const pid of tree) assert.throws(() => process.kill(pid, 0), `${pid} lives`);
        }
      },
    );
  }

  it('a proxy that does not start says why', requirePeer('nginx'), async () => {
    const settings = { threads: 1, originPort: 99_999, accessLog: 'off' } as const;
    await assert.rejects(startProxy('nginx', settings), /nginx does not start[^]*invalid port/);
  });

  it('the fast origin has 64 bytes for all and a megabyte', requirePeer('nginx'), async (t) => {
    const origin = await startFastOrigin(undefined);
    t.after(() => origin.stop());
    for (const [path, bytes] of [
      ['/any', 64],
      ['/1mb', 1_048_576],
    ] as const) {
      const response = await fetch(`http://127.0.0.1:${origin.port}${path}`);
      assert.equal((await response.arrayBuffer()).byteLength, bytes);
    }
  });
});
