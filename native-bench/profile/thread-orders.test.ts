import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { watch } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { readThreads } from './passes.ts';
import { giveOrder, keepProfiles, makeOrderFolder, orderedEnvironment } from './thread-orders.ts';

/** As a generation: a process whose thread stays. (A thread that is `eval` imports no hook.) */
const PROGRAM = `
  const { Worker } = require('node:worker_threads');
  new Worker(new URL('data:text/javascript,setInterval(() => {}, 1000)'));`;
const NOBODY = 65_534;

/** Starts it as a user without rights where we may, as the master does with a generation. */
async function startThread(t: TestContext, folder: string): Promise<void> {
  const child = spawn(process.execPath, ['-e', PROGRAM], {
    env: { ...process.env, ...orderedEnvironment(folder) },
    stdio: 'inherit',
    cwd: '/',
    ...(process.getuid?.() === 0 ? { uid: NOBODY, gid: NOBODY } : {}),
  });
  const ended = once(child, 'exit');
  t.after(async () => {
    child.kill('SIGKILL');
    await ended;
  });
  await once(child, 'spawn');
}

function makeFolder(t: TestContext, make: () => string): string {
  const folder = make();
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

describe('orders to proxy threads', () => {
  // "npm run profile" without --out put the orders below a folder of mkdtemp, which nobody but root
  // may enter, and then reported that no thread had written a profile.
  it('a thread that runs as nobody finds them and leaves its profiles', async (t) => {
    const orders = makeFolder(t, makeOrderFolder);
    const closed = makeFolder(t, () => mkdtempSync(join(tmpdir(), 'weir-closed-')));
    chmodSync(closed, 0o700);
    for (const what of ['gc', 'cpu', 'allocations']) {
      giveOrder(orders, `${what} start`);
      giveOrder(orders, `${what} stop`);
    }
    const changes = watch(orders, { signal: t.signal })[Symbol.asyncIterator]();
    let change = changes.next(); // the watch begins here, before anything is written
    await startThread(t, orders);
    while (!(await change).value?.filename?.endsWith('.heapprofile')) change = changes.next();
    const kept = join(closed, 'threads');
    keepProfiles(orders, kept);
    assert.equal(existsSync(orders), false);
    const [profile, ...others] = readThreads(kept);
    assert.deepEqual(others, []);
    assert.match(profile?.thread ?? '', /^process-\d+-thread-1$/);
  });

  it('no profile at all is an error, not an empty report', (t) => {
    const orders = makeFolder(t, makeOrderFolder);
    giveOrder(orders, 'cpu start');
    assert.throws(() => readThreads(orders), /no thread wrote a profile/);
  });
});
