import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { describe, it, type TestContext } from 'node:test';
import { startOrigin } from '#native-bench/origin/origin.ts';
import { runLoad, startLoad } from './load.ts';
import type { FailureKind, LoadOptions, LoadReport } from './options.ts';

/** A raw server that treats every request as told; returns its port. */
async function brokenServer(t: TestContext, onRequest: (socket: Socket) => void): Promise<number> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    socket.on('data', () => onRequest(socket));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  const address = server.address();
  assert.ok(typeof address === 'object' && address !== null);
  return address.port;
}

const four: Omit<LoadOptions, 'port'> = { mode: 'closed', requests: 4, connections: 2 };

async function expectFailures(options: LoadOptions, kind: FailureKind): Promise<LoadReport> {
  const report = await runLoad(options);
  assert.equal(report.failuresByKind[kind], report.failures, JSON.stringify(report.failureSamples));
  assert.equal(report.failures, 4);
  assert.equal(report.completions, 0);
  return report;
}

describe('load generator counts', () => {
  it('completions, on kept connections and on new ones', async (t) => {
    const origin = await startOrigin();
    t.after(() => origin.close());
    for (const keepAlive of [true, false]) {
      origin.reset();
      const report = await runLoad({
        port: origin.port,
        mode: 'closed',
        requests: 50,
        connections: 4,
        keepAlive,
        heads: 'checked',
        bodyBytes: 10_000,
      });
      assert.deepEqual(report.failureSamples, []);
      assert.equal(report.completions, 50);
      assert.equal(report.latency.count, 50);
      assert.equal(report.connectionsOpened, keepAlive ? 4 : 50);
      assert.deepEqual(report.statuses, { 200: 50 });
      assert.equal(origin.saw().requests, 50);
      assert.equal(origin.saw().connectionsAccepted, report.connectionsOpened);
    }
  });

  it('chunked and close-delimited answers, and uploads', async (t) => {
    const origin = await startOrigin();
    t.after(() => origin.close());
    for (const path of ['/chunked/70000?chunk=1000', '/close/70000', '/status/204']) {
      const report = await runLoad({ ...four, port: origin.port, path, uploadBytes: 20_000 });
      assert.equal(report.completions, 4, path);
    }
    assert.equal(origin.requests[0]?.bodyBytes, 20_000);
  });

  it('an open loop from its intended starts, with classes and warm-up', async (t) => {
    const origin = await startOrigin();
    t.after(() => origin.close());
    const report = await runLoad({
      port: origin.port,
      mode: 'open',
      traceMs: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9],
      warmupMs: 5,
      classes: [
        { name: 'small', share: 1, work: { fixedMs: 0.5 } },
        { name: 'large', share: 1, work: { fixedMs: 2 } },
      ],
    });
    assert.equal(report.failures, 0);
    assert.equal(report.warmupRequests, 5);
    assert.equal(report.requests, 5);
    const { small, large } = report.classes;
    assert.equal((small?.completions ?? 0) + (large?.completions ?? 0), 5);
    assert.equal(
      report.timeline.completions.reduce((sum, count) => sum + count, 0),
      10,
    );
    // Latency counts from the intended start: the wait for a connection is in it.
    assert.ok(report.latency.maxUs >= report.service.maxUs);
  });

  it('threads add up, and make the same jobs as one', async (t) => {
    const seen: string[][] = [];
    for (const threads of [0, 2]) {
      const origin = await startOrigin();
      t.after(() => origin.close());
      const report = await runLoad({
        port: origin.port,
        mode: 'open',
        ratePerSec: 4000,
        requests: 60,
        seed: 9,
        threads,
        classes: [{ name: 'all', share: 1, work: { exponentialMs: 0.2 } }],
      });
      assert.equal(report.completions, 60);
      assert.equal(report.latency.count, 60);
      seen.push(
        origin.requests
          .map(({ fields }) => fields.find(([name]) => name === 'x-work-ms')?.[1] ?? '')
          .sort(),
      );
    }
    assert.equal(new Set(seen[0]).size > 30, true);
    assert.deepEqual(seen[0], seen[1]);
  });

  it('stops when told, and loses no request under way', async (t) => {
    const origin = await startOrigin();
    t.after(() => origin.close());
    const run = await startLoad({ port: origin.port, mode: 'closed', connections: 3 });
    await origin.waitForRequests(100);
    run.stop();
    const report = await run.done;
    assert.equal(report.failures, 0);
    assert.equal(report.completions, origin.saw().completions);
  });
});

