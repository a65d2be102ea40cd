// IP_TRANSPARENT where the right is there and where it is not: in a process that has given it up.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { constants } from 'node:os';
import { test } from 'node:test';
import { getSystemErrorName } from 'node:util';
import { closeTransparent, transparentSocket } from './transparent-socket.ts';

test('binds to addresses that this machine has not', () => {
  for (const host of ['192.0.2.7', '2001:db8::7', '127.0.0.1']) {
    const status = transparentSocket({ host, port: 0 });
    assert.ok(status >= 0, `${host}: ${status < 0 ? getSystemErrorName(status) : status}`);
    closeTransparent(status);
  }
  const zone = { host: 'fe80::1%lo', port: 0 };
  assert.equal(transparentSocket(zone), -constants.errno.EINVAL);
});

test('says EPERM without the right', () => {
  const module = new URL('./transparent-socket.ts', import.meta.url).href;
  const program = `
    process.setgid(65534); process.setuid(65534);
    const { transparentSocket } = await import(${JSON.stringify(module)});
    console.log(transparentSocket({ host: '192.0.2.7', port: 0 }));`;
  const run = spawnSync(process.execPath, ['--input-type=module', '-e', program]);
  assert.equal(run.stdout.toString().trim(), String(-constants.errno.EPERM), run.stderr.toString());
});
