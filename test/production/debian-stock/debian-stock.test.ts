// Debian's nginx.conf with its default site (package nginx 1.22.1-9+deb12u10), as it is installed:
// `weir -t` names what is not built yet, and nothing else; without that it runs.

import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { freePort } from '#test/support/free-port.ts';
import { requirePeer } from '#test/support/peers.ts';
import { runWeir, startWeir } from '#test/support/weir.ts';

const MAIN = 'nginx.conf';
const SITE = 'sites-enabled/default';
const TYPES = 'mime.types';

function textOf(name: string): string {
  return readFileSync(join(import.meta.dirname, name), 'utf8');
}

/** Its paths are those of a machine: here everything is in one folder, and run by whoever tests. */
function placed(text: string): string {
  return text
    .replace(/^user www-data;$/m, '')
    .replaceAll('/etc/nginx/', '')
    .replaceAll('/run/', '')
    .replaceAll('/var/log/nginx/', 'logs/');
}

const FILES = { [SITE]: textOf(SITE), [TYPES]: textOf(TYPES) };

/** TLS, compression, static files. */
const NOT_BUILT = [
  'ssl_protocols',
  'ssl_prefer_server_ciphers',
  'gzip',
  'root',
  'index',
  'try_files',
];

test('what is not built yet is named, and nothing else', async () => {
  const { code, stderr } = await runWeir(['-t'], { conf: placed(textOf(MAIN)), files: FILES });
  const emergencies = stderr.split('\n').filter((line) => line.includes('[emerg]'));
  assert.deepEqual(
    emergencies.map((line) => /"(\w+)" is not built yet in this version of Weir/.exec(line)?.[1]),
    NOT_BUILT,
  );
  for (const line of emergencies) assert.match(line, / in \S+:\d+:\d+$/);
  assert.equal(code, 1);
});

test('without these lines it runs', async (t) => {
  const port = await freePort();
  const lines = new RegExp(`^\\s*(?:${NOT_BUILT.join('|')}) .*$`, 'gm');
  const site = textOf(SITE)
    .replace(lines, '')
    .replace('listen 80 ', `listen 127.0.0.1:${port} `)
    .replace(/^\tlisten \[::\]:80 .*$/m, '');
  const weir = await startWeir({
    conf: placed(textOf(MAIN)).replace(lines, ''),
    files: { ...FILES, [SITE]: site },
    portCount: 0,
    readyPorts: [port],
  });
  t.after(() => weir.stop());
  const { status } = await fetch(`http://127.0.0.1:${port}/no-such-page`);
  assert.equal(status, 404);
  // Lines are gathered: they are written when it ends, or after a moment.
  weir.signal('SIGQUIT');
  await weir.waitForExit();
  const log = readFileSync(join(weir.folder, 'logs/access.log'), 'utf8');
  assert.match(log, /"GET \/no-such-page HTTP\/1\.1" 404 /);
});

test('the texts are those that Debian installs', requirePeer('nginx'), (t) => {
  for (const [name, path] of [
    [MAIN, '/etc/nginx/nginx.conf'],
    [SITE, '/etc/nginx/sites-available/default'],
    [TYPES, '/etc/nginx/mime.types'],
  ] as const) {
    if (!existsSync(path)) t.skip(`${path} is not installed`);
    else assert.equal(textOf(name), readFileSync(path, 'utf8'), path);
  }
});
