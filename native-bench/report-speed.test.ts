import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import type { Comparison } from './compare.ts';
import { missedSection, pictureSection, targetSection, techniqueSection } from './report-speed.ts';
import { SPEED_TARGETS } from './targets.ts';
import { MISSED_TARGETS } from './techniques.ts';
import { workloadNamed } from './workloads.ts';

describe('the speed part of BENCHMARKS.md', () => {
  it('names every target, measured or not', () => {
    const section = targetSection(new Map());
    for (const { workload } of SPEED_TARGETS) assert.ok(section.includes(`| ${workload}`));
    assert.match(section, /\| two-threads: weir 2 threads \| ≤ 1\.10 × weir \| not measured \|/);
  });

  it('tells what each technique gave, and nothing when there is none', () => {
    assert.equal(techniqueSection([]), '');
    const row = { technique: 'T', before: '2 µs', after: '1 µs', measuredBy: 'b', verdict: 'kept' };
    assert.match(
      techniqueSection([{ ...row, verdict: 'kept' }]),
      /\| T \| 2 µs \| 1 µs \| b \| kept \|/,
    );
  });

  it('explains a target for as long as it is missed', () => {
    const row = {
      workload: '16k',
      against: 'nginx',
      profile: 'Copies.',
      attempts: ['a', 'b', 'c'],
    };
    const comparison: Comparison = {
      workload: workloadNamed('16k'),
      pairs: 15,
      seconds: 5,
      peers: [],
    };
    const section = missedSection([row], new Map([['16k', { comparison, source: '' }]]));
    assert.match(
      section,
      /### 16k against nginx\n\nTarget ≤ 1\.05 × nginx, .* Copies\.\n\n- a\n- b\n- c/,
    );
    assert.equal(missedSection([row], new Map()), '');
    assert.throws(() => missedSection([{ ...row, workload: '17k' }], new Map()), /17k/);
  });

  it('explains only targets that exist, by three attempts each', () => {
    missedSection(MISSED_TARGETS, new Map());
    for (const { attempts } of MISSED_TARGETS) assert.ok(attempts.length >= 3);
  });

  it('shows the pictures that are there', (t) => {
    const root = mkdtempSync(join(tmpdir(), 'weir-pictures-'));
    t.after(() => rmSync(root, { recursive: true }));
    assert.equal(pictureSection(root), '');
    mkdirSync(join(root, 'docs/pictures'), { recursive: true });
    writeFileSync(join(root, 'docs/pictures/before-weir.svg'), '<svg/>');
    writeFileSync(join(root, 'docs/pictures/notes.txt'), '');
    assert.match(pictureSection(root), /!\[before weir\]\(docs\/pictures\/before-weir\.svg\)/);
    assert.doesNotMatch(pictureSection(root), /notes/);
  });
});
