// As many threads as CPUs, as many connections as descriptors.

import assert from 'node:assert/strict';
import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { requirePeer } from '#test/support/peers.ts';
import { get, processConf, startProcesses, statusOf } from '#test/support/processes.ts';
import { run, runWeir, WEIR } from '#test/support/weir.ts';

const CLIENTS = 400;
/** Root may be able to raise limits; this wrapper keeps it from that. */
const asNobody =
  process.getuid?.() === 0 ? 'setpriv --reuid=65534 --clear-groups --bounding-set=-all' : '';

describe('worker_processes auto', () => {
  it('is one thread per CPU that the process may use', requirePeer('taskset'), async (t) => {
    for (const [cpus, count] of [
      ['0', 1],
      ['0,1', 2],
    ] as const) {
      const weir = await startProcesses(
        { main: 'worker_processes auto;' },
        { weir: pinned(t, cpus) },
      );
      t.after(() => weir.stop());
      assert.equal((await statusOf(weir)).threads.length, count);
    }
  });
});

describe('the descriptor limit', () => {
  it('is shared by the threads: beyond it clients wait, and are served when there is room', async (t) => {
    const weir = await startProcesses({}, { weir: wrapped(t, 'ulimit -n 256') });
    t.after(() => weir.stop());
    assert.match(
      weir.output,
      /^weir: \[warn\] 512 worker_connections exceed open file resource limit: 256 /m,
    );
    // Half a request each: none of these connections is idle, so none may be closed for another.
    const clients: Socket[] = [];
    t.after(() => clients.forEach((client) => client.destroy()));
    for (let n = 0; n < CLIENTS; n++) {
      const client = connect({ host: '127.0.0.1', port: weir.port });
      client.on('error', () => {});
      client.write('GET / HTTP/1.1\r\nHost: a\r\n');
      clients.push(client);
    }
    await weir.waitForLine(/thread 1 has \d+ connections and accepts no more/);
    await weir.waitForLine(/thread 2 has \d+ connections and accepts no more/);
    const answer = get(weir); // waits in a queue
    for (const client of clients) client.destroy();
    assert.equal(await answer, 'page');
    assert.doesNotMatch(weir.output, /EMFILE|died/);
    assert.deepEqual(
      (await statusOf(weir)).threads.map(({ deathCount }) => deathCount),
      [0, 0],
    );
  });

  it('that leaves no room refuses the configuration', async (t) => {
    const { code, stderr } = await runWeir([], {
      conf: processConf(8080),
      weir: wrapped(t, 'ulimit -n 90'),
    });
    assert.equal(code, 1);
    assert.match(stderr, /^weir: \[emerg\] 512 worker_connections exceed .* too few are left/m);
  });

  it('is what worker_rlimit_nofile says, if that is possible', async (t) => {
    const lower = await runWeir(['-t'], {
      conf: processConf(8080, { main: 'worker_rlimit_nofile 300;' }),
    });
    assert.equal(lower.code, 0);
    assert.match(lower.stderr, /\[warn\] 512 worker_connections exceed .* limit: 300 /);
    // Lowered for good, and asked for by a user who may not raise it.
    const higher = await runWeir(['-t'], {
      conf: processConf(8080, { main: 'pid /tmp/weir.pid; worker_rlimit_nofile 3000;' }),
      weir: wrapped(t, 'ulimit -n 2000', asNobody),
    });
    assert.equal(higher.code, 1);
    assert.match(higher.stderr, /\[emerg\] worker_rlimit_nofile 3000 is above the hard limit 2000/);
  });
});

describe('bin/weir', () => {
  it('without a Node that is new enough says in one line which it needs', async (t) => {
    const folder = temporaryFolder(t);
    mkdirSync(join(folder, 'bin'));
    copyFileSync(WEIR, join(folder, 'bin/weir'));
    writeFileSync(join(folder, 'node'), '#!/bin/sh\necho v20.20.2\n');
    chmodSync(join(folder, 'node'), 0o755);
    const PATH = `${folder}:/usr/bin:/bin`;
    const { code, stderr } = await run(join(folder, 'bin/weir'), ['-v'], { env: { PATH } });
    assert.equal(code, 1);
    assert.match(
      stderr,
      /^weir: \[emerg\] Weir needs Node\.js 26\.10 or newer; PATH has v20\.20\.2/,
    );
    assert.equal(stderr.trimEnd().split('\n').length, 1);
  });

  it('hands its signals and exit code to Weir, for it becomes Weir', async (t) => {
    const weir = await startProcesses();
    t.after(() => weir.stop());
    assert.equal((await statusOf(weir)).masterPid, weir.pid);
    weir.signal('SIGQUIT');
    assert.deepEqual(await weir.waitForExit(), { code: 0, signal: null });
  });
});

type Cleaner = { after(cleanUp: () => void): void };

/** A launcher that runs bin/weir after some shell command, in the same process. */
function wrapped(t: Cleaner, command: string, wrapper = ''): string {
  const file = join(temporaryFolder(t), 'weir');
  writeFileSync(file, `#!/bin/sh\n${command}\nexec ${wrapper} ${WEIR} "$@"\n`);
  chmodSync(file, 0o755);
  return file;
}

/** A launcher that runs bin/weir on these CPUs. */
function pinned(t: Cleaner, cpus: string): string {
  return wrapped(t, `taskset -p -c ${cpus} $$ >/dev/null`);
}

function temporaryFolder(t: Cleaner): string {
  const folder = mkdtempSync(join(tmpdir(), 'weir-launch-'));
  t.after(() => rmSync(folder, { recursive: true }));
  return folder;
}
