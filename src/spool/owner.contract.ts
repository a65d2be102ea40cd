/** What the tests of both stores use: an owner that checks its manners, known bytes, descriptors. */

import assert from 'node:assert/strict';
import { closeSync, open, readdirSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { Random } from '#test/fuzz/random.ts';
import { keptChunkBytes } from './chunk.ts';
import type { StoreOwner } from './store.ts';
import { type OpenFile, openUnlinkedFile } from './unlinked-file.ts';

/** Where the files of tests are made. */
export const DIRECTORY = tmpdir();

/** Remembers what it was told; may be waited for. Fails when told from within a call of it. */
export class TestOwner implements StoreOwner {
  rooms = 0;
  readables = 0;
  readonly errnos: string[] = [];
  #isInside = false;
  #wake: (() => void) | undefined;

  /** Calls the store: whoever calls back from within does what no owner expects. */
  call<T>(work: () => T): T {
    this.#isInside = true;
    try {
      return work();
    } finally {
      this.#isInside = false;
    }
  }

  /** The next time that anything is told. */
  told(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }

  onStoreRoom(): void {
    this.rooms += 1;
    this.#tell();
  }

  onStoreReadable(): void {
    this.readables += 1;
    this.#tell();
  }

  onStoreFailed(errno: string): void {
    this.errnos.push(errno);
    this.#tell();
  }

  #tell(): void {
    assert.equal(this.#isInside, false, 'the owner was called from within its own call');
    const wake = this.#wake;
    this.#wake = undefined;
    wake?.();
  }
}

const PERIOD = 1_000_003;
const random = new Random(20_261_121);
/** Twice a prime number of bytes: wherever bytes are lost, doubled or swapped, it shows. */
const pattern = Buffer.from(random.bytes(PERIOD).repeat(2), 'latin1');

/** The bytes of a test's body from `at` on; at most a million at a time. */
export function bytesAt(at: number, length: number): Buffer {
  const start = at % PERIOD;
  return pattern.subarray(start, start + length);
}

/** That a part is what belongs there, said without printing either. */
export function assertBytes(part: Buffer, at: number): void {
  for (let done = 0; done < part.length; done += PERIOD) {
    const piece = part.subarray(done, done + PERIOD);
    assert.ok(piece.equals(bytesAt(at + done, piece.length)), `wrong bytes from ${at + done} on`);
  }
}

/** One way through libuv's pool of threads: what was asked of it before has most likely ended. */
async function roundTrip(): Promise<void> {
  await stat('/');
}

/** One turn of the event loop. */
export function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** Calls of node:fs that are under way in this process. */
export function fileCalls(): number {
  return process.getActiveResourcesInfo().filter((kind) => kind === 'FSReqCallback').length;
}

/** Waits until no call of node:fs is under way. */
export async function quiet(): Promise<void> {
  for (let turns = 0; fileCalls() > 0; turns++) {
    assert.ok(turns < 20_000, 'calls of node:fs never end');
    await roundTrip();
  }
}

setFlagsFromString('--expose-gc');
const collect: () => void = runInNewContext('gc');

/** Bytes of buffers in use when nothing more can be collected, without what is kept for others. */
export async function memoryInUse(): Promise<number> {
  let least = Number.POSITIVE_INFINITY;
  // What is collected goes in steps.
  for (let unchanged = 0; unchanged < 3; unchanged++) {
    collect();
    await turn();
    const { arrayBuffers } = process.memoryUsage();
    if (arrayBuffers < least) unchanged = 0;
    least = Math.min(least, arrayBuffers);
  }
  return least - keptChunkBytes();
}

/** Descriptors that this process holds. */
export function descriptorCount(): number {
  return readdirSync('/dev/fd').length;
}

/** Waits for closings under way; fails when the count stays above that. */
export async function descriptorsBackTo(count: number): Promise<void> {
  for (let turns = 0; descriptorCount() > count; turns++) {
    assert.ok(turns < 20_000, `${descriptorCount() - count} descriptors are left open`);
    await roundTrip();
  }
}

/** Opens unlinked files and remembers their descriptors, in order. */
export function rememberingOpen(fds: number[]): OpenFile {
  return (directory, opened) => {
    openUnlinkedFile(directory, (errno, fd) => {
      fds.push(fd);
      opened(errno, fd);
    });
  };
}

/** A "spool file" that every write finds full: ENOSPC. */
export const openFull: OpenFile = (_directory, opened) => {
  open('/dev/full', 'r+', (error, fd) => opened(error?.code ?? '', fd ?? -1));
};

/** A directory in which nothing can be opened: ENOENT. */
export const MISSING = `${DIRECTORY}/weir-no-such-directory`;

/** An unlinked file that is gone for whoever reads it: EBADF. */
export const openUnreadable: OpenFile = (directory, opened) => {
  openUnlinkedFile(directory, (errno, fd) => {
    if (errno !== '') return opened(errno, fd);
    open(`/dev/fd/${fd}`, 'w', (error, writeOnly) => {
      closeSync(fd);
      opened(error?.code ?? '', writeOnly ?? -1);
    });
  });
};
