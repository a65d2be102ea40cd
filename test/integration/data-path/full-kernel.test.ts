// A response whose last bytes meet a full socket: `flush` has said true before the kernel was asked,
// and whoever closes after that must not lose them.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { test } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { ManualClock } from '#src/base/clock.ts';
import { TICK_MS } from '#src/base/timer-wheel.ts';
import { detectRawHandles, type RawHandle, type WriteRequest } from '#src/transport/raw-handles.ts';
import { setStage } from '#test/support/stage.ts';

interface Patched {
  writeBuffer(this: RawHandle, request: WriteRequest, bytes: Buffer): number;
  close(this: RawHandle, callback?: () => void): void;
}

/** The kernel has no room for the edge's answer until a few turns later, as when a client is slow. */
function fillKernel(
  t: { after(run: () => void): void },
  hasRoom: () => Promise<unknown> = async () => {
    for (let turn = 0; turn < 20; turn++) await nextTurn();
  },
): void {
  const raw = detectRawHandles();
  assert.ok(raw !== undefined);
  const prototype = (raw.Tcp as unknown as { prototype: Patched }).prototype;
  const { close, writeBuffer } = prototype;
  const closed = new WeakSet<RawHandle>();
  t.after(() => {
    Reflect.deleteProperty(prototype, 'writeBuffer');
    prototype.close = close;
  });
  prototype.close = function patchedClose(callback) {
    closed.add(this);
    close.call(this, callback);
  };
  prototype.writeBuffer = function patchedWrite(request, bytes) {
    if (!bytes.toString('latin1').includes('Server: '))
      return writeBuffer.call(this, request, bytes);
    raw.state[raw.asyncIndex] = 1;
    void (async () => {
      await hasRoom();
      if (closed.has(this)) return; // libuv cancels what waits
      writeBuffer.call(this, new raw.WriteRequest(), bytes);
      request.oncomplete?.call(request, 0);
    })();
    return 0;
  };
}

async function answerTo(port: number, request: string): Promise<string> {
  const client = connect({ port, host: '127.0.0.1' });
  let text = '';
  client.on('data', (bytes) => {
    text += bytes.toString('latin1');
  });
  client.on('error', () => undefined);
  client.write(request);
  await once(client, 'close');
  return text;
}

const REQUESTS = {
  'a 1.0 client': 'GET / HTTP/1.0\r\nHost: a.test\r\n\r\n',
  'a client that closes': 'GET / HTTP/1.1\r\nHost: a.test\r\nConnection: close\r\n\r\n',
};

for (const [who, request] of Object.entries(REQUESTS)) {
  test(`${who} gets the end of its answer, though the kernel was full for a moment`, async (t) => {
    const stage = await setStage(t, 'fast', {
      scripts: [
        {
          onRequest: () => 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello',
        },
      ],
    });
    fillKernel(t);
    const text = await answerTo(stage.edge.port, request);
    assert.ok(text.endsWith('\r\n\r\nhello'), `got ${JSON.stringify(text)}`);
  });
}

test('a client that pauses for longer than lingering_timeout gets the end of its answer', async (t) => {
  const clock = new ManualClock(Date.now());
  const stage = await setStage(t, 'fast', {
    clock,
    location: 'lingering_close always; lingering_timeout 5s; send_timeout 60s;',
    scripts: [
      {
        onRequest: () => 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello',
      },
    ],
  });
  fillKernel(t, async () => {
    for (let turn = 0; turn < 20; turn++) await nextTurn();
    clock.advanceMs(6_000);
    await new Promise((resolve) => setTimeout(resolve, 4 * TICK_MS)); // the wheel turns by real time
  });
  const text = await answerTo(stage.edge.port, REQUESTS['a client that closes']);
  assert.ok(text.endsWith('\r\n\r\nhello'), `got ${JSON.stringify(text)}`);
});
