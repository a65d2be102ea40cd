// What happens when one side is silent. Times are set short; nothing here measures them.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { Worker } from 'node:worker_threads';
import { ManualClock } from '#src/base/clock.ts';
import { BYTES_IN } from '#src/shared/thread-rows.ts';
import { ok } from '#test/support/raw-origin.ts';
import { onBothTiers, setStage, setStreamingStage } from '#test/support/stage.ts';

const GET = 'GET / HTTP/1.1\r\nHost: a.test\r\n\r\n';
const HUGE = 64 * 1024 * 1024;

onBothTiers('a silent client', (it) => {
  it('that does not finish its head gets 408', async (t, tier) => {
    const stage = await setStreamingStage(t, tier, { server: 'client_header_timeout 50ms;' });
    const client = await stage.client('GET / HTTP/1.1\r\nHost: a.test\r\nX: y');
    assert.equal((await client.response()).status, 408);
    assert.equal(await client.closed(), 'end');
    assert.equal(stage.origin.connections.length, 0);
  });

  it('that sends nothing at all is closed without a word', async (t, tier) => {
    const stage = await setStreamingStage(t, tier, { server: 'client_header_timeout 50ms;' });
    const client = await stage.client();
    assert.equal(await client.closed(), 'end');
    assert.equal(client.received.length, 0);
  });

  it('that drips its head gets 408 all the same: the time is for the whole head', async (t, tier) => {
    const stage = await setStreamingStage(t, tier, {
      server: 'client_header_timeout 100ms; large_client_header_buffers 4 1m;',
    });
    const client = await stage.client('GET / HTTP/1.1\r\nX: ');
    while (client.received.length === 0) {
      await client.sent('y');
      await turn();
    }
    assert.equal((await client.response()).status, 408);
  });

  it('that stops in its body gets 408, and the origin a closed connection', async (t, tier) => {
    for (const head of [
      'Content-Length: 10\r\n\r\nhello',
      'Transfer-Encoding: chunked\r\n\r\n5\r\nhel',
    ]) {
      const stage = await setStreamingStage(t, tier, { server: 'client_body_timeout 50ms;' });
      const client = await stage.client(`POST / HTTP/1.1\r\nHost: a.test\r\n${head}`);
      assert.equal((await client.response()).status, 408);
      assert.equal(await client.closed(), 'end');
      await (await stage.origin.connection(0)).closed();
      assert.equal(stage.origin.requests.length, 0, 'never taken for whole');
    }
  });

  it('that stops in a body it had pipelined gets 408 as well', async (t, tier) => {
    const stage = await setStreamingStage(t, tier, {
      server: 'client_body_timeout 50ms;',
      scripts: [{ onRequest: () => ok('first') }],
    });
    const client = await stage.client(
      `${GET}POST / HTTP/1.1\r\nHost: a.test\r\nContent-Length: 10\r\n\r\nhello`,
    );
    assert.equal((await client.response()).body.toString(), 'first');
    assert.equal((await client.response()).status, 408);
  });

  it('that stops in a head it had pipelined gets 408 as well', async (t, tier) => {
    const stage = await setStreamingStage(t, tier, {
      server: 'client_header_timeout 50ms;',
      scripts: [{ onRequest: () => ok('first') }],
    });
    const client = await stage.client(`${GET}GET / HTTP/1.1\r\nHo`);
    assert.equal((await client.response()).body.toString(), 'first');
    assert.equal((await client.response()).status, 408);
  });

  it('that sends on but never reads is cut after send_timeout, too', async (t, tier) => {
    const stage = await setStreamingStage(t, tier, {
      scripts: [
        {
          onConnection: (connection) => {
            connection.send(`HTTP/1.1 200 OK\r\nContent-Length: ${HUGE}\r\n\r\n`);
            connection.send(Buffer.alloc(HUGE, 'a'));
          },
        },
      ],
      server: 'send_timeout 100ms; client_max_body_size 0;',
    });
    const client = await stage.client('', { staysOpen: true });
    client.pause();
    client.send('POST / HTTP/1.1\r\nHost: a.test\r\nTransfer-Encoding: chunked\r\n\r\n');
    const connection = await stage.origin.connection(0);
    let isClosed = false;
    const closing = connection.closed().then(() => {
      isClosed = true;
    });
    while (!isClosed) {
      client.send('1\r\na\r\n');
      await turn();
    }
    await closing;
  });

  it('whose answer lingers may take its time to read it, as long as it moves', async (t, tier) => {
    const clock = new ManualClock(Date.now());
    const stage = await setStreamingStage(t, tier, {
      clock,
      server: 'lingering_timeout 5s; lingering_time 30s; keepalive_timeout 1s;',
    });
    const client = await stage.client(
      'POST / HTTP/1.1\r\nHost: a.test\r\nContent-Length: 90000000\r\n\r\n',
      { staysOpen: true },
    );
    assert.equal((await client.response()).status, 413);
    for (let step = 0; step < 4; step++) {
      const before = stage.edge.count(BYTES_IN);
      client.send('more');
      while (stage.edge.count(BYTES_IN) === before) await turn();
      // Another client's timeout shows that the wheel has turned.
      const other = await stage.client('GET / HTTP/1.1\r\nHost: a.test\r\n\r\n');
      await stage.origin.request(step);
      stage.origin.connections.at(-1)?.send(ok());
      await other.response();
      clock.advanceMs(4_000);
      await other.closed();
    }
    clock.advanceMs(6_000);
    while (stage.edge.server.connectionCount > 0) await turn();
  });

  it('that has sent its body is not hurried any more', async (t, tier) => {
    const stage = await setStreamingStage(t, tier, {
      server: 'client_body_timeout 50ms; client_header_timeout 50ms;',
      location: 'proxy_read_timeout 300ms;',
    });
    const client = await stage.client(
      'POST / HTTP/1.1\r\nHost: a.test\r\nContent-Length: 5\r\n\r\nhello',
    );
    assert.equal(
      (await client.response()).status,
      504,
      'the first to lose patience is the other side',
    );
  });

  it('that does not read is cut after send_timeout', async (t, tier) => {
    const stage = await setStreamingStage(t, tier, {
      scripts: [
        {
          onRequest: (_request, connection) => {
            connection.send(`HTTP/1.1 200 OK\r\nContent-Length: ${HUGE}\r\n\r\n`);
            connection.send(Buffer.alloc(HUGE, 'a'));
            return undefined;
          },
        },
      ],
      server: 'send_timeout 50ms;',
    });
    const client = await stage.client();
    client.pause();
    client.send(GET);
    const connection = await stage.origin.connection(0);
    await connection.closed();
    client.resume();
    const { isWhole, status } = await client.response();
    assert.equal(status, 200);
    assert.equal(isWhole, false);
  });

  it('that waits for 100 Continue gets it', async (t, tier) => {
    const stage = await setStage(t, tier, {
      scripts: [{ onRequest: ({ body }) => ok(body) }],
    });
    const client = await stage.client(
      'POST / HTTP/1.1\r\nHost: a.test\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n',
    );
    assert.equal((await client.response()).status, 100);
    client.send('hello');
    assert.equal((await client.response()).body.toString(), 'hello');
    client.send(GET);
    assert.equal((await client.response()).status, 200);
  });
});

