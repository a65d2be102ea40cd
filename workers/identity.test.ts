import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { findIdentity, unreadableFor } from './identity.ts';

const folder = mkdtempSync(join(tmpdir(), 'weir-etc-'));
chmodSync(folder, 0o755);
after(() => rmSync(folder, { recursive: true }));
writeFileSync(
  join(folder, 'passwd'),
  'root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534::/:/bin/false\nedge:x:900:901::/:/bin/false\n',
);
writeFileSync(join(folder, 'group'), 'root:x:0:\nnogroup:x:65534:\nedge:x:905:\nweb:x:33:\n');

test('a user alone takes the group of its name, or its own', () => {
  assert.deepEqual(findIdentity('edge', undefined, folder), { name: 'edge', uid: 900, gid: 905 });
  assert.deepEqual(findIdentity('nobody', undefined, folder), {
    name: 'nobody',
    uid: 65534,
    gid: 65534,
  });
});

test('a named group is found or refused', () => {
  assert.deepEqual(findIdentity('edge', 'web', folder), { name: 'edge', uid: 900, gid: 33 });
  assert.match(String(findIdentity('edge', 'gone', folder)), /^getgrnam\("gone"\) failed/);
  assert.match(String(findIdentity('gone', undefined, folder)), /^getpwnam\("gone"\) failed/);
});

test('what a user may not read is named, folder first', () => {
  const closed = join(folder, 'closed');
  mkdirSync(closed, { mode: 0o700 });
  const file = join(closed, 'file');
  writeFileSync(file, '');
  chmodSync(file, 0o644);
  const edge = { name: 'edge', uid: 900, gid: 905 };
  assert.equal(unreadableFor(edge, [join(folder, 'group')]), undefined);
  assert.equal(unreadableFor(edge, [file]), closed);
  assert.equal(unreadableFor(edge, [join(folder, 'none')]), join(folder, 'none'));
  assert.equal(unreadableFor({ ...edge, uid: 0 }, [file]), undefined);
});
