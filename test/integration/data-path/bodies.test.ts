// Large bodies both ways, slow readers, and what must never happen: bytes of one user in the
// response of another. The read buffers of the edge are poisoned after every callback.

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { BYTES_IN, BYTES_OUT } from '#src/shared/thread-rows.ts';
import type { RawClient } from '#test/support/raw-client.ts';
import { type OriginScript, ok } from '#test/support/raw-origin.ts';
import { onBothTiers, type Stage, setStage } from '#test/support/stage.ts';

const MB = 1024 * 1024;
/** More than the kernel's buffers take between two sockets of this machine. */
const LARGE = 24 * MB;

/** Enough to fill the kernel's buffers in front of a client that does not read. */
const PIPELINED = 150;

/** Bytes of one user: every 64 of them begin with their offset. */
function pattern(user: string, length: number): Buffer {
  const bytes = Buffer.alloc(length, user, 'latin1');
  for (let at = 0; at + 4 <= length; at += 64) bytes.writeUInt32BE(at, at);
  return bytes;
}

const sha = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');

const FRAMINGS = ['length', 'chunked', 'close'] as const;
type Framing = (typeof FRAMINGS)[number];

/** A response with that body. */
function framed(framing: Framing, body: Buffer): Buffer {
  if (framing === 'length') {
    return Buffer.concat([
      Buffer.from(`HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n`),
      body,
    ]);
  }
  if (framing === 'close') return Buffer.concat([Buffer.from('HTTP/1.1 200 OK\r\n\r\n'), body]);
  return Buffer.concat([
    Buffer.from('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n'),
    chunks(body, 40_000),
  ]);
}

function chunks(body: Buffer, size: number): Buffer {
  const parts: Buffer[] = [];
  for (let at = 0; at < body.length; at += size) {
    const part = body.subarray(at, at + size);
    parts.push(Buffer.from(`${part.length.toString(16)}\r\n`), part, Buffer.from('\r\n'));
  }
  return Buffer.concat([...parts, Buffer.from('0\r\n\r\n')]);
}

function request(path: string, framing: Framing, body: Buffer): Buffer {
  const head = `POST ${path} HTTP/1.1\r\nHost: a.test\r\n`;
  return framing === 'chunked'
    ? Buffer.concat([
        Buffer.from(`${head}Transfer-Encoding: chunked\r\n\r\n`),
        chunks(body, 10_000),
      ])
    : Buffer.concat([Buffer.from(`${head}Content-Length: ${body.length}\r\n\r\n`), body]);
}

const get = (path: string): string => `GET ${path} HTTP/1.1\r\nHost: a.test\r\n\r\n`;

/** Serves `/USER/FRAMING/BYTES` with the user's pattern. */
const serve: OriginScript = {
  onRequest: ({ line, body }, connection) => {
    const [, user = '', framing = 'length', length = '0'] = line.split(' ')[1]?.split('/') ?? [];
    if (user === 'sum') return ok(sha(body));
    connection.stream(framed(framing as Framing, pattern(user, Number(length))), () => {
      if (framing === 'close') connection.end();
    });
    return undefined;
  },
};

/** One turn of the event loop. */
function turn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}

/** Resolves when the counter is above zero and has not moved for many turns. */
async function stalled(count: () => number): Promise<void> {
  for (let last = 0, quiet = 0; quiet < 50; await turn()) {
    quiet = last > 0 && count() === last ? quiet + 1 : 0;
    last = count();
  }
}

async function fetchPattern(stage: Stage, user: string, framing: Framing, length: number) {
  const client = await stage.client(get(`/${user}/${framing}/${length}`));
  const { body, isWhole } = await client.response();
  client.close();
  assert.ok(isWhole);
  assert.ok(body.equals(pattern(user, length)), `response of ${user}, ${framing}, ${length}`);
}

