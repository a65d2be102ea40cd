import '#test/support/poison.ts';
import assert from 'node:assert/strict';
import { fstatSync } from 'node:fs';
import { describe, it, type TestContext } from 'node:test';
import { Random } from '#test/fuzz/random.ts';
import { TinyDisk } from '#test/support/tiny-disk.ts';
import {
  bytesAt,
  DIRECTORY,
  descriptorCount,
  descriptorsBackTo,
  MISSING,
  memoryInUse,
  openFull,
  openUnreadable,
  quiet,
  rememberingOpen,
  TestOwner,
  turn,
} from './owner.contract.ts';
import { ResponseStore } from './response-store.ts';
import { LIMITS, Stream } from './response-stream.contract.ts';
import { type OpenFile, openUnlinkedFile } from './unlinked-file.ts';

const KB = 1024;
describe('the store of a response', () => {
  it('is a queue', (t) => {
    const stream = new Stream(t);
    assert.deepEqual([stream.store.isEmpty, stream.store.next()], [true, undefined]);
    stream.append(10);
    stream.append(20);
    assert.equal(stream.store.isEmpty, false);
    while (stream.take()) stream.mayAppend();
    assert.deepEqual([stream.taken, stream.store.isEmpty], [30, true]);
    stream.append(5);
    assert.equal(stream.take(), true);
    assert.deepEqual([stream.taken, stream.owner.rooms, stream.owner.readables], [35, 0, 0]);
    assert.equal(stream.take(), false);
    assert.equal(stream.store.heldBytes, 0);
  });

  it('opens no file before its memory is exceeded by a piece', async (t) => {
    const fds: number[] = [];
    const stream = new Stream(t, {}, rememberingOpen(fds));
    assert.equal(stream.take(), false);
    stream.append(32 * KB);
    assert.equal(stream.store.heldBytes, 32 * KB);
    stream.append(63 * KB);
    await turn();
    assert.deepEqual(fds, []);
    stream.append(KB);
    await quiet();
    assert.deepEqual([fds.length, stream.owner.readables], [1, 0]);
    await stream.takeAll();
    assert.equal(stream.taken, 96 * KB);
  });

  it('takes megabytes while nobody reads, in little memory', async (t) => {
    const stream = new Stream(t);
    while (stream.appended < 8 * KB * KB) {
      if (stream.mayAppend()) stream.append(64 * KB);
      else await stream.owner.told();
    }
    assert.ok(stream.mostHeld <= 32 * KB + 4 * 64 * KB, `${stream.mostHeld} bytes of memory`);
    await stream.takeAll();
    assert.equal(stream.taken, stream.appended);
    assert.ok(stream.mostHeld <= 32 * KB + 4 * 64 * KB, `${stream.mostHeld} bytes of memory`);
  });

  it('gives all bytes in order, however both ends take turns', async (t) => {
    for (let seed = 1; seed <= 80; seed++) await shuffle(t, seed, openUnlinkedFile, '');
  });

  it('does so, too, when no file can be opened or written', async (t) => {
    for (let seed = 1; seed <= 20; seed++) {
      await shuffle(t, seed, openFull, 'ENOSPC');
      await shuffle(t, seed, openUnlinkedFile, 'ENOENT', MISSING);
    }
  });

  it('does so, too, on disks that fill up', async (t) => {
    for (let seed = 1; seed <= 12; seed++) {
      const disk = await TinyDisk.mount((seed % 6) * 64 * KB + 4 * KB);
      if (typeof disk === 'string') return t.diagnostic(`only /dev/full was tried: ${disk}`);
      await shuffle(t, seed, openUnlinkedFile, 'ENOSPC', disk.directory);
      disk.close();
    }
  });

  it('begins its file anew when the reader has caught up, and gives the disk its room', async (t) => {
    const fds: number[] = [];
    const stream = new Stream(t, { maxFileBytes: 256 * KB }, rememberingOpen(fds));
    for (let round = 1; round <= 5; round++) {
      await stream.appendUntilFull(30 * KB);
      assert.equal(fstatSync(fds[0] ?? -1).size, 256 * KB);
      await stream.takeAll();
      while (fstatSync(fds[0] ?? -1).size > 0) await turn();
      assert.equal(stream.mayAppend(), true);
    }
    assert.equal(fds.length, 1);
    assert.equal(stream.taken, stream.appended);
  });

  it('serves a reader that waits for the write from memory', async (t) => {
    const stream = new Stream(t, {}, openUnreadable);
    stream.append(96 * KB);
    assert.equal(stream.take(), true);
    assert.equal(stream.take(), false);
    await stream.owner.told();
    assert.equal(stream.take(), true);
    assert.deepEqual([stream.taken, stream.store.isEmpty], [96 * KB, true]);
    assert.deepEqual(stream.owner.errnos, []);
  });

  it('puts what comes while a piece is being read behind that piece', async (t) => {
    const stream = new Stream(t);
    for (const length of [32 * KB, 64 * KB, 64 * KB]) stream.append(length);
    await quiet();
    assert.deepEqual([stream.take(), stream.take()], [true, false]);
    await stream.owner.told();
    assert.deepEqual([stream.take(), stream.take()], [true, false]);
    await stream.owner.told();
    stream.append(100);
    assert.deepEqual([stream.take(), stream.take()], [true, true]);
    assert.deepEqual([stream.taken, stream.store.isEmpty], [160 * KB + 100, true]);
  });

  it('keeps many megabytes in little memory', async (t) => {
    const count = 40;
    const before = await memoryInUse();
    const all = Array.from({ length: count }, () => new Stream(t));
    for (const stream of all) await stream.appendUntilFull(64 * KB, 1024 * KB);
    const each = ((await memoryInUse()) - before) / count;
    assert.ok(each < (32 + 4 * 64) * KB, `${each} bytes for a response`);
    for (const stream of all) {
      await stream.takeAll();
      assert.equal(stream.taken, 1024 * KB);
      assert.equal(stream.take(), false);
      stream.store.reset();
    }
    const rest = ((await memoryInUse()) - before) / count;
    assert.ok(rest < KB, `${rest} bytes for no response`);
  });

  it('without a file says when it is full, and when there is room', async (t) => {
    const fds: number[] = [];
    const stream = new Stream(t, { maxFileBytes: 0 }, rememberingOpen(fds));
    stream.append(32 * KB);
    assert.equal(stream.hasRoom, true);
    stream.append(64 * KB);
    assert.equal(stream.hasRoom, false);
    assert.equal(stream.take(), true);
    assert.equal(stream.owner.rooms, 0);
    assert.equal(stream.take(), true);
    assert.deepEqual([stream.store.isEmpty, stream.take()], [true, false]);
    await stream.owner.told();
    assert.deepEqual([stream.owner.rooms, stream.mayAppend()], [1, true]);
    await stream.takeAll();
    assert.deepEqual([stream.taken, fds, stream.store.writeErrno], [96 * KB, [], '']);
  });
});

