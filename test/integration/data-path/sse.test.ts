// Server-sent events: each arrives before the next is sent, nothing is gathered for anybody. The
// origin waits for the client after every event, so that one that is held back ends the test.

import assert from 'node:assert/strict';
import { type OriginConnection, ok } from '#test/support/raw-origin.ts';
import { openFiles, setSpool, stalled } from '#test/support/spool.ts';
import { onBothTiers, type Stage, setStage } from '#test/support/stage.ts';

const MB = 1024 * 1024;
const EVENTS = 50;
/** More than the kernel's buffers between two sockets of this machine take. */
const FLOOD_BYTES = 48 * MB;

const ask = (version = '1.1'): string =>
  `GET /events HTTP/${version}\r\nHost: a.test\r\nAccept: text/event-stream\r\n\r\n`;
const head = (...fields: string[]): string =>
  `${['HTTP/1.1 200 OK', 'Content-Type: text/event-stream; charset=utf-8', ...fields].join('\r\n')}\r\n\r\n`;

const event = (number: number): string => `id: ${number}\ndata: event ${number} of many\n\n`;
const chunk = (text: string): string => `${text.length.toString(16)}\r\n${text}\r\n`;

/** Names of fields → how an event goes over the wire after them. */
const FRAMINGS: readonly (readonly [string, (text: string) => string])[] = [
  ['Transfer-Encoding: chunked', chunk],
  ['Connection: close', (text) => text],
  ['Content-Length: 1000000', (text) => text],
];

/** The origin's connection, after the client asked for events. */
async function connectionOf(stage: Stage, index = 0): Promise<OriginConnection> {
  return (await stage.origin.request(index)).connection;
}

onBothTiers('server-sent events', (it) => {
  for (const [framing, wrap] of FRAMINGS) {
    for (const accel of [[], ['X-Accel-Buffering: no'], ['X-Accel-Buffering: yes']]) {
      it(`arrive one by one, ${[framing, ...accel].join(', ')}`, async (t, tier) => {
        const stage = await setStage(t, tier);
        const client = await stage.client(ask());
        const origin = await connectionOf(stage);
        origin.send(head(framing, ...accel));
        await client.until('\r\n\r\n');
        for (let number = 1; number <= EVENTS; number++) {
          origin.send(wrap(event(number)));
          await client.until(event(number));
        }
        assert.doesNotMatch(client.rest, /x-accel/i);
        const came = client.rest.match(/^id: \d+$/gm);
        assert.deepEqual(
          came,
          Array.from({ length: EVENTS }, (_, index) => `id: ${index + 1}`),
        );
      });
    }
  }

  it('arrive one by one at a client of HTTP/1.0', async (t, tier) => {
    const stage = await setStage(t, tier);
    const client = await stage.client(ask('1.0'));
    const origin = await connectionOf(stage);
    origin.send(head('Transfer-Encoding: chunked'));
    for (let number = 1; number <= EVENTS; number++) {
      origin.send(chunk(event(number)));
      await client.until(event(number));
    }
    origin.send('0\r\n\r\n');
    const { body, isWhole } = await client.response();
    assert.ok(isWhole);
    assert.equal(body.toString().match(/^id: /gm)?.length, EVENTS);
  });

  it('arrive one by one, byte by byte as they are written', async (t, tier) => {
    const stage = await setStage(t, tier);
    const client = await stage.client(ask('1.0'));
    const origin = await connectionOf(stage);
    origin.send(head('Connection: close'));
    await client.until('\r\n\r\n');
    const before = client.received.length;
    for (const [index, char] of [...event(7)].entries()) {
      origin.send(char);
      await client.untilBytes(before + index + 1);
    }
    assert.equal(client.received.toString('latin1', before), event(7));
  });

  it('hold the origin back when the client stops: no event waits in a file', async (t, tier) => {
    const { stage, directory } = await setSpool(t, tier, { location: 'proxy_buffering on;' });
    const stopped = await stage.client('', { staysOpen: true });
    stopped.pause();
    stopped.send(ask());
    const origin = await connectionOf(stage);
    origin.send(head(`Content-Length: ${FLOOD_BYTES}`));
    origin.stream(Buffer.alloc(FLOOD_BYTES, 'data: flood\n\n'));
    await stalled(() => origin.streamedBytes);
    assert.ok(origin.streamedBytes < FLOOD_BYTES / 2, `${origin.streamedBytes} bytes left`);
    assert.deepEqual(openFiles(directory), []);
  });

  it('arrive one by one while another client has stopped reading', async (t, tier) => {
    const stage = await setStage(t, tier);
    const stopped = await stage.client('', { staysOpen: true });
    stopped.pause();
    stopped.send(ask());
    const flood = await connectionOf(stage);
    flood.send(head(`Content-Length: ${FLOOD_BYTES}`));
    flood.stream(Buffer.alloc(FLOOD_BYTES, 'data: flood\n\n'));
    const client = await stage.client(ask());
    const origin = await connectionOf(stage, 1);
    origin.send(head('Transfer-Encoding: chunked'));
    for (let number = 1; number <= EVENTS; number++) {
      origin.send(chunk(event(number)));
      await client.until(event(number));
    }
    stopped.reset();
    await flood.closed();
  });

  it('end at the origin when the client goes away', async (t, tier) => {
    for (const how of ['finish', 'reset', 'close'] as const) {
      const stage = await setStage(t, tier);
      const client = await stage.client(ask());
      const origin = await connectionOf(stage);
      origin.send(head('Transfer-Encoding: chunked') + chunk(event(1)));
      await client.until(event(1));
      client[how]();
      await origin.closed();
    }
  });

  it('after which the connection serves on, when the origin ends them', async (t, tier) => {
    const stage = await setStage(t, tier, { upstream: 'keepalive 4;' });
    const client = await stage.client(ask());
    const origin = await connectionOf(stage);
    origin.send(head('Transfer-Encoding: chunked') + chunk(event(1)));
    await client.until(event(1));
    origin.send('0\r\n\r\n');
    assert.equal((await client.response()).body.toString(), event(1));
    stage.origin.script = { onRequest: () => ok('next') };
    client.send(ask());
    assert.equal((await client.response()).body.toString(), 'next');
  });
});
