import assert from 'node:assert/strict';
import { fstatSync, ftruncateSync } from 'node:fs';
import { describe, it, type TestContext } from 'node:test';
import { TinyDisk } from '#test/support/tiny-disk.ts';
import {
  assertBytes,
  bytesAt,
  DIRECTORY,
  descriptorCount,
  descriptorsBackTo,
  fileCalls,
  MISSING,
  openFull,
  openUnreadable,
  quiet,
  rememberingOpen,
} from './owner.contract.ts';
import { SpoolFile, type SpoolFileOwner } from './spool-file.ts';
import { type OpenFile, openUnlinkedFile } from './unlinked-file.ts';

/** Writes down what it is told, and waits for it. */
class Teller implements SpoolFileOwner {
  readonly told: string[] = [];
  #wake: (() => void) | undefined;

  /** When that many things have been told. */
  async toldCount(count: number): Promise<readonly string[]> {
    while (this.told.length < count) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    return this.told;
  }

  onFileWritten = (): void => this.#tell('written');
  onFileRead = (): void => this.#tell('read');
  onFileWriteFailed = (errno: string): void => this.#tell(`write ${errno}`);
  onFileReadFailed = (errno: string): void => this.#tell(`read ${errno}`);

  #tell(what: string): void {
    this.told.push(what);
    this.#wake?.();
  }
}

function fileOf(t: TestContext, open: OpenFile = openUnlinkedFile, directory = DIRECTORY) {
  const owner = new Teller();
  const file = new SpoolFile(owner, directory, open);
  t.after(() => file.close());
  return { owner, file };
}