describe('a response whose file fails', () => {
  it('stays in memory, whole, and holds the source back', async (t) => {
    const stream = new Stream(t, {}, openFull);
    await stream.appendUntilFull(20 * KB);
    assert.equal(stream.store.writeErrno, 'ENOSPC');
    assert.equal(stream.hasRoom, false);
    assert.ok(stream.mostHeld <= 32 * KB + 4 * 64 * KB, `${stream.mostHeld} bytes of memory`);
    await quiet();
    await turn();
    assert.deepEqual([stream.owner.rooms, stream.owner.errnos], [0, []]);
    while (!stream.mayAppend()) {
      stream.take();
      await turn();
    }
    assert.ok(stream.appended - stream.taken <= 32 * KB);
    await stream.takeAll();
    assert.equal(stream.taken, stream.appended);
  });

  it('is not written any more, also when there would be room again', async (t) => {
    const disk = await TinyDisk.mount(100 * KB);
    if (typeof disk === 'string') return t.diagnostic(`needs a disk of its own: ${disk}`);
    t.after(() => disk.close());
    const count = descriptorCount();
    const stream = new Stream(t, { directory: disk.directory });
    await stream.appendUntilFull(30 * KB);
    assert.deepEqual([stream.store.writeErrno, disk.freeBytes], ['ENOSPC', 0]);
    await stream.takeAll();
    while (disk.freeBytes < 100 * KB) await turn();
    await descriptorsBackTo(count);
    stream.hasRoom = true;
    await stream.appendUntilFull(30 * KB);
    await quiet();
    await turn();
    assert.equal(disk.freeBytes, 100 * KB);
    await stream.takeAll();
    assert.equal(stream.taken, stream.appended);
  });

  it('is lost when it cannot be read, and says so once', async (t) => {
    const stream = new Stream(t, {}, openUnreadable);
    await stream.appendUntilFull(64 * KB, 1024 * KB);
    await stream.takeAll();
    assert.deepEqual(stream.owner.errnos, ['EBADF']);
    assert.equal(stream.take(), false);
    const { rooms, readables } = stream.owner;
    for (let more = 0; more < 5; more++) stream.append(64 * KB);
    assert.equal(stream.take(), false);
    await quiet();
    await turn();
    assert.deepEqual(stream.owner.errnos, ['EBADF']);
    assert.deepEqual([stream.owner.rooms, stream.owner.readables], [rooms, readables]);
  });

  it('is no concern of the next response', async (t) => {
    const stream = new Stream(t, {}, openFull);
    await stream.appendUntilFull(30 * KB);
    assert.equal(stream.store.writeErrno, 'ENOSPC');
    stream.store.reset();
    stream.store.begin(stream.owner, LIMITS);
    assert.deepEqual([stream.store.writeErrno, stream.store.isEmpty], ['', true]);
    assert.equal(stream.store.append(bytesAt(0, 90 * KB), 0, 90 * KB), true);
  });
});