onBothTiers('bodies', (it) => {
  for (const framing of FRAMINGS) {
    it(`of a megabyte come through, ${framing}`, async (t, tier) => {
      const stage = await setStage(t, tier, {
        scripts: [serve],
        server: 'client_max_body_size 0;',
      });
      await fetchPattern(stage, 'A', framing, MB);
      if (framing === 'close') return;
      const body = pattern('U', MB);
      const client = await stage.client(request('/sum', framing, body));
      assert.equal((await client.response()).body.toString(), sha(body));
      client.send(get('/B/length/10'));
      assert.equal((await client.response()).body.toString(), pattern('B', 10).toString());
    });

    it(`of every size around the buffers' come through, ${framing}`, async (t, tier) => {
      const stage = await setStage(t, tier, { scripts: [serve] });
      for (const size of [
        0, 1, 8191, 8192, 8193, 16383, 16384, 16385, 65535, 65536, 65537, 131073,
      ]) {
        await fetchPattern(stage, 'S', framing, size);
      }
    });
  }

  it('both ways at once: the answer streams while the request does', async (t, tier) => {
    const stage = await setStage(t, tier, {
      scripts: [
        {
          onConnection: (connection) => {
            connection.send(`HTTP/1.1 200 OK\r\nContent-Length: ${4 * MB}\r\n\r\n`);
          },
          onRequest: ({ body }, connection) => {
            connection.send(body);
            return undefined;
          },
        },
      ],
      server: 'client_max_body_size 0;',
    });
    const body = pattern('E', 4 * MB);
    const client = await stage.client(request('/echo', 'length', body));
    const response = await client.response();
    assert.ok(response.body.equals(body));
  });
});

