import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { describeMachine } from '#native-bench/measure/machine.ts';
import type { ResultRecord } from '#native-bench/measure/results.ts';
import type { Comparison } from './compare.ts';
import { benchmarksPage, missedPromiseSection } from './report.ts';
import type { Sample } from './sample.ts';
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

function comparison(ratio: number): Comparison {
  const [workload] = WORKLOADS;
  assert.ok(workload);
  const peer = { version: '1.0', pssMb: 1, rssMb: 1, samples: [sample], median: sample };
  const estimate = { median: ratio, low: ratio - 0.01, high: ratio + 0.01, count: 15 };
  return {
    workload,
    pairs: 15,
    seconds: 5,
    peers: [
      { ...peer, label: 'nginx', kind: 'nginx', ratios: {} },
      { ...peer, label: 'weir', kind: 'weir', ratios: { nginx: estimate } },
    ],
  };
}

function resultsFolder(t: TestContext): (record: Partial<ResultRecord<unknown>>) => string {
  const folder = mkdtempSync(join(tmpdir(), 'weir-results-'));
  t.after(() => rmSync(folder, { recursive: true }));
  let count = 0;
  return (partial) => {
    const record = {
      kind: 'bench',
      quick: false,
      commit: 'abc',
      dirty: false,
      machine: describeMachine(),
      ...partial,
    };
    mkdirSync(join(folder, 'run'), { recursive: true });
    count += 1;
    writeFileSync(join(folder, 'run', `${count}.json`), JSON.stringify(record));
    return folder;
  };
}

describe('BENCHMARKS.md', () => {
  it('shows the newest full run, and a loss as a loss', (t) => {
    const add = resultsFolder(t);
    const name = 'unique-heads';
    add({ name, date: '2026-01-01', data: comparison(1.5) });
    add({ name, date: '2026-01-02', data: comparison(1.25) });
    const folder = add({ name, date: '2026-01-03', quick: true, data: comparison(0.5) });
    const page = benchmarksPage(folder);
    assert.match(page, /\| weir 1\.0 \|.*\| 1\.250 \[1\.240–1\.260\] \|/);
    assert.match(page, /## What we lose\n\n- unique-heads: 1\.250 .* × the CPU of nginx/);
    assert.doesNotMatch(page, /1\.500|0\.500|quick\)/);
  });

  it('uses a quick run where there is no other, and says so', (t) => {
    const add = resultsFolder(t);
    const folder = add({
      name: 'unique-heads',
      date: '2026-01-03',
      quick: true,
      data: comparison(0.9),
    });
    const page = benchmarksPage(folder);
    assert.match(page, /\(\[2026-01-03 abc, quick\]/);
    assert.match(page, /No workload above shows a loss/);
  });

  it('judges every target by the newest full run, made by either program', (t) => {
    const add = resultsFolder(t);
    add({ name: 'unique-heads', date: '2026-01-01', data: comparison(1.5) });
    const details = { comparison: comparison(0.97) };
    const data = { promise: 'p', target: 't', measured: 'm', pass: true, details };
    const page = benchmarksPage(
      add({ kind: 'prove', name: 'speed-unique-heads', date: '2026-01-02', data }),
    );
    assert.match(page, /\| unique-heads \| ≤ 1\.00 × nginx \| 0\.970 [^|]* \| pass \|/);
    assert.match(page, /\| 512-connections \| ≤ 1\.00 × nginx \| not measured \|/);
    assert.match(page, /\nTarget: ≤ 1\.00 × nginx: pass\.\n/);
    assert.doesNotMatch(page, /\| speed-unique-heads \||1\.500/);
  });

  it('still reads results of the first version, and says that they were made otherwise', (t) => {
    const { workload, ...rest } = comparison(1.23);
    const { name, about, path, heads, connections, accessLog } = workload;
    const old = { ...rest, workload: { name, about, path, heads, connections, accessLog } };
    const data = {
      promise: 'p',
      target: 't',
      measured: 'm',
      pass: false,
      details: { comparison: old },
    };
    const add = resultsFolder(t);
    const page = benchmarksPage(
      add({ kind: 'prove', name: 'cpu-per-request', date: '2026-01-01', data }),
    );
    assert.match(page, /15 pairs of 5 s\. By an earlier method/);
    assert.match(page, /\| nginx 1\.0 \| 10\.00 \| – \| – \| 90000 \|/);
    assert.match(page, /\*\*fail\*\*: above the target/);
  });

  it('lists promises with their verdicts', (t) => {
    const add = resultsFolder(t);
    const data = { promise: 'it holds', target: '0 lost', measured: '1 lost', pass: false };
    const folder = add({ kind: 'prove', name: 'planted', date: '2026-01-01', data });
    assert.match(
      benchmarksPage(folder),
      /\| planted \| it holds \| 0 lost \| 1 lost \| \*\*fail\*\* \|/,
    );
  });

  it('explains promises that are missed now, and only those', (t) => {
    const write = resultsFolder(t);
    const data = { promise: 'p', target: 't', measured: 'm', pass: false };
    const scenario = 'planted';
    const explained = [{ scenario, profile: 'all of it waits', attempts: ['less of it'] }];
    const missed = write({ kind: 'prove', name: scenario, date: '2026-01-01', data });
    const text = missedPromiseSection(explained, missed);
    assert.match(text, /### planted\n\nall of it waits\.\n\n- less of it/);
    const kept = write({
      kind: 'prove',
      name: scenario,
      date: '2026-01-02',
      data: { ...data, pass: true },
    });
    assert.equal(missedPromiseSection(explained, kept), '');
  });
});