describe('the reset of a response store', () => {
  it('leaves no descriptor and tells nobody, whatever is under way', async (t) => {
    const count = descriptorCount();
    const random = new Random(9);
    const store = new ResponseStore();
    for (let round = 0; round < 80; round++) {
      const owner = new TestOwner();
      store.begin(owner, { ...LIMITS, maxFileBytes: random.pick([0, 128 * KB, 1024 * KB]) });
      for (let step = random.below(30); step >= 0; step--) {
        if (random.chance(0.6)) store.append(bytesAt(0, 64 * KB), 0, random.below(64 * KB));
        else store.next();
        if (random.chance(0.3)) await turn();
      }
      const told = [owner.rooms, owner.readables];
      store.reset();
      assert.deepEqual([store.isEmpty, store.heldBytes], [true, 0]);
      if (random.chance(0.5)) await turn();
      assert.deepEqual([owner.rooms, owner.readables], told);
    }
    await descriptorsBackTo(count);
    const stream = new Stream(t);
    await stream.appendUntilFull(50 * KB, 900 * KB);
    await stream.takeAll();
    assert.equal(stream.taken, stream.appended);
  });

  it('may come from within each callback', async (t) => {
    const count = descriptorCount();
    for (const moment of ['room', 'readable']) {
      const store = new ResponseStore();
      t.after(() => store.reset());
      await new Promise<void>((resolve) => {
        const end = () => {
          store.reset();
          store.begin(new TestOwner(), LIMITS);
          resolve();
        };
        const append = () => {
          if (store.append(bytesAt(0, 64 * KB), 0, 64 * KB)) setImmediate(append);
          else if (moment === 'readable') while (store.next() !== undefined);
        };
        store.begin(
          {
            onStoreRoom: moment === 'room' ? end : () => {},
            onStoreReadable: moment === 'readable' ? end : () => {},
            onStoreFailed: assert.fail,
          },
          LIMITS,
        );
        append();
        append();
        append();
        append();
      });
      await turn();
      assert.deepEqual([store.isEmpty, store.heldBytes, store.writeErrno], [true, 0, '']);
    }
    await descriptorsBackTo(count);
  });
});

/** Appends and takes at random; where `errno` is given, the file may fail with it and with no other. */
async function shuffle(
  t: TestContext,
  seed: number,
  open: OpenFile,
  errno: string,
  directory = DIRECTORY,
): Promise<void> {
  const random = new Random(seed);
  const writeBytes = random.pick([4 * KB, 16 * KB, 64 * KB]);
  const memoryBytes = random.pick([0, 8 * KB, 32 * KB, 128 * KB]);
  const maxFileBytes = random.pick([0, 5 * KB, 100 * KB, 256 * KB, 64 * KB * KB]);
  const fds: number[] = [];
  const remembering: OpenFile = (where, opened) => {
    open(where, (problem, fd) => {
      fds.push(fd);
      opened(problem, fd);
    });
  };
  const stream = new Stream(t, { writeBytes, memoryBytes, maxFileBytes, directory }, remembering);
  const bytes = random.below(1_500 * KB);
  // Whole pieces leave nothing behind the file.
  const wholeRatio = random.pick([0, 0.9, 1]);
  const appendRatio = random.pick([0.3, 0.5, 0.9]);
  const named = `seed ${seed} ${errno}: ${JSON.stringify(stream.limits)}`;
  while (stream.appended < bytes || !stream.store.isEmpty) {
    const wantsAppend = stream.appended < bytes && random.chance(appendRatio);
    if (wantsAppend && stream.mayAppend()) {
      const length = random.chance(wholeRatio) ? writeBytes : 1 + random.below(writeBytes);
      stream.append(Math.min(length, bytes - stream.appended));
    } else if (!wantsAppend && !stream.take() && !stream.store.isEmpty) {
      await stream.owner.told();
    }
    if (random.chance(0.2)) await turn();
    if (errno === '' && fds[0] !== undefined) {
      assert.ok(fstatSync(fds[0]).size <= maxFileBytes, `${named}: the file is too large`);
    }
  }
  await turn();
  assert.equal(stream.taken, bytes, named);
  const { mostHeld, store, owner } = stream;
  assert.ok(mostHeld <= memoryBytes + 4 * writeBytes, `${named}: ${mostHeld} bytes of memory`);
  assert.deepEqual(owner.errnos, [], named);
  assert.ok(store.writeErrno === '' || store.writeErrno === errno, `${named}: ${store.writeErrno}`);
  store.reset();
}
