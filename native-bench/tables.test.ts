import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Comparison, PeerResult } from './compare.ts';
import type { Sample } from './sample.ts';
import { comparisonNotes, comparisonRows, markdownTable, plainTable, ratioText } from './tables.ts';
import { WORKLOADS } from './workloads.ts';

const sample: Sample = {
  cpuUsPerRequest: 10,
  requestsPerSec: 90_000,
  p50Us: 600,
  p99Us: 1200,
  megabytesPerSec: 18,
  errors: 0,
  proxyCpu: 0.9,
  generatorCpu: 0.4,
  originCpu: 0.4,
  foreignCpu: 0,
};

function peer(kind: PeerResult['kind'], median: Partial<Sample>, high = 1.06): PeerResult {
  const ratios = kind === 'weir' ? { nginx: { median: 1.04, low: 1.02, high, count: 15 } } : {};
  return {
    label: kind,
    kind,
    version: '1.0',
    pssMb: 50,
    rssMb: 60,
    samples: [sample],
    median: { ...sample, ...median },
    ratios,
  };
}

function comparison(...peers: PeerResult[]): Comparison {
  const [workload] = WORKLOADS;
  assert.ok(workload);
  return { workload, pairs: 15, seconds: 5, peers };
}

describe('tables', () => {
  it('have a row per peer and a ratio to each other system', () => {
    const rows = comparisonRows(comparison(peer('nginx', {}), peer('weir', {})));
    assert.equal(rows[0]?.at(-1), 'ratio to nginx');
    assert.deepEqual(
      rows.map((row) => row.at(-1)),
      ['ratio to nginx', '–', '1.040 [1.020–1.060]'],
    );
    assert.equal(ratioText(undefined), '–');
  });

  it('say when the generator was the limit, others disturbed, errors came, or an interval is wide', () => {
    assert.deepEqual(comparisonNotes(comparison(peer('nginx', {}), peer('weir', {}))), []);
    const notes = comparisonNotes(
      comparison(
        peer('nginx', { generatorCpu: 0.6, foreignCpu: 0.2 }),
        peer('weir', { errors: 2, unlogged: 7 }, 1.2),
      ),
    ).join('\n');
    assert.match(notes, /core 1 .* busy above 90 %/);
    assert.match(notes, /Other programs used up to 20 %/);
    assert.match(notes, /weir: 2 errors/);
    assert.match(notes, /weir: 7 lines are missing/);
    assert.match(notes, /weir to nginx: the interval is 17 % wide/);
  });

  it('compare Weir with two threads also with Weir with one, and split the time', () => {
    const two = {
      ...peer('weir', { userUsPerRequest: 4, systemUsPerRequest: 6.5 }),
      label: 'weir 2 threads',
      threads: 2,
      ratios: { weir: { median: 1.05, low: 1.04, high: 1.06, count: 15 } },
    };
    const rows = comparisonRows(comparison(peer('nginx', {}), two, peer('weir', {})));
    assert.deepEqual(rows[0]?.slice(-2), ['ratio to nginx', 'ratio to weir']);
    assert.deepEqual(rows[2]?.slice(2, 4), ['4.00', '6.50']);
    assert.deepEqual(rows[2]?.slice(-2), ['–', '1.050 [1.040–1.060]']);
    assert.deepEqual(rows[3]?.slice(2, 4), ['–', '–']); // as in earlier results
  });

  it('are aligned for a terminal, and valid in Markdown', () => {
    const rows = [
      ['', 'n'],
      ['a', '1'],
      ['long', '22'],
    ];
    assert.equal(plainTable(rows), '       n\na      1\nlong  22');
    assert.equal(markdownTable(rows), '|  | n |\n| --- | ---: |\n| a | 1 |\n| long | 22 |');
  });
});

it('a cell of a table in Markdown is one line', () => {
  const table = markdownTable([
    ['what', 'measured'],
    ['a', 'first line\n  second | line\n'],
  ]);
  assert.equal(table.split('\n')[2], '| a | first line<br>second \\| line |');
  assert.equal(table.split('\n').length, 3);
});
