import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { MemoryTrimmer } from './memory-trimmer.ts';
import { findMallocTrim } from './native-libc.ts';

const MB = 1024 * 1024;

/** A process whose memory the test sets; trimming leaves `keptMb` of it. */
class Process {
  mb: number;
  keptMb: number;
  heapMb = 10;
  trimCount = 0;
  collectCount = 0;

  constructor(mb: number, keptMb: number) {
    this.mb = mb;
    this.keptMb = keptMb;
  }

  readonly residentBytes = (): number => this.mb * MB;

  readonly heapBytes = (): number => this.heapMb * MB;

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

  it('collects when growth has ended that was of its thread, once', () => {
    const process = new Process(100, 80);
    const trimmer = new MemoryTrimmer(process);
    const counts: number[] = [];
    const look = (mb: number, heapMb: number): void => {
      process.mb = mb;
      process.heapMb = heapMb;
      trimmer.look();
      counts.push(process.collectCount);
    };
    for (const mb of [100, 90, 90, 81, 81]) look(mb, 11);
    assert.deepEqual(counts.splice(0), [1, 1, 1, 1, 1], 'threads have grown');
    for (const mb of [90, 90, 81, 81, 82]) look(mb, 13);
    assert.deepEqual(counts.splice(0), [1, 1, 2, 2, 2]);
    for (const mb of [90, 81]) look(mb, 14.9);
    assert.deepEqual(counts.splice(0), [2, 2], 'it kept 13 when it last collected');
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
