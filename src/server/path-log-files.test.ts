import assert from 'node:assert/strict';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
} from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { ManualClock } from '#src/base/clock.ts';
import { TICK_MS, TimerWheel } from '#src/base/timer-wheel.ts';
import type { LogFileCache } from '#src/exchange/log-arguments.ts';
import { PathLogFiles } from './path-log-files.ts';

const FLUSH_MS = 100;
const CACHE: LogFileCache = { maxFiles: 2, inactiveMs: 10_000, minUses: 1, validMs: 60_000 };

class Rig {
  readonly folder = mkdtempSync('/tmp/weir-paths-');
  readonly clock = new ManualClock();
  readonly wheel = new TimerWheel(this.clock);
  readonly files: PathLogFiles;
  dropped = 0;
  reason = '';

  constructor(t: TestContext, cache?: LogFileCache) {
    this.files = new PathLogFiles(cache, this.wheel, {
      onDropped: (lines, reason) => {
        this.dropped += lines;
        this.reason = reason;
      },
    });
    t.after(() => {
      this.files.close();
      rmSync(this.folder, { recursive: true });
    });
  }

  path(name: string): string {
    return join(this.folder, name);
  }

  append(name: string, text: string): void {
    const out = this.files.beginLine(`${this.folder}/${name}`);
    out.reserve(text.length);
    out.text(text);
    this.files.endLine();
  }

  passMs(ms: number): void {
    this.clock.advanceMs(ms + TICK_MS);
    this.wheel.advance();
  }

  /** Files of the folder that this process has open. */
  get open(): readonly string[] {
    return readdirSync('/proc/self/fd')
      .map((fd) => linkOf(fd))
      .filter((path) => path.startsWith(`${this.folder}/`))
      .map((path) => path.slice(this.folder.length + 1))
      .sort();
  }

  /** When the writes in the background have brought the file to that text. */
  async has(name: string, text: string): Promise<void> {
    while (!existsSync(this.path(name)) || readFileSync(this.path(name), 'latin1') !== text) {
      this.files.flush();
      await nextTurn();
    }
    while (this.files.isWriting) await nextTurn();
  }

  async isOpen(...names: readonly string[]): Promise<void> {
    while (this.open.join() !== names.join()) await nextTurn();
  }
}

function linkOf(fd: string): string {
  try {
    return readlinkSync(`/proc/self/fd/${fd}`);
  } catch {
    return ''; // the one that the list was read by
  }
}

test('a file for each path, open for its lines only', async (t) => {
  const rig = new Rig(t);
  rig.append('a.log', 'one');
  rig.append('b.log', 'two');
  rig.append('a.log', 'three');
  assert.equal(existsSync(rig.path('a.log')), false);
  rig.passMs(FLUSH_MS);
  while (!existsSync(rig.path('b.log'))) await nextTurn();
  await rig.has('a.log', 'one\nthree\n');
  await rig.has('b.log', 'two\n');
  await rig.isOpen();
  rig.append('a.log', 'four');
  await rig.has('a.log', 'one\nthree\nfour\n');
  assert.equal(rig.dropped, 0);
});

test('a path that leads elsewhere, or nowhere, costs its lines and no others', async (t) => {
  const rig = new Rig(t);
  mkdirSync(rig.path('in'));
  rig.append('in/../a.log', 'no');
  rig.append('a\0.log', 'no');
  assert.equal(rig.dropped, 2);
  rig.append('missing/a.log', 'no');
  rig.append('in/a.log', 'yes');
  rig.append('..a..log', 'yes');
  await rig.has('in/a.log', 'yes\n');
  await rig.has('..a..log', 'yes\n');
  assert.equal(rig.dropped, 3);
  assert.match(rig.reason, /ENOENT/);
  assert.deepEqual(readdirSync(rig.folder).sort(), ['..a..log', 'in']);
});

test('however many paths there are, what waits stays within a megabyte', async (t) => {
  const rig = new Rig(t);
  let sent = 0;
  // The first are on their way at once; within this turn no write ends.
  for (; rig.dropped === 0; sent++) rig.append(`${sent}.log`, 'x');
  assert.match(rig.reason, /more slowly/);
  assert.ok(sent > 1_000 && sent < 4_000, String(sent));
  await rig.has(`${sent - 2}.log`, 'x\n');
  await rig.isOpen();
  rig.append('again.log', 'y');
  await rig.has('again.log', 'y\n');
  assert.equal(rig.dropped, 1);
});

test('what is gathered is written at the end', (t) => {
  const rig = new Rig(t);
  rig.append('a.log', 'one');
  rig.files.close();
  assert.equal(readFileSync(rig.path('a.log'), 'latin1'), 'one\n');
});

test('open_log_file_cache keeps the files used last, until nobody writes to them', async (t) => {
  const rig = new Rig(t, CACHE);
  for (const [name, text] of [
    ['a', 'x\n'],
    ['b', 'x\n'],
    ['a', 'x\nx\n'],
    ['c', 'x\n'],
  ] as const) {
    rig.append(name, 'x');
    await rig.has(name, text);
  }
  await rig.isOpen('a', 'c');
  rig.passMs(CACHE.inactiveMs);
  rig.passMs(CACHE.inactiveMs);
  await rig.isOpen();
});

test('min_uses: a file that few write to is not kept', async (t) => {
  const rig = new Rig(t, { ...CACHE, minUses: 2 });
  rig.append('a', 'x');
  await rig.has('a', 'x\n');
  await rig.isOpen();
  rig.append('a', 'x');
  await rig.has('a', 'x\nx\n');
  await rig.isOpen('a');
});

test('a renamed file is left after valid, and after reopen', async (t) => {
  const rig = new Rig(t, { ...CACHE, inactiveMs: 1_000_000 });
  rig.append('a', '1');
  await rig.has('a', '1\n');
  renameSync(rig.path('a'), rig.path('old'));
  rig.append('a', '2');
  await rig.has('old', '1\n2\n');
  rig.clock.advanceMs(CACHE.validMs);
  rig.append('a', '3');
  await rig.has('a', '3\n');
  renameSync(rig.path('a'), rig.path('older'));
  rig.append('a', '4');
  rig.files.flush();
  // While the line is on its way to the old file.
  rig.files.reopen();
  await rig.has('older', '3\n4\n');
  rig.append('a', '5');
  await rig.has('a', '5\n');
});