describe('a spool file', () => {
  it('opens nothing before the first write', async (t) => {
    const fds: number[] = [];
    const { owner, file } = fileOf(t, rememberingOpen(fds));
    assert.equal(fds.length, 0);
    file.append(bytesAt(0, 1));
    assert.equal(file.size, 0);
    await owner.toldCount(1);
    assert.deepEqual([fds.length, file.size], [1, 1]);
  });

  it('gives back what was appended, from any place', async (t) => {
    const { owner, file } = fileOf(t);
    file.append(bytesAt(0, 300_000));
    await owner.toldCount(1);
    file.append(bytesAt(300_000, 7));
    await owner.toldCount(2);
    const target = Buffer.alloc(200_010);
    file.read(target, 100_000, 200_007);
    assert.deepEqual(await owner.toldCount(3), ['written', 'written', 'read']);
    assertBytes(target.subarray(0, 200_007), 100_000);
    assert.deepEqual([...target.subarray(200_007)], [0, 0, 0]);
  });

  it('writes and reads at the same time', async (t) => {
    const { owner, file } = fileOf(t);
    file.append(bytesAt(0, 100));
    await owner.toldCount(1);
    const target = Buffer.alloc(100);
    file.append(bytesAt(100, 100));
    file.read(target, 0, 100);
    assert.deepEqual([...(await owner.toldCount(3))].sort(), ['read', 'written', 'written']);
    assertBytes(target, 0);
  });

  it('begins at 0 after truncation, also with what is appended meanwhile', async (t) => {
    const fds: number[] = [];
    const { owner, file } = fileOf(t, rememberingOpen(fds));
    file.append(bytesAt(0, 200_000));
    await owner.toldCount(1);
    file.truncate();
    file.append(bytesAt(5, 50));
    assert.equal(file.size, 0);
    await owner.toldCount(2);
    assert.deepEqual([file.size, fstatSync(fds[0] ?? -1).size], [50, 50]);
    const target = Buffer.alloc(50);
    file.read(target, 0, 50);
    await owner.toldCount(3);
    assertBytes(target, 5);
  });

  it('says why it cannot be opened, written or read', async (t) => {
    const missing = fileOf(t, openUnlinkedFile, MISSING);
    missing.file.append(bytesAt(0, 9));
    assert.deepEqual(await missing.owner.toldCount(1), ['write ENOENT']);

    const full = fileOf(t, openFull);
    full.file.append(bytesAt(0, 9));
    assert.deepEqual(await full.owner.toldCount(1), ['write ENOSPC']);
    assert.equal(full.file.size, 0);

    const unreadable = fileOf(t, openUnreadable);
    unreadable.file.append(bytesAt(0, 9));
    await unreadable.owner.toldCount(1);
    unreadable.file.read(Buffer.alloc(9), 0, 9);
    assert.deepEqual(await unreadable.owner.toldCount(2), ['written', 'read EBADF']);
  });

  it('does not wait for bytes that somebody cut off', async (t) => {
    const fds: number[] = [];
    const { owner, file } = fileOf(t, rememberingOpen(fds));
    file.append(bytesAt(0, 9));
    await owner.toldCount(1);
    ftruncateSync(fds[0] ?? -1, 5);
    file.read(Buffer.alloc(9), 0, 9);
    assert.deepEqual(await owner.toldCount(2), ['written', 'read EIO']);
  });

  it('takes a write back whole that a full disk took in part', async (t) => {
    const disk = await TinyDisk.mount(64 * 1024);
    if (typeof disk === 'string') return t.diagnostic(`only /dev/full was tried: ${disk}`);
    t.after(() => disk.close());
    const { owner, file } = fileOf(t, openUnlinkedFile, disk.directory);
    file.append(bytesAt(0, 40_000));
    await owner.toldCount(1);
    file.append(bytesAt(40_000, 40_000));
    assert.deepEqual(await owner.toldCount(2), ['written', 'write ENOSPC']);
    assert.deepEqual([disk.freeBytes, file.size], [0, 40_000]);
    const target = Buffer.alloc(40_000);
    file.read(target, 0, 40_000);
    await owner.toldCount(3);
    assertBytes(target, 0);
  });

  it('leaves no descriptor, whatever is under way when it is closed', async () => {
    const count = descriptorCount();
    const opening = new SpoolFile(new Teller(), DIRECTORY, openUnlinkedFile);
    opening.append(bytesAt(0, 1));
    opening.close();
    await descriptorsBackTo(count);
    const missing = new Teller();
    const failing = new SpoolFile(missing, MISSING, openUnlinkedFile);
    failing.append(bytesAt(0, 1));
    failing.close();
    await quiet();
    assert.deepEqual(missing.told, []);

    for (const busy of ['writing', 'reading', 'both', 'truncating', 'nothing']) {
      const owner = new Teller();
      const file = new SpoolFile(owner, DIRECTORY, openUnlinkedFile);
      file.append(bytesAt(0, 500_000));
      await owner.toldCount(1);
      if (busy === 'truncating') file.truncate();
      if (busy === 'writing' || busy === 'both') file.append(bytesAt(0, 900_000));
      if (busy === 'reading' || busy === 'both') file.read(Buffer.alloc(500_000), 0, 500_000);
      file.close();
      file.close();
      await descriptorsBackTo(count);
      assert.deepEqual(owner.told, ['written'], busy);
    }
  });

  it('does not close its descriptor under a call: another file may get the number', async () => {
    const count = descriptorCount();
    const owner = new Teller();
    const file = new SpoolFile(owner, DIRECTORY, openUnlinkedFile);
    file.append(bytesAt(0, 1));
    await owner.toldCount(1);
    file.append(bytesAt(0, 900_000));
    const beforeWrite = fileCalls();
    file.close();
    assert.equal(fileCalls(), beforeWrite, 'closed under a write');

    const read = new SpoolFile(owner, DIRECTORY, openUnlinkedFile);
    read.append(bytesAt(0, 900_000));
    await owner.toldCount(2);
    read.read(Buffer.alloc(900_000), 0, 900_000);
    const beforeRead = fileCalls();
    read.close();
    assert.equal(fileCalls(), beforeRead, 'closed under a read');
    await descriptorsBackTo(count);
  });
});
