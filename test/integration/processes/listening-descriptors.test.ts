// Descriptors of listening sockets: whoever listens on one uses it up, and the master sends others.

import assert from 'node:assert/strict';
import { readdirSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { it } from 'node:test';
import { get, startProcesses, statusOf, statusWhen } from '#test/support/processes.ts';

const DEATHS = 3;

it('a generation has as many after threads were replaced as before', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'weir-test-'));
  await chmod(folder, 0o755);
  t.after(() => rm(folder, { recursive: true }));
  const hooks = join(folder, 'crash');
  const weir = await startProcesses({}, { env: { WEIR_TEST_HOOKS: hooks } });
  t.after(() => weir.stop());
  const { generationPid } = await statusOf(weir);
  const before = listeningDescriptors(generationPid, weir.port);
  assert.ok(before > 2, `${before}: each of two threads listens, and there are others`);
  for (let deaths = 1; deaths <= DEATHS; deaths++) {
    const from = weir.output.length;
    writeFileSync(hooks, 'exit 0');
    process.kill(generationPid, 'SIGUSR2');
    await weir.waitForLine(/thread 1 serves/, from); // whoever asks a thread that dies is reset
    await statusWhen(weir, ({ threads: [first] }) => {
      return first?.deathCount === deaths && first.state === 'ready';
    });
  }
  // The master's come one by one.
  while (listeningDescriptors(generationPid, weir.port) < before) await get(weir);
  for (let n = 0; n < DEATHS; n++) await get(weir);
  assert.equal(listeningDescriptors(generationPid, weir.port), before);
});

/** How many descriptors of this process are sockets that listen on this port. */
function listeningDescriptors(pid: number, port: number): number {
  const hexPort = port.toString(16).toUpperCase().padStart(4, '0');
  const inodes = new Set<string>();
  for (const line of readFileSync('/proc/net/tcp', 'latin1').split('\n')) {
    const fields = line.trim().split(/\s+/);
    const [local, state, inode] = [fields[1], fields[3], fields[9]];
    if (local === `0100007F:${hexPort}` && state === '0A') inodes.add(`socket:[${inode}]`);
  }
  const folder = `/proc/${pid}/fd`;
  let count = 0;
  for (const name of readdirSync(folder)) {
    try {
      if (inodes.has(readlinkSync(join(folder, name)))) count += 1;
    } catch {
      // closed while we looked
    }
  }
  return count;
}
