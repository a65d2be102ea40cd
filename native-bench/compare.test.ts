import assert from 'node:assert/strict';
import { availableParallelism } from 'node:os';
import { describe, it } from 'node:test';
import { requirePeer } from '#test/support/peers.ts';
import { compare } from './compare.ts';
import { WORKLOADS } from './workloads.ts';

const enough = availableParallelism() >= 2;

describe('compare', { skip: enough ? false : 'not run: needs two cores' }, () => {
  it(
    'gives every peer its samples and ratios',
    requirePeer('nginx', 'wrk', 'taskset'),
    async () => {
      const workload = WORKLOADS.find(({ name }) => name === 'unique-heads');
      assert.ok(workload);
      const said: string[] = [];
      const { peers } = await compare(workload, {
        peers: ['nginx', 'nginx'],
        pairs: 1,
        seconds: 1,
        warmupSeconds: 1,
        say: (line) => said.push(line),
      });
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
        assert.ok(median.cpuUsPerRequest > 0 && median.requestsPerSec > 0 && pssMb > 0);
      }
      assert.match(said.join('\n'), /unique-heads 1\/1: nginx .*, nginx-2 .* µs/);
    },
  );
});
