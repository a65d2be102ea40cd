import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
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
          const proxy = await startProxy(kind, {
            threads: 2,
            originPort: 9,
            accessLog,
            buffers: 'wide',
          });
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

  it(
    'the fast origin has 64 bytes for all, 16 KB and a megabyte',
    requirePeer('nginx'),
    async (t) => {
      const origin = await startFastOrigin(undefined);
      t.after(() => origin.stop());
      for (const [path, bytes] of [
        ['/any', 64],
        ['/16k/x', 16_384],
        ['/1mb', 1_048_576],
      ] as const) {
        const response = await fetch(`http://127.0.0.1:${origin.port}${path}`);
        assert.equal((await response.arrayBuffer()).byteLength, bytes);
      }
    },
  );

  it(
    'no two answers of the fast origin have the same head, but for /same',
    requirePeer('nginx'),
    async (t) => {
      const origin = await startFastOrigin(undefined);
      t.after(() => origin.stop());
      const heads = async (path: string, init?: RequestInit): Promise<Set<string | null>> => {
        const seen = new Set<string | null>();
        for (let i = 0; i < 4; i += 1) {
          const response = await fetch(`http://127.0.0.1:${origin.port}${path}`, init);
          await response.arrayBuffer();
          seen.add(response.headers.get('x-answer'));
        }
        return seen;
      };
      for (const path of ['/u/1', '/16k', '/1mb']) assert.equal((await heads(path)).size, 4, path);
      assert.equal((await heads('/post', { method: 'POST', body: 'x' })).size, 4);
      assert.deepEqual([...(await heads('/same'))], ['same']);
    },
  );

  it(
    'the fast origin answers a POST when it has read all of it',
    requirePeer('nginx'),
    async (t) => {
      const origin = await startFastOrigin(undefined);
      t.after(() => origin.stop());
      const socket = connect(origin.port, '127.0.0.1');
      t.after(() => socket.destroy());
      let answer = '';
      socket.setEncoding('latin1').on('data', (text: string) => {
        answer += text;
      });
      socket.write('POST /post HTTP/1.1\r\nHost: a\r\nContent-Length: 16384\r\n\r\n');
      socket.write('x'.repeat(16_383));
      // A second connection's answer shows that the origin has had its turn.
      await (await fetch(`http://127.0.0.1:${origin.port}/`)).arrayBuffer();
      assert.equal(answer, '');
      socket.write('x');
      while (!answer.includes('all\n')) await once(socket, 'data');
      const head = answer.match(/X-Received: (\d+)/)?.[1];
      assert.ok(Number(head) > 16_384, answer);
    },
  );
});