onBothTiers('a slow reader', (it) => {
  for (const framing of FRAMINGS) {
    it(`gets its own bytes and no others, ${framing}`, async (t, tier) => {
      const stage = await setStage(t, tier, {
        scripts: [serve],
        server: 'client_max_body_size 0;',
      });
      const slow: RawClient[] = [];
      for (const user of ['A', 'Z']) {
        const client = await stage.client('', { staysOpen: true });
        client.pause();
        client.send(get(`/${user}/${framing}/${LARGE}`));
        slow.push(client);
        await stage.origin.until(() => stage.origin.requests.length === slow.length);
      }
      await stalled(() =>
        stage.origin.connections.reduce((sum, { streamedBytes }) => sum + streamedBytes, 0),
      );
      for (let round = 0; round < 20; round++) {
        await fetchPattern(stage, 'B', 'length', 100_000 + round);
        await fetchPattern(stage, 'C', 'chunked', 200_000 + round);
        const body = pattern('D', 150_000 + round);
        const client = await stage.client(request('/sum', 'chunked', body));
        assert.equal((await client.response()).body.toString(), sha(body));
        client.close();
      }
      for (const [at, user] of ['A', 'Z'].entries()) {
        slow[at]?.resume();
        const response = await slow[at]?.response();
        assert.equal(response?.isWhole, true);
        assert.ok(response?.body.equals(pattern(user, LARGE)), `the response of ${user}`);
      }
    });
  }

  it('of many pipelined responses: wherever one of them gets stuck, its bytes wait unharmed', async (t, tier) => {
    const stage = await setStage(t, tier, { scripts: [serve] });
    const slow: { client: RawClient; user: string; length: number }[] = [];
    for (const [at, user] of [...'ABCDEFGHIJKL'].entries()) {
      const client = await stage.client('', { staysOpen: true });
      client.pause();
      // One read of the edge, or two: stuck with its read buffer, or with the last relay buffer.
      const length = (at % 2 === 0 ? 60_000 : 120_000) + at * 100;
      client.send(get(`/${user}/length/${length}`).repeat(PIPELINED));
      slow.push({ client, user, length });
    }
    await stalled(() => stage.origin.requests.length);
    assert.ok(stage.origin.requests.length < slow.length * PIPELINED, 'all of them are stuck');
    for (let round = 0; round < 30; round++) {
      await fetchPattern(stage, 'x', 'length', 60_000);
      await fetchPattern(stage, 'y', 'chunked', 200_000);
    }
    for (const { client, user, length } of slow) {
      client.resume();
      for (let turn = 0; turn < PIPELINED; turn++) {
        const { body } = await client.response();
        assert.ok(body.equals(pattern(user, length)), `response ${turn} of ${user}`);
      }
      client.close();
    }
  });

  it('at the origin: a request body arrives with its own bytes and no others', async (t, tier) => {
    const stage = await setStage(t, tier, {
      scripts: [
        {
          ...serve,
          onBytes: (connection, pending) => {
            if (pending.toString('latin1', 0, 20).includes('/slow')) connection.pause();
          },
        },
      ],
      server: 'client_max_body_size 0;',
    });
    const body = pattern('A', LARGE);
    for (const framing of ['length', 'chunked'] as const) {
      const before = stage.edge.count(BYTES_IN);
      const slow = await stage.client(request('/slow', framing, body));
      await stalled(() => stage.edge.count(BYTES_IN) - before);
      for (let round = 0; round < 20; round++) {
        await fetchPattern(stage, 'B', 'length', 100_000 + round);
        const other = pattern('D', 150_000 + round);
        const client = await stage.client(request('/sum', 'length', other));
        assert.equal((await client.response()).body.toString(), sha(other));
        client.close();
      }
      stage.origin.script = serve;
      const seen = stage.origin.requests.length;
      for (const connection of stage.origin.connections) connection.resume();
      const { body: arrived, line } = await stage.origin.request(seen);
      assert.match(line, /slow/);
      assert.ok(arrived.equals(body), 'what arrived is what was sent');
      slow.close();
      await turn();
      stage.origin.script = {
        ...serve,
        onBytes: (connection, pending) => {
          if (pending.toString('latin1', 0, 20).includes('/slow')) connection.pause();
        },
      };
    }
  });

  it('does not make the edge gather its response: the origin is held back', async (t, tier) => {
    const stage = await setStage(t, tier, { scripts: [serve] });
    const client = await stage.client('', { staysOpen: true });
    client.pause();
    client.send(get(`/A/length/${4 * LARGE}`));
    const origin = await stage.origin.connection(0);
    await stalled(() => origin.streamedBytes);
    // Both kernel buffers between three sockets, and at most one buffer of the edge.
    assert.ok(origin.streamedBytes < LARGE, `${origin.streamedBytes} bytes left the origin`);
    const heldBytes = stage.edge.count(BYTES_OUT);
    assert.equal(heldBytes, 0, 'the exchange is still open');
    client.resume();
    assert.ok((await client.response()).body.equals(pattern('A', 4 * LARGE)));
  });

  it('at the origin does not make the edge gather the request: the client is held back', async (t, tier) => {
    const stage = await setStage(t, tier, {
      scripts: [{ onConnection: (connection) => connection.pause() }],
      server: 'client_max_body_size 0;',
    });
    await stage.client(request('/slow', 'length', Buffer.alloc(4 * LARGE, 'a')));
    await stalled(() => stage.edge.count(BYTES_IN));
    assert.ok(stage.edge.count(BYTES_IN) < LARGE, `${stage.edge.count(BYTES_IN)} bytes were read`);
  });

  it('with a thousand requests behind: they stay in its kernel, not in the edge', async (t, tier) => {
    const stage = await setStage(t, tier, { scripts: [serve] });
    const client = await stage.client('', { staysOpen: true });
    client.pause();
    client.send(get(`/A/length/${LARGE}`));
    await stage.origin.request(0);
    client.send(get('/B/length/10').repeat(100_000));
    await stalled(() => stage.edge.count(BYTES_IN));
    assert.ok(
      stage.edge.count(BYTES_IN) < 200_000,
      `${stage.edge.count(BYTES_IN)} bytes were read`,
    );
    client.resume();
    assert.ok((await client.response()).body.equals(pattern('A', LARGE)));
    for (let at = 0; at < 100; at++) {
      assert.equal((await client.response()).body.toString(), pattern('B', 10).toString());
    }
  });
});
