import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  closeSync,
  constants,
  mkdtempSync,
  openSync,
  readFileSync,
  readSync,
  renameSync,
  rmSync,
} from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { gunzipSync } from 'node:zlib';
import fc from 'fast-check';
import { ManualClock } from '#src/base/clock.ts';
import { TICK_MS, TimerWheel } from '#src/base/timer-wheel.ts';
import { AccessLogFile } from './access-log-file.ts';

const FLUSH_MS = 100;
const MAX_WAITING_BYTES = 1024 * 1024;

interface RigOptions {
  readonly flushMs?: number;
  readonly gzipLevel?: number;
  /** Makes what the path leads to. */
  readonly make?: (path: string) => void;
}

/** One log file, and what is told of it. */
class Rig {
  readonly directory = mkdtempSync('/tmp/weir-log-');
  readonly path = join(this.directory, 'access.log');
  readonly clock = new ManualClock();
  readonly wheel = new TimerWheel(this.clock);
  droppedLines = 0;
  readonly reasons: string[] = [];
  readonly file: AccessLogFile;

  constructor(t: TestContext, bufferBytes: number, options: RigOptions = {}) {
    const { flushMs = FLUSH_MS, gzipLevel = 0, make } = options;
    make?.(this.path);
    const config = { path: this.path, bufferBytes, flushMs, gzipLevel };
    this.file = new AccessLogFile(config, this.wheel, {
      onDropped: (lines, reason) => {
        this.droppedLines += lines;
        this.reasons.push(reason);
      },
    });
    t.after(() => {
      this.file.close();
      rmSync(this.directory, { recursive: true });
    });
  }

  append(line: string): void {
    const out = this.file.beginLine();
    out.reserve(line.length);
    out.text(line);
    this.file.endLine();
  }

  get written(): string {
    return readFileSync(this.path, 'latin1');
  }

  /** When the writes in the background have brought the file to that length. */
  async has(bytes: number): Promise<string> {
    while (this.written.length < bytes) await nextTurn();
    return this.written;
  }
}

/** A line nobody takes for another one. */
const line = (serial: number, length: number): string => `${serial} `.padEnd(length, `${serial}.`);

test('lines are gathered, and written when their time has come', async (t) => {
  const rig = new Rig(t, 4096);
  rig.append('one');
  rig.append('two');
  rig.clock.advanceMs(FLUSH_MS - 1);
  rig.wheel.advance();
  await nextTurn();
  assert.equal(rig.written, '');
  rig.clock.advanceMs(FLUSH_MS + TICK_MS);
  rig.wheel.advance();
  assert.equal(await rig.has(8), 'one\ntwo\n');
  rig.append('three');
  // The file has the bytes before we are told: it may be the second turn of the timer that writes.
  while (rig.written.length < 14) {
    rig.clock.advanceMs(TICK_MS);
    rig.wheel.advance();
    await nextTurn();
  }
  assert.equal(rig.written, 'one\ntwo\nthree\n');
});

test('a full buffer is written at once', async (t) => {
  const rig = new Rig(t, 100);
  rig.append('x'.repeat(98));
  rig.file.onTimeout();
  await rig.has(99);
  rig.append('y'.repeat(98));
  await nextTurn();
  assert.equal(rig.written.length, 99);
  rig.append('z');
  assert.match(await rig.has(200), /x\ny+\nz\n$/);
});

test('the lines that come while others are on their way are whole, and in order', async (t) => {
  const length = fc.oneof(fc.nat(60), fc.nat(3_000), fc.nat(40_000));
  // A batch is what comes within one turn of the loop.
  const batches = fc.array(fc.array(length, { maxLength: 12 }), { maxLength: 8 });
  await fc.assert(
    fc.asyncProperty(batches, fc.integer({ min: 1, max: 20_000 }), async (all, bufferBytes) => {
      const rig = new Rig(t, bufferBytes);
      let expected = '';
      let serial = 0;
      for (const batch of all) {
        for (const bytes of batch) {
          const text = line(serial++, bytes);
          rig.append(text);
          expected += `${text}\n`;
        }
        await nextTurn();
      }
      // Whatever was left for the timer.
      while (rig.written.length < expected.length) {
        rig.file.flush();
        await nextTurn();
      }
      assert.equal(rig.written, expected);
      assert.equal(rig.droppedLines, 0);
    }),
    { numRuns: 60 },
  );
});

test('a line longer than the buffer', async (t) => {
  const rig = new Rig(t, 1024);
  const long = line(7, 300_000);
  rig.append('before');
  rig.append(long);
  rig.append('behind');
  await rig.has(long.length + 8);
  await nextTurn();
  rig.file.close();
  assert.equal(await rig.has(long.length + 15), `before\n${long}\nbehind\n`);
});

test('a line that ends exactly where the buffer does has its end', async (t) => {
  const rig = new Rig(t, 4096);
  const text = line(1, rig.file.beginLine().bytes.length);
  rig.append(text);
  assert.equal(await rig.has(text.length + 1), `${text}\n`);
});

