import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { ROOT } from '#native-bench/measure/results.ts';
import { type Comparison, peerLabel } from './compare.ts';
import type { Sample } from './sample.ts';
import { judge, peersOfTargets, SPEED_TARGETS, targetText } from './targets.ts';
import { workloadNamed } from './workloads.ts';

const TARGET = { workload: '16k', peer: 'weir', against: 'nginx', maxRatio: 1.05 } as const;

interface Planted {
  ratio?: number;
  halfWidth?: number;
  pairs?: number;
  seconds?: number;
  errors?: number;
  unlogged?: number;
}

function comparison(planted: Planted = {}): Comparison {
  const { ratio = 1.04, halfWidth = 0.01, pairs = 15, seconds = 5 } = planted;
  const median = (cpuUsPerRequest: number): Sample => ({
    cpuUsPerRequest,
    requestsPerSec: 1,
    p50Us: 1,
    p99Us: 1,
    megabytesPerSec: 1,
    errors: 0,
    proxyCpu: 1,
    generatorCpu: 0,
    originCpu: 0,
    foreignCpu: 0,
  });
  const peer = { version: '1', pssMb: 1, rssMb: 1, samples: [] };
  const estimate = { median: ratio, low: ratio - halfWidth, high: ratio + halfWidth, count: pairs };
  const { errors = 0, unlogged = 0 } = planted;
  return {
    workload: workloadNamed('16k'),
    pairs,
    seconds,
    peers: [
      { ...peer, label: 'nginx', kind: 'nginx', median: median(10), ratios: {} },
      {
        ...peer,
        label: 'weir',
        kind: 'weir',
        median: { ...median(10 * ratio), errors, unlogged },
        ratios: { nginx: estimate },
      },
    ],
  };
}

describe('a target', () => {
  it('is met by a median below it that is known well', () => {
    assert.deepEqual(judge(TARGET, comparison()), {
      pass: true,
      measured: '1.040 [1.030–1.050] × nginx (weir 10.40 µs, nginx 10.00 µs)',
      reason: '',
    });
    assert.ok(judge(TARGET, comparison({ ratio: 1.05 })).pass);
  });

  it('is met by a wide interval that lies below it as a whole', () => {
    assert.ok(judge(TARGET, comparison({ ratio: 0.5, halfWidth: 0.2 })).pass);
    assert.equal(judge(TARGET, comparison({ ratio: 1, halfWidth: 0.06 })).pass, false);
  });

  for (const [reason, planted] of [
    ['above the target', { ratio: 1.051 }],
    ['interval 12 % wide', { ratio: 1, halfWidth: 0.06 }],
    ['only 14 pairs of 5 s', { pairs: 14 }],
    ['only 15 pairs of 4 s', { seconds: 4 }],
    ['weir: 1 errors', { errors: 1 }],
    ['weir: 3 log lines missing', { unlogged: 3 }],
    ['interval NaN % wide, above the target', { ratio: Number.NaN }],
  ] as const) {
    it(`is missed: ${reason}`, () => {
      const verdict = judge(TARGET, comparison(planted));
      assert.equal(verdict.pass, false);
      assert.equal(verdict.reason, reason);
    });
  }

  it('is missed when its peers were not measured', () => {
    const { pass, reason } = judge({ ...TARGET, against: 'haproxy' }, comparison());
    assert.deepEqual([pass, reason], [false, 'not measured']);
  });

  it('names peers that its workload has, and a scenario proves it', () => {
    for (const target of SPEED_TARGETS) {
      const labels = peersOfTargets(workloadNamed(target.workload)).map(peerLabel);
      assert.ok(labels.includes(target.peer) && labels.includes(target.against), target.workload);
      assert.ok(existsSync(join(ROOT, 'scenarios', `speed-${target.workload}.ts`)));
    }
    assert.equal(targetText(TARGET), '≤ 1.05 × nginx');
  });

  it('asks for no more peers than it names', () => {
    const kinds = (name: string): string[] => peersOfTargets(workloadNamed(name)).map(peerLabel);
    assert.deepEqual(kinds('16k'), ['nginx', 'weir']);
    assert.deepEqual(kinds('post-16k'), ['nginx', 'weir', 'haproxy']);
  });
});
