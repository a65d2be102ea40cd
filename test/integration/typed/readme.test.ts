// The weir.config.ts in README.md: no problem, no type error, and it does what it says.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { it } from 'node:test';
import { startOrigin } from '#native-bench/origin/origin.ts';
import { ask, checkTyped } from '#test/support/typed.ts';
import { startWeir } from '#test/support/weir.ts';

const README = readFileSync(resolve(import.meta.dirname, '../../../README.md'), 'utf8');
const EXAMPLE = /```ts\n([\s\S]*?)```/.exec(README)?.[1] ?? '';

it('the weir.config.ts in README.md has no problem', async () => {
  assert.match(EXAMPLE, /defineConfig/);
  const { code, stderr } = await checkTyped(EXAMPLE);
  assert.equal(code, 0, stderr);
  assert.doesNotMatch(stderr, /weir\.config\.ts:\d/, 'nothing is said about a line of it');
});

it('the weir.config.ts in README.md does what it says', async (t) => {
  const origin = await startOrigin({ respond: () => ({ body: 'api' }) });
  t.after(() => origin.close());
  const weir = await startWeir({
    name: 'weir.config.ts',
    conf: (port) =>
      EXAMPLE.replace('127.0.0.1:8000', `127.0.0.1:${port}`)
        .replace('127.0.0.1:9001', `127.0.0.1:${origin.port}`)
        .replace('127.0.0.1:9002', `127.0.0.1:${origin.port}`),
  });
  t.after(() => weir.stop());
  assert.equal((await ask(weir, '/')).status, 401);
  assert.equal((await ask(weir, '/', { headers: { 'X-Api-Key': 'k' } })).body, 'api');
  const hello = await ask(weir, '/hello', { method: 'POST', body: 'you' });
  assert.equal(hello.body, 'hello you\n');
  weir.signal('SIGQUIT');
  await weir.waitForExit();
  const log = readFileSync(join(weir.folder, 'access.log'), 'utf8');
  assert.match(log, /^127\.0\.0\.1 127 "POST \/hello HTTP\/1\.1" 200 [0-9a-f]{32}$/m);
});
