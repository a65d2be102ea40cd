import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { describe, it } from 'node:test';
import {
  connectionsPerProcess,
  cpuMicros,
  cpuTimes,
  memoryKb,
  parseStat,
  processTree,
} from './process-usage.ts';

const linux = process.platform === 'linux';

describe('process usage', { skip: linux ? false : 'reads /proc' }, () => {
  it('finds children, and stops counting them when they have ended', async () => {
    const child = spawn('sleep', ['60'], { stdio: 'ignore' });
    await once(child, 'spawn');
    assert.ok(child.pid !== undefined && processTree(process.pid).includes(child.pid));
    child.kill('SIGKILL');
    await once(child, 'exit');
    assert.ok(!processTree(process.pid).includes(child.pid));
  });

  it('reads time and memory of this process', () => {
    const { userUs, systemUs } = cpuTimes(process.pid);
    assert.ok(userUs > 0 && systemUs >= 0 && cpuMicros(process.pid) >= userUs + systemUs);
    const { rss, pss } = memoryKb(process.pid);
    assert.ok(pss > 1000 && pss <= rss);
  });

  it('splits user and system time, whatever the process calls itself', () => {
    // A line of a Weir master (proc(5)): utime 16, stime 2, cutime 4, cstime 3.
    const rest = 'S 77 5 5 0 -1 4194560 9 0 0 0 16 2 4 3 20 0 11 0 100';
    for (const name of ['weir', 'weir master', 'a) S 1 (b']) {
      assert.deepEqual(parseStat(`1234 (${name}) ${rest}`), {
        parent: 77,
        userTicks: 20,
        systemTicks: 5,
        childTicks: 7,
      });
    }
  });

  it('counts the connections that a process holds on a port', async () => {
    const server = createServer();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    assert.ok(typeof address === 'object' && address !== null);
    const clients = [1, 2, 3].map(() => connect(address.port, '127.0.0.1'));
    for (const _ of clients) await once(server, 'connection');
    assert.equal(connectionsPerProcess(process.pid, address.port).get(process.pid), 3);
    for (const client of clients) client.destroy();
    server.close();
  });
});
