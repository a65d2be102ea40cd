import assert from 'node:assert/strict';
import {
  closeSync,
  fstatSync,
  mkdtempSync,
  readdirSync,
  readSync,
  rmdirSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { DIRECTORY, MISSING } from './owner.contract.ts';
import { type OpenFile, openAndUnlink, openUnlinkedFile } from './unlinked-file.ts';

function opened(open: OpenFile, directory: string): Promise<{ errno: string; fd: number }> {
  return new Promise((resolve) => open(directory, (errno, fd) => resolve({ errno, fd })));
}

let directory = '';
before(() => {
  directory = mkdtempSync(join(DIRECTORY, 'weir-unlinked-'));
});
after(() => rmdirSync(directory));

const WAYS: readonly [string, OpenFile][] = [
  ['without a name from the start', openUnlinkedFile],
  ['with a name that is removed at once', openAndUnlink],
];

for (const [way, open] of WAYS) {
  describe(`a temporary file, ${way},`, () => {
    it('has no name, no link and no reader but us', async () => {
      const { errno, fd } = await opened(open, directory);
      assert.equal(errno, '');
      const { nlink, mode, size } = fstatSync(fd);
      closeSync(fd);
      assert.deepEqual(readdirSync(directory), []);
      assert.deepEqual([nlink, mode & 0o777, size], [0, 0o600, 0]);
    });

    it('can be written and read', async () => {
      const { fd } = await opened(open, directory);
      writeSync(fd, 'seven', 10);
      const bytes = Buffer.alloc(20);
      assert.equal(readSync(fd, bytes, 0, 20, 0), 15);
      assert.equal(bytes.toString('latin1', 10, 15), 'seven');
      closeSync(fd);
    });

    it('is a file of its own each time', async () => {
      const [one, other] = await Promise.all([opened(open, directory), opened(open, directory)]);
      assert.notEqual(fstatSync(one.fd).ino, fstatSync(other.fd).ino);
      closeSync(one.fd);
      closeSync(other.fd);
    });

    it('says by errno why there is none', async () => {
      assert.deepEqual(await opened(open, MISSING), { errno: 'ENOENT', fd: -1 });
      const notDirectory = await opened(open, join(import.meta.dirname, 'store.ts'));
      assert.deepEqual(notDirectory, { errno: 'ENOTDIR', fd: -1 });
    });
  });
}

it('a file system without O_TMPFILE is asked for a file with a name', async () => {
  // sysfs has neither; had nobody asked for the second, the answer would be ENOTSUP. macOS has none.
  const { errno, fd } = await opened(openUnlinkedFile, '/sys');
  assert.equal(fd, -1);
  assert.match(errno, process.platform === 'linux' ? /^(EACCES|EPERM|EROFS)$/ : /^ENOENT$/);
});
