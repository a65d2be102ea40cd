import assert from 'node:assert/strict';
import { createServer } from 'node:net';
import { after, before, describe, it } from 'node:test';
import { type Origin, startOrigin } from '#native-bench/origin/origin.ts';
import { runSteady } from './steady.ts';

describe('a steady load', () => {
  let origin: Origin;
  before(async () => {
    origin = await startOrigin();
  });
  after(() => origin.close());

  it('sends every request that is due, each once, warm-up not counted', async () => {
    origin.reset();
    const report = await runSteady(
      {
        port: origin.port,
        ratePerSec: 500,
        durationMs: 200,
        warmupMs: 100,
        connections: 8,
        seed: 1,
      },
      undefined,
    );
    assert.deepEqual(report.reasons, []);
    assert.equal(report.failures, 0);
    assert.equal(report.requests, 100);
    assert.equal(report.latency.count, 100);
    assert.equal(origin.saw().requests, 150);
    assert.equal(new Set(origin.requests.map(({ target }) => target)).size, 150);
  });

  it('counts the wait for a slow server from when a request was due', async () => {
    // One connection, 50 requests due within 49 ms, 5 ms each: the last one waits 200 ms, though
    // none is answered slowly. A generator that counts from the sending would not see it.
    origin.change({ headDelayMs: 5 });
    const report = await runSteady(
      { port: origin.port, ratePerSec: 1000, durationMs: 50, warmupMs: 0, connections: 1, seed: 1 },
      undefined,
    );
    origin.change({ headDelayMs: 0 });
    assert.equal(report.failures, 0);
    assert.ok(report.latency.maxUs >= 190_000, `latency ${report.latency.maxUs} µs`);
    assert.ok(report.lateness.maxUs >= 185_000, `lateness ${report.lateness.maxUs} µs`);
    assert.ok(report.service.p50Us < report.latency.p50Us);
  });

  it('without a rate every connection asks again at once', async () => {
    origin.reset();
    const report = await runSteady(
      { port: origin.port, ratePerSec: 0, durationMs: 200, warmupMs: 100, connections: 4, seed: 1 },
      undefined,
    );
    assert.deepEqual(report.reasons, []);
    assert.equal(report.failures, 0);
    assert.ok(report.requests > 0 && report.latency.count === report.requests);
    assert.ok(origin.saw().requests > report.requests, 'the warm-up does not count');
  });

  it('an answer in pieces is one answer; a larger one after it too', async () => {
    let answered = 0;
    const server = createServer((socket) => {
      socket.on('error', () => undefined);
      socket.on('data', () => {
        answered += 1;
        const body = 'x'.repeat(10 * answered);
        const head = `HTTP/1.1 200 OK\r\ncontent-length: ${body.length}\r\n\r\n`;
        socket.write(head.slice(0, 20));
        setTimeout(() => socket.write(head.slice(20) + body.slice(0, 3)), 2);
        setTimeout(() => socket.write(body.slice(3)), 4);
      });
    });
    const port = await listen(server);
    const report = await runSteady(
      { port, ratePerSec: 100, durationMs: 100, warmupMs: 0, connections: 1, seed: 1 },
      undefined,
    );
    server.close();
    assert.deepEqual(report.reasons, []);
    assert.equal(report.latency.count, 10);
    assert.equal(answered, 10);
  });

  it('another status, bytes too many, and an end are failures with their reasons', async () => {
    const answers = [
      'HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n',
      'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nabc',
      '',
    ];
    const server = createServer((socket) => {
      socket.on('error', () => undefined);
      socket.on('data', () => socket.end(answers.shift() ?? ''));
    });
    const port = await listen(server);
    const report = await runSteady(
      { port, ratePerSec: 100, durationMs: 50, warmupMs: 0, connections: 3, seed: 1 },
      undefined,
    );
    server.close();
    assert.equal(report.failures, 5); // three lost with their connections, two never sent
    assert.equal(report.latency.count, 0);
    const reasons = report.reasons.join('\n');
    for (const reason of [/503/, /bytes after the answer/, /closed by the peer/, /2 not sent/]) {
      assert.match(reasons, reason);
    }
  });

  it('nobody listening is a report, not a crash', async () => {
    const server = createServer();
    const port = await listen(server);
    await new Promise((closed) => server.close(closed));
    const report = await runSteady(
      { port, ratePerSec: 100, durationMs: 50, warmupMs: 0, connections: 2, seed: 1 },
      undefined,
    );
    assert.equal(report.failures, 5);
    assert.match(report.reasons.join('\n'), /connect: error/);
  });
});

function listen(server: ReturnType<typeof createServer>): Promise<number> {
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      resolve(typeof address === 'object' && address !== null ? address.port : 0);
    });
  });
}