test('beyond a megabyte that waits for a write lines are dropped and counted', async (t) => {
  const rig = new Rig(t, 4096);
  const text = line(1, 4095);
  // The first fills a buffer; its write does not end within this turn.
  rig.append(text);
  const fitting = MAX_WAITING_BYTES / 4096;
  for (let count = 0; count < fitting; count++) rig.append(text);
  assert.equal(rig.droppedLines, 0);
  rig.append('x'.repeat(4095));
  rig.append('y');
  assert.equal(rig.droppedLines, 2);
  assert.match(rig.reasons[0] ?? '', /more slowly/);
  const written = await rig.has((fitting + 1) * 4096);
  assert.equal(written, `${text}\n`.repeat(fitting + 1));
  // The memory of the megabyte was given back; the file goes on.
  rig.append('z'.repeat(4095));
  assert.ok((await rig.has((fitting + 2) * 4096)).endsWith('z\n'));
  assert.ok(rig.file.beginLine().bytes.length < 16 * 1024);
  await nextTurn();
  rig.append('z'.repeat(4095));
  await rig.has((fitting + 3) * 4096);
  assert.ok(rig.file.beginLine().bytes.length < 16 * 1024);
});

test('a large buffer holds what it was asked to hold', async (t) => {
  const rig = new Rig(t, 3 * MAX_WAITING_BYTES);
  const text = line(1, 4095);
  for (let count = 0; count < 3 * 256 - 1; count++) rig.append(text);
  assert.equal(rig.droppedLines, 0);
  assert.equal(rig.written, '');
  rig.append(text);
  assert.equal((await rig.has(3 * MAX_WAITING_BYTES)).length, 3 * MAX_WAITING_BYTES);
});

test('a line that was begun and given up leaves nothing behind', (t) => {
  const rig = new Rig(t, 4096);
  rig.append('one');
  rig.file.beginLine().text('half a li');
  rig.append('two');
  rig.file.close();
  assert.equal(rig.written, 'one\ntwo\n');
});

test('half a line that was given up is not written by the timer either', async (t) => {
  const rig = new Rig(t, 4096);
  rig.append('one');
  rig.file.beginLine().text('half a li');
  rig.file.flush();
  assert.equal(await rig.has(4), 'one\n');
});

test('after a rename and reopen lines go to the new file, those before it to the old one', async (t) => {
  const rig = new Rig(t, 64);
  const first = line(1, 70);
  rig.append(first);
  rig.append('waits');
  renameSync(rig.path, `${rig.path}.1`);
  rig.file.reopen();
  rig.append('new');
  rig.file.close();
  while (readFileSync(`${rig.path}.1`, 'latin1').length < 71) await nextTurn();
  assert.equal(readFileSync(`${rig.path}.1`, 'latin1'), `${first}\n`);
  assert.equal(rig.written, 'waits\nnew\n');
});

test('gzip: every buffer is a member of its own, and what is left is written at the end', async (t) => {
  const rig = new Rig(t, 1_000, { flushMs: 0, gzipLevel: 6 });
  let expected = '';
  const written = (): string => gunzipSync(readFileSync(rig.path)).toString('latin1');
  for (let serial = 0; serial < 40; serial++) {
    const text = line(serial, 120);
    rig.append(text);
    expected += `${text}\n`;
    await nextTurn();
  }
  // Without flush= only what fills a buffer is written.
  rig.clock.advanceMs(60_000);
  rig.wheel.advance();
  while (readFileSync(rig.path).length === 0) await nextTurn();
  assert.ok(expected.startsWith(written()));
  rig.append('last');
  while (!written().endsWith('last\n')) {
    rig.file.flush(); // does nothing while an earlier write goes on
    await nextTurn();
  }
  rig.append('behind');
  rig.file.close();
  assert.equal(written(), `${expected}last\nbehind\n`);
  assert.ok(readFileSync(rig.path).length < expected.length / 2);
  assert.equal(rig.droppedLines, 0);
});

test('what a file that cannot be written costs is counted', async (t) => {
  const rig = new Rig(t, 8, {
    make: (path) => execFileSync('ln', ['-s', '/dev/full', path]),
  });
  rig.append('longer than the buffer');
  while (rig.droppedLines === 0) await nextTurn();
  assert.equal(rig.droppedLines, 1);
  assert.match(rig.reasons[0] ?? '', /ENOSPC/);
  // It goes on trying.
  rig.append('longer than the buffer');
  while (rig.droppedLines === 1) await nextTurn();
});

test('a pipe nobody reads: lines wait and are lost, none is torn', async (t) => {
  let reader = -1;
  const rig = new Rig(t, 4096, {
    make: (path) => {
      execFileSync('mkfifo', [path]);
      reader = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    },
  });
  t.after(() => closeSync(reader));
  let sent = 0;
  // Writes into the pipe stop when it is full; then a megabyte waits, then lines are dropped.
  for (; rig.droppedLines === 0; sent++) {
    rig.append(line(sent, 1_000));
    if (sent % 8 === 0) await nextTurn();
  }
  let text = '';
  const kept = (sent - 1) * 1_001;
  const bytes = Buffer.alloc(65_536);
  while (text.length < kept) {
    try {
      text += bytes.toString('latin1', 0, readSync(reader, bytes));
    } catch (error) {
      assert.equal((error as NodeJS.ErrnoException).code, 'EAGAIN');
    }
    rig.file.flush();
    await nextTurn();
  }
  const lines = text.split('\n');
  assert.equal(lines.length, sent);
  for (let at = 0; at < sent - 1; at++) assert.equal(lines[at], line(at, 1_000));
});
