import '#test/support/poison.ts';
import assert from 'node:assert/strict';
import { ftruncateSync } from 'node:fs';
import { describe, it, type TestContext } from 'node:test';
import { Random } from '#test/fuzz/random.ts';
import { TinyDisk } from '#test/support/tiny-disk.ts';
import {
  assertBytes,
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
import { RequestStore } from './request-store.ts';
import { type OpenFile, openUnlinkedFile } from './unlinked-file.ts';

const KB = 1024;
/** What the contract adds to the memory of the configuration: four pieces of a write. */
const SLACK_BYTES = 4 * 64 * KB;

interface Begun {
  readonly store: RequestStore;
  readonly owner: TestOwner;
}

function begun(
  t: TestContext,
  memoryBytes: number,
  { open = openUnlinkedFile, directory = DIRECTORY }: { open?: OpenFile; directory?: string } = {},
): Begun {
  const store = new RequestStore(open);
  const owner = new TestOwner();
  store.begin(owner, memoryBytes, directory);
  t.after(() => store.reset());
  return { store, owner };
}

/** Appends that much in pieces of these sizes, waiting where it is told to. */
async function fill({ store, owner }: Begun, bytes: number, size: () => number): Promise<void> {
  while (store.bytes < bytes) {
    const length = Math.min(size(), bytes - store.bytes);
    const at = store.bytes;
    // Behind and before what belongs to the store stands something else.
    const source = Buffer.concat([Buffer.from('<'), bytesAt(at, length), Buffer.from('>')]);
    const isGoingOn = owner.call(() => store.append(source, 1, 1 + length));
    source.fill(0);
    if (!isGoingOn) await owner.told();
    if (owner.errnos.length > 0) return;
  }
}

/** Reads to the end; every part must be right, still right when the next is asked for. */
async function readAll({ store, owner }: Begun, pause: () => boolean): Promise<number> {
  let at = 0;
  for (;;) {
    const part = owner.call(() => store.next());
    if (part === undefined) {
      if (store.isAtEnd) return at;
      await owner.told();
      if (owner.errnos.length > 0) return at;
      continue;
    }
    assert.ok(part.length > 0, 'an empty part');
    assertBytes(part, at);
    if (pause()) {
      await turn();
      assertBytes(part, at);
    }
    at += part.length;
  }
}

describe('the store of a request body', () => {
  it('holds a small body in one buffer of its size, and opens nothing', async (t) => {
    const fds: number[] = [];
    const { store, owner } = begun(t, 16 * KB, { open: rememberingOpen(fds) });
    for (let use = 0; use < 3; use++) {
      assert.equal(store.append(bytesAt(0, 300), 0, 100), true);
      assert.deepEqual([store.bytes, store.isSettled, store.heldBytes], [100, true, 100]);
      for (let reading = 0; reading < 2; reading++) {
        store.rewind();
        assert.equal(store.isAtEnd, false);
        assert.ok(store.next()?.equals(bytesAt(0, 100)));
        assert.deepEqual([store.isAtEnd, store.next()], [true, undefined]);
      }
      store.reset();
      assert.deepEqual([store.bytes, store.heldBytes, store.isAtEnd], [0, 0, true]);
      store.begin(owner, 16 * KB, DIRECTORY);
    }
    assert.deepEqual([fds, owner.rooms, owner.readables], [[], 0, 0]);
  });

  it('grows with a body that comes a byte at a time', async (t) => {
    const both = begun(t, 16 * KB);
    await fill(both, 5_000, () => 1);
    assert.ok(both.store.heldBytes <= 2 * 5_000, `${both.store.heldBytes} bytes for 5000`);
    both.store.rewind();
    let parts = 0;
    const count = () => {
      parts += 1;
      return false;
    };
    assert.equal(await readAll(both, count), 5_000);
    assert.ok(parts < 10, `${parts} parts`);
  });

  it('is at the end of an empty body at once', (t) => {
    const { store } = begun(t, 16 * KB);
    store.rewind();
    assert.deepEqual([store.isAtEnd, store.isSettled, store.next()], [true, true, undefined]);
  });

  it('opens a file when the memory is exceeded, not before', async (t) => {
    const fds: number[] = [];
    const both = begun(t, 16 * KB, { open: rememberingOpen(fds) });
    await fill(both, 16 * KB, () => KB);
    assert.deepEqual([both.store.isSettled, both.store.heldBytes], [true, 16 * KB]);
    await fill(both, 31 * KB, () => KB);
    await quiet();
    assert.deepEqual([both.store.isSettled, fds], [true, []]);
    await fill(both, 100 * KB, () => KB);
    while (!both.store.isSettled) await turn();
    assert.equal(fds.length, 1);
    assert.ok(both.store.heldBytes <= 16 * KB + 2 * 64 * KB);
  });

  it('gives any body back in order, any number of times, within its memory', async (t) => {
    for (let seed = 1; seed <= 60; seed++) {
      const random = new Random(seed);
      const memoryBytes = random.pick([0, KB, 16 * KB, 100 * KB, 1024 * KB]);
      const bytes = random.below(random.pick([2 * KB, 40 * KB, 700 * KB, 3_000 * KB]));
      const size = random.pick([1, 1_400, 16 * KB, 64 * KB]);
      if (size === 1 && bytes > 40 * KB) continue;
      const both = begun(t, memoryBytes);
      const { store } = both;
      const named = `seed ${seed}: ${bytes} bytes in pieces to ${size}, memory ${memoryBytes}`;
      let most = 0;
      const watched = () => {
        most = Math.max(most, store.heldBytes);
        return 1 + random.below(size);
      };
      await fill(both, bytes, watched);
      for (let reading = random.below(3); reading >= 0; reading--) {
        store.rewind();
        watched();
        assert.equal(await readAll(both, () => random.chance(0.2)), bytes, named);
        watched();
        // Half of a reading, given up wherever it stands.
        store.rewind();
        for (let part = random.below(9); part >= 0; part--) {
          if (store.next() === undefined && random.chance(0.5)) await turn();
        }
      }
      assert.ok(most <= memoryBytes + SLACK_BYTES, `${named}: ${most} bytes of memory`);
      assert.deepEqual(both.owner.errnos, [], named);
      store.reset();
    }
  });

  it('takes whatever it is given, and says that there is room when there is', async (t) => {
    const { store, owner } = begun(t, 16 * KB);
    assert.equal(store.append(bytesAt(0, 900 * KB), 0, 900 * KB), false);
    assert.equal(store.next(), undefined);
    await owner.told();
    assert.ok(store.heldBytes <= 16 * KB + SLACK_BYTES, `${store.heldBytes} bytes of memory`);
    assert.equal(owner.rooms, 1);
    while (!store.isSettled) await turn();
    assert.deepEqual([owner.rooms, owner.readables, store.bytes], [1, 1, 900 * KB]);
    store.rewind();
    assert.equal(await readAll({ store, owner }, () => false), 900 * KB);
  });

  it('can be read from the end of its last write on', async (t) => {
    const { store, owner } = begun(t, 0);
    store.append(bytesAt(0, 64 * KB), 0, 64 * KB);
    assert.equal(store.isSettled, false);
    store.rewind();
    assert.deepEqual([store.next(), store.isAtEnd], [undefined, false]);
    await owner.told();
    assert.deepEqual([store.isSettled, owner.readables, owner.rooms], [true, 1, 0]);
    assert.equal(await readAll({ store, owner }, () => true), 64 * KB);
  });

  it('is handed on to another owner when it is whole', async (t) => {
    const both = begun(t, 0);
    await fill(both, 200 * KB, () => 10 * KB);
    while (!both.store.isSettled) await turn();
    const owner = new TestOwner();
    both.store.owner = owner;
    both.store.rewind();
    const { rooms, readables } = both.owner;
    assert.equal(await readAll({ store: both.store, owner }, () => false), 200 * KB);
    assert.ok(owner.readables > 0);
    assert.deepEqual([both.owner.rooms, both.owner.readables], [rooms, readables]);
  });

  it('keeps many bodies in little memory', async (t) => {
    const count = 100;
    const bytes = 512 * KB;
    const before = await memoryInUse();
    const all = Array.from({ length: count }, () => begun(t, 16 * KB));
    await Promise.all(all.map((both) => fill(both, bytes, () => 32 * KB)));
    for (const { store } of all) while (!store.isSettled) await turn();
    const each = ((await memoryInUse()) - before) / count;
    assert.ok(each < (16 + 64) * KB, `${each} bytes for a body`);
    for (const { store } of all) store.reset();
    const rest = ((await memoryInUse()) - before) / count;
    assert.ok(rest < KB, `${rest} bytes for no body`);
  });
});

describe('a request body that cannot be stored', () => {
  it('is reported once with the reason, and takes no more', async (t) => {
    for (const [open, directory, errno] of [
      [openFull, DIRECTORY, 'ENOSPC'],
      [openUnlinkedFile, MISSING, 'ENOENT'],
    ] as const) {
      const both = begun(t, KB, { open, directory });
      await fill(both, 900 * KB, () => 50 * KB);
      assert.deepEqual(both.owner.errnos, [errno]);
      const { bytes } = both.store;
      assert.equal(both.store.append(bytesAt(0, 9), 0, 9), false);
      assert.deepEqual([both.store.bytes, both.store.next()], [bytes, undefined]);
    }
  });

  it('ends at a disk that fills up meanwhile', async (t) => {
    const disk = await TinyDisk.mount(256 * KB);
    if (typeof disk === 'string') return t.diagnostic(`only /dev/full was tried: ${disk}`);
    t.after(() => disk.close());
    const both = begun(t, KB, { directory: disk.directory });
    await fill(both, 900 * KB, () => 10 * KB);
    assert.deepEqual(both.owner.errnos, ['ENOSPC']);
    assert.ok(both.store.bytes > 256 * KB);
    while (disk.freeBytes < 256 * KB) await turn();
  });

  it('is reported when it cannot be read again', async (t) => {
    const unreadable = begun(t, KB, { open: openUnreadable });
    await fill(unreadable, 200 * KB, () => 64 * KB);
    unreadable.store.rewind();
    await readAll(unreadable, () => false);
    assert.deepEqual(unreadable.owner.errnos, ['EBADF']);

    const fds: number[] = [];
    const cut = begun(t, KB, { open: rememberingOpen(fds) });
    await fill(cut, 200 * KB, () => 64 * KB);
    while (!cut.store.isSettled) await turn();
    ftruncateSync(fds[0] ?? -1, 70 * KB);
    cut.store.rewind();
    const read = await readAll(cut, () => false);
    assert.deepEqual(cut.owner.errnos, ['EIO']);
    assert.ok(read <= 71 * KB);
  });
});

describe('the reset of a request store', () => {
  it('leaves no descriptor and tells nobody, whatever is under way', async (t) => {
    const count = descriptorCount();
    const stores: RequestStore[] = [];
    const random = new Random(5);
    const owners: TestOwner[] = [];
    for (let round = 0; round < 60; round++) {
      const store = stores.pop() ?? new RequestStore();
      const owner = new TestOwner();
      store.begin(owner, KB, DIRECTORY);
      const turns = random.below(6);
      const both = { store, owner };
      if (round % 2 === 0) {
        store.append(bytesAt(0, 64 * KB), 0, 64 * KB);
      } else {
        await fill(both, 150 * KB, () => 64 * KB);
        while (!store.isSettled) await turn();
        store.rewind();
        for (let part = 0; part < 4; part++) store.next();
      }
      for (let i = 0; i < turns; i++) await turn();
      const told = [owner.rooms, owner.readables];
      store.reset();
      owners.push(owner);
      stores.push(store);
      await turn();
      assert.deepEqual([owner.rooms, owner.readables], told);
    }
    await descriptorsBackTo(count);
    // The same object serves the next body as if nothing had been.
    const [store] = stores;
    assert.ok(store);
    const both = { store, owner: new TestOwner() };
    store.begin(both.owner, KB, DIRECTORY);
    t.after(() => store.reset());
    await fill(both, 300 * KB, () => 64 * KB);
    store.rewind();
    assert.equal(await readAll(both, () => true), 300 * KB);
  });
});

describe('the text of a request store', () => {
  it('is the whole body when it fits into the memory of the configuration', (t) => {
    const { store } = begun(t, 8 * KB);
    assert.equal(store.text, '');
    for (const part of ['one ', 'two\xe9', 'x'.repeat(5 * KB)]) {
      const bytes = Buffer.from(part, 'latin1');
      store.append(bytes, 0, bytes.length);
    }
    assert.equal(store.text, `one two\xe9${'x'.repeat(5 * KB)}`);
    store.rewind();
    while (store.next() !== undefined) assert.equal(store.text?.length, store.bytes);
  });

  it('is not there when it is longer, in a file or not yet', async (t) => {
    const body = begun(t, 4 * KB);
    await fill(body, 5 * KB, () => 10 * KB);
    assert.equal(body.store.text, undefined);
    await fill(body, 100 * KB, () => 10 * KB);
    assert.equal(body.store.text, undefined);
  });
});
