import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { getPriority } from 'node:os';
import { describe, it } from 'node:test';
import { startProcesses, statusOf } from '#test/support/processes.ts';

/** Field 19 of /proc/PID/stat: what nice(1) says. */
function niceOf(path: string): number {
  const text = readFileSync(path, 'latin1');
  return Number(text.slice(text.lastIndexOf(')') + 2).split(' ')[16]);
}

describe('worker_priority', () => {
  it('is that of the generation and its proxy threads, not of the master', async (t) => {
    const weir = await startProcesses({ main: 'worker_processes 2; worker_priority 5;' });
    t.after(() => weir.stop());
    const { generationPid } = await statusOf(weir);
    assert.equal(getPriority(weir.pid), getPriority());
    assert.equal(niceOf(`/proc/${generationPid}/stat`), 5);
    const tasks = readdirSync(`/proc/${generationPid}/task`).map((task) => {
      const folder = `/proc/${generationPid}/task/${task}`;
      const name = readFileSync(`${folder}/comm`, 'utf8').trim();
      return { name, nice: niceOf(`${folder}/stat`) };
    });
    const proxies = tasks.filter(({ name }) => name.startsWith('weir-'));
    assert.deepEqual(
      proxies.map(({ nice }) => nice),
      [5, 5],
      JSON.stringify(tasks),
    );
  });
});
