import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { MemoryTrimmer } from './memory-trimmer.ts';
import { findMallocTrim } from './native-libc.ts';

const MB = 1024 * 1024;

/** A process whose memory the test sets; trimming leaves `keptMb` of it. */
class Process {
  mb: number;
  keptMb: number;
  trimCount = 0;
  collectCount = 0;

  constructor(mb: number, keptMb: number) {
    this.mb = mb;
    this.keptMb = keptMb;
  }

  readonly residentBytes = (): number => this.mb * MB;

  readonly collect = (): void => {
    this.collectCount += 1;
  };

  readonly trim = (): void => {
    this.trimCount += 1;
    this.mb = Math.min(this.mb, this.keptMb);
  };
}

describe('giving memory back', () => {
  it('trims at the first look, and when the process has grown since', () => {
    const process = new Process(100, 80);
    const trimmer = new MemoryTrimmer(process);
    trimmer.look();
    assert.deepEqual([process.trimCount, process.mb], [1, 80]);
    process.mb = 83;
    trimmer.look();
    assert.equal(process.trimCount, 1);
    process.mb = 84;
    trimmer.look();
    assert.deepEqual([process.trimCount, process.mb], [2, 80]);
    assert.equal(process.collectCount, 1, 'at the first look');
  });

  it('collects when growth has ended, once', () => {
    const process = new Process(100, 80);
    const trimmer = new MemoryTrimmer(process);
    const looks: number[] = [];
    for (const mb of [100, 90, 90, 81, 81, 82]) {
      process.mb = mb;
      trimmer.look();
      looks.push(process.collectCount);
    }
    assert.deepEqual(looks, [1, 1, 1, 2, 2, 2]);
  });

  it('does not look again and again at what is in use', () => {
    const process = new Process(100, 500);
    const trimmer = new MemoryTrimmer(process);
    process.mb = 300;
    for (let looks = 0; looks < 10; looks++) trimmer.look();
    assert.equal(process.trimCount, 1);
  });

  it('finds malloc_trim where the C library is glibc', () => {
    const { header } = process.report.getReport() as unknown as {
      header: { glibcVersionRuntime?: string };
    };
    assert.equal(findMallocTrim() !== undefined, header.glibcVersionRuntime !== undefined);
    findMallocTrim()?.();
  });
});
