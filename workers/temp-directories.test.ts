import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { createTempDirectory } from './temp-directories.ts';

const folder = mkdtempSync(join(tmpdir(), 'weir-spool-'));
chmodSync(folder, 0o755);
after(() => rmSync(folder, { recursive: true }));

const isRoot = process.getuid?.() === 0;
/** Whoever runs the test can give what it creates to this user. */
const own = { name: 'own', uid: isRoot ? 900 : (process.getuid?.() ?? 0), gid: isRoot ? 901 : 0 };
const other = { name: 'other', uid: 910, gid: 911 };

test('a missing directory is created for its user alone', () => {
  const path = join(folder, 'missing');
  createTempDirectory(path, isRoot ? own : undefined);
  const { mode, uid } = statSync(path);
  assert.deepEqual([mode & 0o777, uid], [0o700, own.uid]);
  createTempDirectory(path, isRoot ? own : undefined);
});

test('a directory that exists is left as it is, and must suffice', () => {
  const path = join(folder, 'existing');
  mkdirSync(path);
  chmodSync(path, 0o755);
  const before = statSync(path);
  assert.throws(() => createTempDirectory(path, other), {
    message: `user "other" cannot create files in "${path}"`,
  });
  chmodSync(path, 0o1777);
  createTempDirectory(path, other);
  const { uid, gid, mode } = statSync(path);
  assert.deepEqual([uid, gid, mode & 0o7777], [before.uid, before.gid, 0o1777]);
});

test('a folder above that is closed is named', () => {
  const closed = join(folder, 'closed');
  const path = join(closed, 'open');
  mkdirSync(path, { recursive: true });
  chmodSync(path, 0o1777);
  chmodSync(closed, 0o700);
  assert.throws(() => createTempDirectory(path, other), {
    message: `user "other" cannot create files in "${path}" because of "${closed}"`,
  });
});

test('what cannot be created, or is no directory, is named', () => {
  const orphan = join(folder, 'none', 'inner');
  assert.throws(() => createTempDirectory(orphan, undefined), {
    message: `mkdir() "${orphan}" failed (2: No such file or directory)`,
  });
  const file = join(folder, 'file');
  writeFileSync(file, '');
  assert.throws(() => createTempDirectory(file, undefined), {
    message: `"${file}" is not a directory`,
  });
});
