import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { describe, it } from 'node:test';
import { connectionsPerProcess, cpuMicros, memoryKb, processTree } from './process-usage.ts';

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
    assert.ok(cpuMicros(process.pid) > 0);
    const { rss, pss } = memoryKb(process.pid);
    assert.ok(pss > 1000 && pss <= rss);
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