describe('load generator catches', () => {
  it('refused', async () => {
    const origin = await startOrigin();
    await origin.close();
    await expectFailures({ ...four, port: origin.port }, 'refused');
  });

  it('reset', async (t) => {
    const port = await brokenServer(t, (socket) => socket.resetAndDestroy());
    await expectFailures({ ...four, port }, 'reset');
  });

  it('closed: FIN before the first byte', async (t) => {
    const port = await brokenServer(t, (socket) => socket.end());
    await expectFailures({ ...four, port }, 'closed');
  });

  it('truncated, declared and chunked', async (t) => {
    for (const head of ['Content-Length: 9', 'Transfer-Encoding: chunked']) {
      const port = await brokenServer(t, (socket) =>
        socket.end(`HTTP/1.1 200 OK\r\n${head}\r\n\r\n5\r\nhel`),
      );
      await expectFailures({ ...four, port }, 'truncated');
    }
  });

  it('timeout', async (t) => {
    const port = await brokenServer(t, () => {});
    await expectFailures({ ...four, port, timeoutMs: 20 }, 'timeout');
  });

  it('a bad status', async (t) => {
    const port = await brokenServer(t, (socket) =>
      socket.write('HTTP/1.1 502 Bad Gateway\r\nContent-Length: 3\r\n\r\nbad'),
    );
    const report = await expectFailures({ ...four, port }, 'badStatus');
    assert.deepEqual(report.statuses, { 502: 4 });
    assert.equal((await runLoad({ ...four, port, expectStatus: [502] })).completions, 4);
  });

  it("a body of another's request, of a wrong length, or with one byte changed", async (t) => {
    let answer = '';
    const port = await brokenServer(t, (socket) =>
      socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${answer.length}\r\n\r\n${answer}`),
    );
    for (const body of ['<r999'.padEnd(31, '.').concat('\n').repeat(2), 'x', '']) {
      answer = body;
      await expectFailures({ ...four, port, heads: 'checked' }, 'mixedBody');
    }
  });

  it('what is no HTTP, and framing that is broken', async (t) => {
    for (const answer of [
      'SSH-2.0-x\r\n\r\n',
      'HTTP/1.1 2x0\r\n\r\n',
      'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n',
      'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nabc',
    ]) {
      const port = await brokenServer(t, (socket) => socket.write(answer));
      await expectFailures({ ...four, port }, 'malformed');
    }
  });

  it('bytes beyond the response, also when they come later', async (t) => {
    const whole = 'HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\na';
    const port = await brokenServer(t, (socket) => socket.write(`${whole}${whole}`));
    await expectFailures({ ...four, port }, 'unexpectedBytes');

    let first: Socket | undefined;
    const late = await brokenServer(t, (socket) => {
      first ??= socket;
      socket.write(whole);
      if (socket !== first) first.write('HTTP/1.1 200 OK\r\n');
    });
    const run = await startLoad({
      port: late,
      mode: 'open',
      traceMs: [0, 0, 60_000], // two at once on two connections, the third never
    });
    while (run.progress().failures === 0) await new Promise((resolve) => setImmediate(resolve));
    run.stop();
    const report = await run.done;
    assert.equal(report.completions, 2);
    assert.equal(report.failuresByKind.unexpectedBytes, 1);
  });

  it('a kept connection that was closed: a failure, or repeated when asked', async (t) => {
    const origin = await startOrigin({
      respond: ({ index }) => (index === 0 ? undefined : { raw: '', close: true }), // serves one, then closes silently
    });
    t.after(() => origin.close());
    const options: LoadOptions = { mode: 'closed', requests: 4, connections: 1, port: origin.port };
    const plain = await runLoad(options);
    assert.equal(plain.failuresByKind.closed, 2);
    const repeated = await runLoad({ ...options, retryStale: true });
    assert.equal(repeated.failures, 0);
    assert.equal(repeated.completions, 4);
    assert.equal(repeated.staleRetries, 3);
  });

  it('contradictory options', async () => {
    await assert.rejects(runLoad({ port: 1, mode: 'open' }), /ratePerSec/);
    await assert.rejects(runLoad({ port: 1, mode: 'open', arrivals: 'trace' }), /traceMs/);
  });
});
