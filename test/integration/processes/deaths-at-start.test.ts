// A generation that dies before all its threads serve: at the first start that is said and Weir
// ends, later it is tried again, and a reload is not kept waiting by that.

import assert from 'node:assert/strict';
import { copyFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { get, processEnd, startProcesses, statusOf } from '#test/support/processes.ts';
import { typedConf, typedServer } from '#test/support/typed.ts';
import { startWeir, type Weir } from '#test/support/weir.ts';

/** While the file `gate` is there, a second thread that starts waits (`hold`) or throws (`fail`). */
function gated(gate: string, does: 'hold' | 'fail'): string {
  const then = {
    hold: `fs.writeSync(2, 'held in ' + process.pid + '\\n'); while (fs.existsSync(gate)) Atomics.wait(cell, 0, 0, 5);`,
    fail: `throw new Error('the gate is shut');`,
  }[does];
  return `
    import * as fs from 'node:fs';
    import { threadName } from 'node:worker_threads';
    const gate = ${JSON.stringify(gate)};
    const cell = new Int32Array(new SharedArrayBuffer(4));
    void cell;
    if (threadName === 'weir-1' && fs.existsSync(gate)) { ${then} }`;
}

function conf(port: number, before: string, page: string): string {
  const main = 'workerProcesses: 2,';
  const locations = `'/': { handler: () => '${page}' }, '= /status': { statusJson: true }`;
  return typedConf(typedServer(port, locations), main, before);
}

interface Gated {
  readonly weir: Weir;
  /** Of the gate, and of `crash` (workers/crash.ts). */
  readonly folder: string;
  shut(): void;
  open(): void;
  /** The generation whose second thread is at the gate; one that comes after `from`. */
  heldPid(from?: number): Promise<number>;
}

async function startGated(
  t: TestContext,
  does: 'hold' | 'fail',
  isShut: boolean,
  env: NodeJS.ProcessEnv = {},
): Promise<Gated> {
  const folder = await mkdtemp(join(tmpdir(), 'weir-gate-'));
  await chmod(folder, 0o755); // the generation is not root and looks at it
  t.after(() => rm(folder, { recursive: true, force: true }));
  const gate = join(folder, 'shut');
  const shut = () => writeFileSync(gate, '');
  if (isShut) shut();
  const weir = await startWeir({
    name: 'weir.config.ts',
    env: { ...env, WEIR_TEST_HOOKS: join(folder, 'crash') },
    conf: (port) => conf(port, gated(gate, does), 'page'),
  });
  t.after(() => {
    weir.killAll();
    return weir.stop();
  });
  const heldPid = async (from = 0): Promise<number> =>
    Number(/\d+/.exec(await weir.waitForLine(/^held in \d+$/, from))?.[0]);
  return { weir, folder, shut, open: () => rmSync(gate), heldPid };
}

/** Kills the generation that serves. @returns where the output goes on */
async function killServing(weir: Weir): Promise<number> {
  const { generationPid } = await statusOf(weir);
  const from = weir.output.length;
  process.kill(generationPid, 'SIGKILL');
  await processEnd(generationPid);
  return from;
}

describe('a generation that is killed when its first thread serves and its last does not', () => {
  it('is said, with what to do, and ends Weir at its first start', async (t) => {
    const { weir, heldPid } = await startGated(t, 'hold', true);
    const pid = await heldPid(); // the port accepts: the first thread serves
    process.kill(pid, 'SIGKILL');
    assert.deepEqual(await weir.waitForExit(), { code: 1, signal: null });
    assert.match(
      weir.output,
      new RegExp(
        `\\[emerg\\] generation 1 did not start: process ${pid} was killed by SIGKILL before all ` +
          `its threads served; find out who killed it .* then start weir again`,
      ),
    );
  });

  it('is tried again and again when it is to replace another', async (t) => {
    const { weir, shut, open, heldPid } = await startGated(t, 'hold', false);
    await weir.waitForLine(/weir serves with/);
    shut();
    let from = await killServing(weir);
    for (const then of ['at once', 'in 100 ms', 'in 200 ms']) {
      const pid = await heldPid(from);
      from = weir.output.length;
      process.kill(pid, 'SIGKILL');
      await weir.waitForLine(
        new RegExp(`\\[alert\\] .*generation \\d+ did not start: process ${pid} .* again ${then}`),
        from,
      );
    }
    open();
    await weir.waitForLine(/generation \d+ serves/, from);
    assert.equal(await get(weir), 'page');
    assert.equal(weir.exit, undefined);
  });
});

describe('a generation that is to replace another', () => {
  it('takes no client before its last thread is built: it may never be', async (t) => {
    const { weir, folder, shut, open, heldPid } = await startGated(t, 'hold', false);
    await weir.waitForLine(/weir serves with/);
    shut();
    weir.writeConf((port) => conf(port, gated(join(folder, 'shut'), 'hold'), 'new page'));
    weir.signal('SIGHUP');
    process.kill(await heldPid(), 0);
    for (let count = 0; count < 300; count++) assert.equal(await get(weir), 'page');
    open();
    await weir.waitForLine(/reconfigured: generation \d+ serves/);
    assert.equal(await get(weir), 'new page');
  });
});

describe('a generation that cannot be forked', () => {
  it('is tried again: the program may be in place again', async (t) => {
    const folder = await mkdtemp(join(tmpdir(), 'weir-node-'));
    await chmod(folder, 0o755);
    t.after(() => rm(folder, { recursive: true, force: true }));
    const [node, launcher] = [join(folder, 'node'), join(folder, 'weir')];
    const cli = resolve(import.meta.dirname, '../../../workers/cli.ts');
    copyFileSync(process.execPath, node);
    writeFileSync(launcher, `#!/bin/sh\nexec ${node} ${cli} "$@"\n`, { mode: 0o755 });
    const weir = await startProcesses({}, { weir: launcher });
    t.after(() => weir.stop());
    renameSync(node, `${node}.away`);
    const from = await killServing(weir);
    await weir.waitForLine(/generation 2 did not start: spawn .* ENOENT; it is tried again/, from);
    renameSync(`${node}.away`, node);
    await weir.waitForLine(/generation \d+ serves/, from);
    assert.equal(await get(weir), 'page');
  });
});

describe('a generation that asks for a successor', () => {
  it('serves on until there is one, however often that fails to start', async (t) => {
    // Without descriptors by IPC it runs out of them when its threads die again and again.
    const { weir, folder, shut, open } = await startGated(t, 'fail', false, {
      WEIR_TRANSPORT: 'portable',
    });
    await weir.waitForLine(/weir serves with/);
    shut();
    const { generationPid } = await statusOf(weir);
    writeFileSync(join(folder, 'crash'), 'exit 0');
    while (!weir.output.includes('generation 1 is replaced at once: no descriptor')) {
      const from = weir.output.length;
      process.kill(generationPid, 'SIGUSR2');
      await weir.waitForLine(/thread 1 serves|generation 1 is replaced/, from);
    }
    for (const number of [2, 3]) {
      await weir.waitForLine(new RegExp(`generation ${number} did not start: .* again `));
    }
    process.kill(generationPid, 0); // throws when it is gone
    open();
    await weir.waitForLine(/generation \d+ serves/);
    assert.equal(await get(weir), 'page');
  });
});

describe('a configuration whose generations do not start any more', () => {
  it('is followed at once by one that is reloaded', async (t) => {
    const { weir, shut } = await startGated(t, 'fail', false);
    await weir.waitForLine(/weir serves with/);
    shut();
    await killServing(weir);
    await weir.waitForLine(/did not start: thread 2 died: .*the gate is shut.* again in \d+ ms/);
    weir.writeConf((port) => conf(port, '', 'mended'));
    weir.signal('SIGHUP');
    await weir.waitForLine(/reconfigured: generation \d+ serves/);
    assert.equal(await get(weir), 'mended');
  });
});
