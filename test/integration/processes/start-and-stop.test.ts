// What a start leaves behind while it runs, and how it ends.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { existsSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import {
  get,
  HoldingOrigin,
  heldLocation,
  processConf,
  processEnd,
  startProcesses,
  statusOf,
  statusWhen,
  userOf,
} from '#test/support/processes.ts';
import { run, runWeir, startWeir, type Weir } from '#test/support/weir.ts';

const isRoot = process.getuid?.() === 0;
const asRoot = { skip: isRoot ? false : 'not run: needs root to become another user' };

describe('a running weir', () => {
  it('has its pid in the pid file, and removes the file at the end', async (t) => {
    const weir = await startProcesses({ main: 'pid logs/edge.pid;' });
    t.after(() => weir.stop());
    const file = join(weir.folder, 'logs/edge.pid');
    assert.equal(readFileSync(file, 'utf8'), `${weir.pid}\n`);
    weir.signal('SIGTERM');
    assert.deepEqual(await weir.waitForExit(), { code: 0, signal: null });
    assert.equal(existsSync(file), false);
  });

  it('serves as nobody, with the user named, and logs as that user', asRoot, async (t) => {
    const weir = await startProcesses(
      { main: 'error_log logs/error.log notice;' },
      {
        conf: (port) =>
          processConf(port).replace('error_log stderr', 'user daemon; error_log logs/error.log'),
      },
    );
    t.after(() => weir.stop());
    const { generationPid } = await statusOf(weir);
    const { uid } = statSync(join(weir.folder, 'logs/error.log'));
    assert.equal(userOf(weir.pid), 0);
    assert.equal(userOf(generationPid), 1); // daemon, in every Debian
    assert.equal(uid, 1);
    const other = await startProcesses();
    t.after(() => other.stop());
    assert.equal(userOf((await statusOf(other)).generationPid), 65_534);
  });

  it('listens on IPv6, on several addresses, and on a unix socket left by a dead one', async (t) => {
    const folder = await startProcesses();
    t.after(() => folder.stop());
    const socketPath = join(folder.folder, 'edge.sock');
    // A process that is killed leaves its socket file.
    const code = `require('net').createServer().listen('${socketPath}',()=>process.kill(process.pid,9))`;
    await run(process.execPath, ['-e', code]);
    assert.ok(statSync(socketPath).isSocket());
    const weir = await startWeir({
      portCount: 3,
      conf: (port, second, third) =>
        processConf(port, {
          listen: [`127.0.0.1:${second}`, `[::1]:${third}`, `unix:${socketPath}`],
        }),
    });
    const [, second = 0, third = 0] = weir.ports;
    await statusWhen(weir, ({ threads }) => threads.every(({ state }) => state === 'ready'));
    assert.equal(await get(weir, '/', { port: second }), 'page');
    assert.equal(await get(weir, '/', { host: '::1', port: third }), 'page');
    assert.equal(await get(weir, '/', { socketPath }), 'page');
    await weir.stop();
    assert.equal(existsSync(socketPath), false);
  });

  it('does not take a unix socket that somebody serves, nor a file that is none', async (t) => {
    const weir = await startProcesses(); // for its folder
    t.after(() => weir.stop());
    const socketPath = join(weir.folder, 'taken.sock');
    const other = createServer().listen(socketPath);
    t.after(() => other.close());
    await once(other, 'listening');
    const taken = await runWeir([], {
      conf: processConf(0).replace('127.0.0.1:0', `unix:${socketPath}`),
    });
    assert.equal(taken.code, 1);
    assert.match(taken.stderr, new RegExp(`in use\\): .*\\(pid ${process.pid}\\) has it`));
    const file = join(weir.folder, 'file');
    writeFileSync(file, 'precious');
    const plain = await runWeir([], {
      conf: processConf(0).replace('127.0.0.1:0', `unix:${file}`),
    });
    assert.match(plain.stderr, /the file exists and is no socket/);
    assert.equal(readFileSync(file, 'utf8'), 'precious');
  });

  it('reopens its logs on USR1', async (t) => {
    const weir = await startWeir({
      conf: (port) =>
        processConf(port)
          .replace('error_log stderr', 'error_log logs/error.log')
          .replace('server {', 'server { error_log logs/server.log info;')
          .replace('access_log off', 'access_log logs/access.log'),
    });
    t.after(() => weir.stop());
    const logs = ['logs/error.log', 'logs/access.log', 'logs/server.log'].map((name) =>
      join(weir.folder, name),
    );
    await statusWhen(weir, ({ threads }) => threads.every(({ state }) => state === 'ready'));
    for (const log of logs) renameSync(log, `${log}.1`);
    const place = ['-p', weir.folder, '-c', weir.file];
    const { code, stderr } = await runWeir([...place, '-s', 'reopen']);
    assert.equal(code, 0, stderr);
    for (const log of logs) while (!existsSync(log)) await get(weir, '/before');
    const [errorLog = '', accessLog = ''] = logs;
    // The threads reopen one after the other: what is asked from now on is soon in the new file.
    while (!readFileSync(accessLog, 'utf8').includes('/after')) await get(weir, '/after');
    weir.signal('SIGTERM');
    await weir.waitForExit();
    assert.match(readFileSync(errorLog, 'utf8'), /\[notice\] \d+#0: exit/);
    assert.doesNotMatch(readFileSync(`${errorLog}.1`, 'utf8'), /: exit/);
  });

  it('goes to the background with "daemon on", once it serves', async (t) => {
    const weir = await startProcesses(); // for its folder and port
    t.after(() => weir.stop());
    weir.signal('SIGTERM');
    await weir.waitForExit();
    weir.writeConf((port) => processConf(port, { main: 'daemon on;' }));
    const place = ['-p', weir.folder, '-c', weir.file];
    const start = await runWeir(place);
    assert.deepEqual([start.code, start.stderr], [0, '']);
    const { masterPid } = await statusOf(weir);
    assert.equal(readFileSync(join(weir.folder, 'weir.pid'), 'utf8'), `${masterPid}\n`);
    const again = await runWeir(place);
    assert.equal(again.code, 1);
    assert.match(again.stderr, /^weir: \[emerg\] bind\(\) to .* weir master/);
    assert.equal((await runWeir([...place, '-s', 'quit'])).code, 0);
    await processEnd(masterPid);
  });
});

describe('the end', () => {
  it('QUIT finishes a slow request, refuses new connections, and then exits 0', async (t) => {
    const { weir, origin } = await startHeld(t);
    const slow = get(weir, '/held');
    await origin.holds(1);
    const place = ['-p', weir.folder, '-c', weir.file];
    assert.equal((await runWeir([...place, '-s', 'quit'])).code, 0);
    await weir.waitForLine(/closed 127\.0\.0\.1/);
    await assert.rejects(get(weir), { code: 'ECONNREFUSED' });
    assert.equal(weir.exit, undefined);
    origin.release();
    assert.equal(await slow, 'held');
    assert.deepEqual(await weir.waitForExit(), { code: 0, signal: null });
  });

  it('TERM and INT end at once, whatever is under way', async (t) => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) {
      const { weir, origin } = await startHeld(t);
      const slow = assert.rejects(get(weir, '/held'));
      await origin.holds(1);
      weir.signal(signal);
      assert.deepEqual(await weir.waitForExit(), { code: 0, signal: null });
      await slow;
    }
  });

  it('comes in the middle of a reload, too: nothing is started that nobody would end', async (t) => {
    for (const signal of ['SIGTERM', 'SIGQUIT'] as const) {
      const weir = await startProcesses();
      t.after(() => weir.stop());
      weir.signal('SIGHUP');
      await weir.waitForLine(/reconfiguring/);
      weir.signal(signal);
      assert.deepEqual(await weir.waitForExit(), { code: 0, signal: null });
    }
  });

  it("a terminal's Ctrl-C, which reaches every process, ends as the master says", async (t) => {
    const weir = await startProcesses();
    t.after(() => weir.stop());
    const { generationPid } = await statusOf(weir);
    process.kill(-weir.pid, 'SIGINT');
    assert.deepEqual(await weir.waitForExit(), { code: 0, signal: null });
    await processEnd(generationPid);
    assert.doesNotMatch(weir.output, /died/);
  });
});

/** A weir whose /held waits for the origin's release. */
async function startHeld(t: TestContext): Promise<{ weir: Weir; origin: HoldingOrigin }> {
  const origin = await HoldingOrigin.start();
  t.after(() => origin.close());
  const weir = await startProcesses({ server: heldLocation(origin) });
  t.after(() => weir.stop());
  return { weir, origin };
}
