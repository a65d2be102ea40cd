import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { StoredFile } from './stored-file.ts';

interface Setting {
  readonly folder: string;
  readonly path: string;
  readonly file: StoredFile;
  readonly rooms: () => number;
  readonly failures: readonly string[];
}

function setUp(t: TestContext, name = 'deep/er/file'): Setting {
  const folder = mkdtempSync(join(tmpdir(), 'weir-stored-'));
  t.after(() => rmSync(folder, { recursive: true }));
  let rooms = 0;
  const failures: string[] = [];
  const path = join(folder, name);
  const place = { path, fileMode: 0o604, folderMode: 0o705 };
  const file = new StoredFile(place, {
    onStoredRoom: () => {
      rooms += 1;
    },
    onStoredFailed: (why) => failures.push(why),
  });
  return { folder, path, file, rooms: () => rooms, failures };
}

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setImmediate(resolve));
}

test('takes its place when it is whole, with mode and time', async (t) => {
  const { failures, file, path } = setUp(t);
  const bytes = Buffer.from('xabcx');
  file.write(bytes, 1, 4);
  bytes.fill(0); // it has a copy
  file.write(Buffer.from('def'), 0, 3);
  file.commit(1_000_000_000_000);
  file.drop(); // too late
  await until(() => existsSync(path));
  assert.equal(readFileSync(path, 'latin1'), 'abcdef');
  const { mode, mtimeMs } = statSync(path);
  assert.deepEqual([mode & 0o777, mtimeMs], [0o604, 1_000_000_000_000]);
  assert.deepEqual(readdirSync(join(path, '..')), ['file']);
  assert.deepEqual(failures, []);
});

test('replaces the file that was there, which whoever reads it keeps', async (t) => {
  const { file, path } = setUp(t, 'file');
  file.commit(undefined);
  await until(() => existsSync(path));
  assert.equal(readFileSync(path).length, 0);
  const place = { path, fileMode: 0o600, folderMode: 0o700 };
  const next = new StoredFile(place, { onStoredRoom: () => {}, onStoredFailed: () => {} });
  next.write(Buffer.from('new'), 0, 3);
  next.commit(undefined);
  await until(() => readFileSync(path, 'latin1') === 'new');
});

test('leaves nothing when it is dropped', async (t) => {
  const { failures, file, folder } = setUp(t, 'file');
  file.write(Buffer.alloc(100), 0, 100);
  await until(() => readdirSync(folder).length === 1); // it is being written
  file.drop();
  file.write(Buffer.alloc(100), 0, 100);
  await until(() => readdirSync(folder).length === 0);
  assert.deepEqual(failures, []);
});

test('says when it is full, and when there is room again', async (t) => {
  const { file, path, rooms } = setUp(t);
  const bytes = Buffer.alloc(64 * 1024, 'x');
  for (let count = 0; count < 4; count++) file.write(bytes, 0, bytes.length);
  assert.equal(file.isFull, false);
  file.write(bytes, 0, bytes.length);
  assert.equal(file.isFull, true);
  await until(() => rooms() === 1);
  assert.equal(file.isFull, false);
  file.commit(undefined);
  await until(() => existsSync(path));
  assert.equal(statSync(path).size, 5 * bytes.length);
});

test('tells why it cannot be there, and leaves nothing', async (t) => {
  const { failures, file, folder } = setUp(t, 'a-folder');
  const other = new StoredFile(
    { path: join(folder, 'a-folder', 'inside'), fileMode: 0o600, folderMode: 0o700 },
    { onStoredRoom: () => {}, onStoredFailed: () => {} },
  );
  other.commit(undefined);
  await until(() => existsSync(join(folder, 'a-folder', 'inside')));
  file.commit(undefined);
  await until(() => failures.length === 1);
  assert.match(failures[0] ?? '', /^EISDIR/);
  await until(() => readdirSync(folder).length === 1);
});
