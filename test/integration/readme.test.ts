// What README.md tells a newcomer to do, done.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, it } from 'node:test';
import { startOrigin } from '#native-bench/origin/origin.ts';
import { runWeir, startWeir } from '#test/support/weir.ts';

const README = readFileSync(resolve(import.meta.dirname, '../../README.md'), 'utf8');
const EXAMPLE = /```nginx\n([\s\S]*?)```/.exec(README)?.[1] ?? '';

describe('the configuration in README.md', () => {
  it('has twenty lines and no problem', async () => {
    assert.equal(EXAMPLE.trimEnd().split('\n').length, 20);
    const { code, stderr } = await runWeir(['-t'], { conf: EXAMPLE });
    assert.equal(code, 0, stderr);
    assert.doesNotMatch(stderr, /weir\.conf:\d/, 'nothing is said about a line of it');
  });

  it('balances over its two servers, logs, is reloaded and ends as told', async (t) => {
    const [first, second] = await Promise.all([
      startOrigin({ respond: () => ({ body: 'first' }) }),
      startOrigin({ respond: () => ({ body: 'second' }) }),
    ]);
    const at = (port: number, health: string) =>
      EXAMPLE.replace('127.0.0.1:8000', `127.0.0.1:${port}`)
        .replace('127.0.0.1:9001', `127.0.0.1:${first.port}`)
        .replace('127.0.0.1:9002', `127.0.0.1:${second.port}`)
        .replace('"ok\\n"', `"${health}"`);
    t.after(() => Promise.all([first.close(), second.close()]));
    const weir = await startWeir({ conf: (port) => at(port, 'before') });
    t.after(() => weir.stop());
    const say = (signal: string) => runWeir(['-p', weir.folder, '-c', weir.file, '-s', signal]);

    const bodies = [await get(weir.url()), await get(weir.url())].sort();
    assert.deepEqual(bodies, ['first', 'second']);
    assert.equal(await get(weir.url('/health')), 'before');

    weir.writeConf((port) => at(port, 'after'));
    const reload = await say('reload');
    assert.equal(reload.code, 0, reload.stderr);
    while ((await get(weir.url('/health'))) !== 'after') assert.equal(weir.exit, undefined);

    const quit = await say('quit');
    assert.equal(quit.code, 0, quit.stderr);
    assert.deepEqual(await weir.waitForExit(), { code: 0, signal: null });
    const log = readFileSync(join(weir.folder, 'access.log'), 'utf8');
    assert.match(log, /^127\.0\.0\.1 "GET \/ HTTP\/1\.1" 200 \d+\.\d{3}$/m);
    assert.match(log, /^127\.0\.0\.1 "GET \/health HTTP\/1\.1" 200 /m);
  });
});

/** The body at an address, over a connection of its own. */
async function get(url: string): Promise<string> {
  const answer = await fetch(url, { headers: { connection: 'close' } });
  assert.equal(answer.status, 200);
  return await answer.text();
}
