// Whatever dies, the rest serves on and the dead one is replaced.

import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import {
  get,
  outputHas,
  processConf,
  processEnd,
  startProcesses,
  statusOf,
  statusWhen,
} from '#test/support/processes.ts';
import { runWeir, type Weir } from '#test/support/weir.ts';

/** More than the numbers that a generation has of a socket at its start. */
const MORE_THAN_SPARES = 11;
const CONNECTIONS = 20;

describe('a proxy thread', () => {
  for (const way of ['throw', 'reject', 'exit', 'memory', 'terminate']) {
    it(`that ends by ${way} is replaced, and the other one serves on`, async (t) => {
      const { weir, crash } = await startCrashable(t);
      const { generationPid } = await statusOf(weir);
      await crash(way, 1);
      assert.equal(await get(weir), 'page');
      const status = await statusWhen(weir, ({ threads }) => threads[1]?.state === 'ready');
      assert.deepEqual(
        status.threads.map(({ deathCount }) => deathCount),
        [0, 1],
      );
      assert.equal(status.generationPid, generationPid);
      const bodies = await Promise.all(Array.from({ length: CONNECTIONS }, () => get(weir)));
      assert.deepEqual(new Set(bodies), new Set(['page']));
    });
  }

  it('may die more often than there are spare descriptors: the master sends more', async (t) => {
    const { weir, crash } = await startCrashable(t);
    const { generationPid } = await statusOf(weir);
    for (let n = 0; n < MORE_THAN_SPARES; n++) await crash('exit', 0);
    const status = await statusWhen(weir, ({ threads }) => threads[0]?.deathCount === 11);
    assert.equal(status.generationPid, generationPid);
    assert.equal(await get(weir), 'page');
  });

  it('without descriptors by IPC, the whole generation is replaced, and serves on', async (t) => {
    const { weir, crash } = await startCrashable(t, { WEIR_TRANSPORT: 'portable' });
    const { generation } = await statusOf(weir);
    for (let n = 0; n < MORE_THAN_SPARES; n++) {
      await crash('exit', 0);
      if ((await statusOf(weir)).generation > generation) break;
    }
    await weir.waitForLine(
      /generation 1 is replaced at once: no descriptor of 127\.0\.0\.1:\d+ is left/,
    );
    await statusWhen(weir, (status) => status.generation === generation + 1);
    assert.equal(await get(weir), 'page');
  });

  it('that dies while it holds connections leaves no trace in the gauges', async (t) => {
    const { weir, crash } = await startCrashable(t);
    const idle = Array.from({ length: CONNECTIONS }, () => openIdle(weir));
    t.after(() => idle.forEach((socket) => socket.destroy()));
    await statusWhen(weir, ({ connections }) => connections.active > CONNECTIONS);
    await crash('exit', 0);
    await crash('exit', 1);
    await statusWhen(weir, ({ connections }) => connections.active === 1);
  });
});

describe('the generation', () => {
  it('that is killed is replaced; what connected meanwhile is served', async (t) => {
    const weir = await startProcesses();
    t.after(() => weir.stop());
    const { generationPid, generation } = await statusOf(weir);
    process.kill(generationPid, 'SIGKILL');
    await processEnd(generationPid);
    const bodies = await Promise.all(Array.from({ length: CONNECTIONS }, () => get(weir)));
    assert.deepEqual(new Set(bodies), new Set(['page']));
    const status = await statusOf(weir);
    assert.equal(status.generation, generation + 1);
    assert.equal(status.generationDeathCount, 1);
    assert.match(weir.output, /generation 1 died and is replaced at once: .* SIGKILL/);
  });

  it('that is killed again and again keeps the last good configuration', async (t) => {
    const weir = await startProcesses();
    t.after(() => weir.stop());
    weir.writeConf((port) => `${processConf(port)} broken;`);
    for (let n = 0; n < 3; n++) {
      const { generationPid } = await statusOf(weir);
      const from = weir.output.length;
      process.kill(generationPid, 'SIGKILL');
      await weir.waitForLine(/generation \d+ serves/, from);
      await statusWhen(weir, (status) => status.generationDeathCount === n + 1);
    }
    assert.equal(await get(weir), 'page');
  });
});

describe('without its master', () => {
  it('a generation serves on, replaces its threads, and drains on QUIT', async (t) => {
    const { weir, hooks } = await startCrashable(t);
    const { generationPid } = await statusOf(weir);
    weir.signal('SIGKILL');
    await weir.waitForExit();
    await statusWhen(weir, (status) => !status.isMasterAlive);
    writeFileSync(hooks, 'throw 0');
    process.kill(generationPid, 'SIGUSR2');
    // Nobody asks meanwhile: whoever asks a thread that dies is reset.
    await outputHas(weir, 'thread 1 serves');
    await statusWhen(weir, ({ threads: [first] }) => {
      return first?.deathCount === 1 && first.state === 'ready';
    });
    process.kill(generationPid, 'SIGHUP'); // cannot reload, and says so
    while (!weir.output.includes('cannot reload without the master')) await get(weir);

    const place = ['-p', weir.folder, '-c', weir.file];
    const second = await runWeir(place);
    assert.equal(second.code, 1);
    assert.match(second.stderr, new RegExp(`master is gone; .*"kill -QUIT ${generationPid}"`));
    const quit = await runWeir([...place, '-s', 'quit']);
    assert.match(quit.stderr, /is stale/);

    process.kill(generationPid, 'SIGQUIT');
    await processEnd(generationPid);
    await assert.rejects(get(weir), { code: 'ECONNREFUSED' });
  });
});

/** A weir whose threads can be made to die; `crash` resolves when it is replaced. */
async function startCrashable(
  t: TestContext,
  env: NodeJS.ProcessEnv = {},
): Promise<{
  weir: Weir;
  hooks: string;
  crash: (way: string, thread: number) => Promise<void>;
}> {
  const folder = await mkdtemp(join(tmpdir(), 'weir-crash-'));
  await chmod(folder, 0o755); // the generation is not root and reads it
  t.after(() => rm(folder, { recursive: true }));
  const hooks = join(folder, 'crash');
  const weir = await startProcesses(
    { events: 'worker_connections 64;' },
    { env: { ...env, WEIR_TEST_HOOKS: hooks } },
  );
  t.after(() => weir.stop());
  const crash = async (way: string, thread: number): Promise<void> => {
    const { generationPid } = await statusOf(weir);
    const from = weir.output.length;
    writeFileSync(hooks, `${way} ${thread}`);
    process.kill(generationPid, 'SIGUSR2');
    await weir.waitForLine(new RegExp(`thread ${thread + 1} serves|generation \\d+ serves`), from);
  };
  return { weir, crash, hooks };
}

function openIdle(weir: Weir): Socket {
  const socket = connect({ host: '127.0.0.1', port: weir.port });
  socket.on('error', () => {}); // its thread is going to die
  socket.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
  return socket;
}