onBothTiers('a silent origin', (it) => {
  it('that never answers: 504, and its connection is closed', async (t, tier) => {
    const stage = await setStreamingStage(t, tier, { location: 'proxy_read_timeout 50ms;' });
    const client = await stage.client(GET);
    assert.equal((await client.response()).status, 504);
    await (await stage.origin.connection(0)).closed();
    client.send('GET /again HTTP/1.1\r\nHost: a.test\r\n\r\n');
    assert.equal((await client.response()).status, 504, 'the client connection goes on');
  });

  it('that stops inside its head: 504', async (t, tier) => {
    const stage = await setStreamingStage(t, tier, {
      scripts: [{ onRequest: () => 'HTTP/1.1 200 OK\r\nContent-' }],
      location: 'proxy_read_timeout 50ms;',
    });
    const client = await stage.client(GET);
    assert.equal((await client.response()).status, 504);
  });

  it('that stops inside its body: the client is cut, never told it was whole', async (t, tier) => {
    for (const [title, answer, version] of [
      ['length', 'HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello', '1.1'],
      ['chunked', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n', '1.1'],
      ['until close', 'HTTP/1.1 200 OK\r\n\r\nhello', '1.1'],
      ['until close to 1.0', 'HTTP/1.1 200 OK\r\n\r\nhello', '1.0'],
    ] as const) {
      const stage = await setStreamingStage(t, tier, {
        scripts: [{ onRequest: () => answer }],
        location: 'proxy_read_timeout 50ms;',
      });
      const client = await stage.client(`GET / HTTP/${version}\r\nHost: a.test\r\n\r\n`);
      const response = await client.response();
      assert.equal(response.status, 200, title);
      assert.equal(response.isWhole, false, title);
    }
  });

  it('that does not read the body: 504, although the client would go on sending', async (t, tier) => {
    const stage = await setStreamingStage(t, tier, {
      scripts: [{ onConnection: (connection) => connection.pause() }],
      server: 'client_max_body_size 0; client_body_timeout 10s;',
      location: 'proxy_send_timeout 50ms;',
    });
    const client = await stage.client(
      `POST / HTTP/1.1\r\nHost: a.test\r\nContent-Length: ${HUGE}\r\n\r\n`,
    );
    client.send(Buffer.alloc(HUGE, 'a'));
    assert.equal((await client.response()).status, 504);
  });

  it('that does not read the body: the client is not blamed for it', async (t, tier) => {
    const stage = await setStreamingStage(t, tier, {
      scripts: [{ onConnection: (connection) => connection.pause() }],
      server: 'client_max_body_size 0; client_body_timeout 50ms;',
      location: 'proxy_send_timeout 400ms;',
    });
    const client = await stage.client(
      `POST / HTTP/1.1\r\nHost: a.test\r\nContent-Length: ${HUGE}\r\n\r\n`,
    );
    client.send(Buffer.alloc(HUGE, 'a'));
    assert.equal((await client.response()).status, 504);
  });

  it('that answers half a head and reads no more of the body ends with 504', async (t, tier) => {
    const stage = await setStreamingStage(t, tier, {
      scripts: [{ onConnection: (connection) => connection.pause() }],
      server: 'client_max_body_size 0;',
      location: 'proxy_send_timeout 300ms; proxy_read_timeout 300ms;',
    });
    const client = await stage.client(
      `POST / HTTP/1.1\r\nHost: a.test\r\nContent-Length: ${HUGE}\r\n\r\n`,
    );
    client.send(Buffer.alloc(HUGE, 'a'));
    await stalled(() => stage.edge.count(BYTES_IN));
    (await stage.origin.connection(0)).send('HTTP/1.1 200 OK\r\nX: ');
    assert.equal((await client.response()).status, 504);
  });
});

onBothTiers('a silent endpoint', (it) => {
  it('that does not even accept: 504, and the client is not blamed for its body', async (t, tier) => {
    const deaf = await DeafEndpoint.start();
    t.after(() => deaf.close());
    const stage = await setStreamingStage(t, tier, {
      conf: () => `server { listen 127.0.0.1:1; client_body_timeout 50ms; proxy_request_buffering off;
        location / { proxy_pass http://127.0.0.1:${deaf.port}; proxy_connect_timeout 400ms; } }`,
    });
    const client = await stage.client(
      'POST / HTTP/1.1\r\nHost: a.test\r\nContent-Length: 10\r\n\r\nhello',
    );
    assert.equal((await client.response()).status, 504);
    const gone = await stage.client(GET);
    gone.reset();
    const next = await stage.client(GET);
    assert.equal((await next.response()).status, 504);
  });
});

/** A listening port whose backlog is full: who connects is not answered at all. */
class DeafEndpoint {
  readonly port: number;
  readonly #worker: Worker;
  readonly #fillers: Socket[];

  constructor(worker: Worker, port: number, fillers: Socket[]) {
    this.#worker = worker;
    this.port = port;
    this.#fillers = fillers;
  }

  static async start(): Promise<DeafEndpoint> {
    const listen = `const { parentPort } = require('node:worker_threads');
      const server = require('node:net').createServer();
      server.listen({ port: 0, host: '127.0.0.1', backlog: 1 }, () => {
        parentPort.postMessage(server.address().port);
        setImmediate(() => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0));
      });`;
    const worker = new Worker(listen, { eval: true });
    const [port] = (await once(worker, 'message')) as [number];
    const fillers: Socket[] = [];
    for (let isFull = false; !isFull; ) {
      const socket = connect(port, '127.0.0.1');
      socket.on('error', () => undefined);
      fillers.push(socket);
      // The backlog holds a handful; a connection that takes this long is not going to be taken.
      isFull = await Promise.race([
        once(socket, 'connect').then(() => false),
        new Promise<boolean>((resolve) => setTimeout(() => resolve(true), 100)),
      ]);
    }
    return new DeafEndpoint(worker, port, fillers);
  }

  async close(): Promise<void> {
    for (const socket of this.#fillers) socket.destroy();
    await this.#worker.terminate();
  }
}

/** One turn of the event loop. */
function turn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}

/** Resolves when the counter is above zero and has not moved for many turns. */
async function stalled(count: () => number): Promise<void> {
  for (let last = 0, quiet = 0; quiet < 100; await turn()) {
    quiet = last > 0 && count() === last ? quiet + 1 : 0;
    last = count();
  }
}
