import assert from 'node:assert/strict';
import { availableParallelism } from 'node:os';
import { describe, it } from 'node:test';
import { requirePeer } from '#test/support/peers.ts';
import { checkPeers, compare, peerLabel, wantsMore } from './compare.ts';
import { WORKLOADS, workloadNamed } from './workloads.ts';

const enough = availableParallelism() >= 2;
const nginx = { kind: 'nginx', threads: 1 } as const;
const haproxy = { kind: 'haproxy', threads: 1 } as const;

describe('compare', { skip: enough ? false : 'not run: needs two cores' }, () => {
  it(
    'gives every peer its samples and ratios',
    requirePeer('nginx', 'wrk', 'taskset'),
    async () => {
      const said: string[] = [];
      const { peers, pairs } = await compare(workloadNamed('log-on-default'), {
        peers: [nginx, nginx],
        pairs: 1,
        seconds: 1,
        warmupSeconds: 1,
        say: (line) => said.push(line),
      });
      assert.equal(pairs, 1);
      assert.deepEqual(
        peers.map(({ label, ratios }) => [label, Object.keys(ratios)]),
        [
          ['nginx', ['nginx-2']],
          ['nginx-2', ['nginx']],
        ],
      );
      for (const { samples, median, pssMb } of peers) {
        assert.equal(samples.length, 1);
        assert.equal(median.errors, 0);
        assert.equal(median.unlogged, 0); // every request has its line
        const { cpuUsPerRequest, userUsPerRequest = 0, systemUsPerRequest = 0 } = median;
        assert.ok(userUsPerRequest > 0 && systemUsPerRequest > 0 && pssMb > 0);
        assert.ok(Math.abs(cpuUsPerRequest - userUsPerRequest - systemUsPerRequest) < 1e-6);
        assert.ok(median.requestsPerSec > 0);
      }
      assert.match(said.join('\n'), /log-on-default 1\/1: nginx .*, nginx-2 .* µs/);
    },
  );

  it('goes on while an interval is too wide to judge, and no further than it may', () => {
    const wide = { median: 0.8, low: 0.77, high: 0.83, count: 15 };
    const narrow = { median: 1.3, low: 1.29, high: 1.31, count: 15 };
    assert.equal(wantsMore(14, 15, 30, [narrow]), true);
    assert.equal(wantsMore(15, 15, 30, [narrow]), false);
    assert.equal(wantsMore(15, 15, 30, [narrow, wide]), true);
    assert.equal(wantsMore(30, 15, 30, [wide]), false);
    assert.equal(wantsMore(15, 15, 30, []), false);
  });

  for (const workload of WORKLOADS) {
    it(
      `nginx and HAProxy do the work of ${workload.name}`,
      requirePeer('nginx', 'haproxy', 'taskset'),
      () => checkPeers(workload, [nginx, haproxy]),
    );
  }

  it('refuses a proxy that does not do the work', requirePeer('nginx', 'taskset'), async () => {
    const small = workloadNamed('unique-heads');
    await assert.rejects(
      checkPeers({ ...small, answerBytes: 65 }, [nginx]),
      /unique-heads: nginx answers with 64 bytes instead of 65/,
    );
    await assert.rejects(
      checkPeers({ ...small, path: '/sink' }, [nginx]), // internal at the origin
      /unique-heads: nginx answers with status 404/,
    );
    await assert.rejects(
      checkPeers({ ...small, sendBytes: 10 }, [nginx]), // answered before the body is there
      /unique-heads: nginx is answered after NaN of 10 bytes/,
    );
  });

  it('names a peer after its threads when it has more than one', () => {
    assert.equal(peerLabel(nginx), 'nginx');
    assert.equal(peerLabel({ kind: 'weir', threads: 2 }), 'weir 2 threads');
  });
});
