// limit_rate towards the client, proxy_limit_rate from the endpoint. Time is the test's.

import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { ManualClock } from '#src/base/clock.ts';
import type { TransportTier } from '#src/transport/transport.ts';
import { newestWheel } from '#test/support/manners.ts';
import type { RawClient } from '#test/support/raw-client.ts';
import { type OriginScript, ok } from '#test/support/raw-origin.ts';
import { onBothTiers, type Stage, setStage } from '#test/support/stage.ts';

const BODY = Buffer.alloc(50_000, '0123456789');
const get = (target: string): string => `GET ${target} HTTP/1.1\r\nHost: a.test\r\n\r\n`;

const WHOLE: OriginScript = { onRequest: () => ok(BODY) };

async function setUp(
  t: TestContext,
  tier: TransportTier,
  location: string,
  script: OriginScript = WHOLE,
): Promise<{ stage: Stage; passMs: (ms: number) => void }> {
  const clock = new ManualClock(Date.now());
  const stage = await setStage(t, tier, { scripts: [script], location, clock });
  const passMs = (ms: number): void => {
    for (let passed = 0; passed < ms; passed += 50) {
      clock.advanceMs(50);
      newestWheel()?.advance();
    }
  };
  return { stage, passMs };
}

/** Bytes of the body that have come, once at least so many have; nothing else is on its way then. */
async function bodyBytes(client: RawClient, least: number): Promise<number> {
  await client.until('\r\n\r\n');
  const headBytes = client.rest.indexOf('\r\n\r\n') + 4;
  await client.untilBytes(headBytes + least);
  for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve));
  return client.received.length - headBytes;
}

onBothTiers('limit_rate', (it) => {
  for (const buffering of ['on', 'off']) {
    it(`lets a second's bytes go at once, then as many each second (buffering ${buffering})`, async (t, tier) => {
      const location = `limit_rate 10000; proxy_buffering ${buffering};`;
      const { passMs, stage } = await setUp(t, tier, location);
      const client = await stage.client(get('/'));
      assert.equal(await bodyBytes(client, 10_000), 10_000);
      passMs(1_000);
      const second = await bodyBytes(client, 19_000);
      assert.ok(second <= 20_000, String(second));
      passMs(3_100);
      const { body, isWhole } = await client.response();
      assert.ok(isWhole && body.equals(BODY));
      client.send(get('/again')); // the connection goes on, and so does the one to the origin
      await client.until('\r\n\r\n');
      passMs(5_000);
      assert.ok((await client.response()).body.equals(BODY));
      assert.equal(stage.origin.connections.length, 1);
    });
  }

  it('holds after limit_rate_after bytes', async (t, tier) => {
    const { passMs, stage } = await setUp(t, tier, 'limit_rate 1k; limit_rate_after 20000;');
    const client = await stage.client(get('/'));
    assert.equal(await bodyBytes(client, 21_024), 21_024);
    passMs(40_000);
    assert.ok((await client.response()).body.equals(BODY));
  });

  it('takes variables; what gives no size sets no limit', async (t, tier) => {
    const { passMs, stage } = await setUp(t, tier, 'limit_rate $arg_r;');
    for (const target of ['/?r=0', '/', '/?r=fast']) {
      const client = await stage.client(get(target));
      assert.ok((await client.response()).body.equals(BODY), target);
    }
    const client = await stage.client(get('/?r=1k'));
    assert.equal(await bodyBytes(client, 1_024), 1_024);
    passMs(60_000);
    assert.ok((await client.response()).body.equals(BODY));
  });

  it('gives way to set $limit_rate', async (t, tier) => {
    const location = 'limit_rate 1k; if ($arg_fast) { set $limit_rate 0; }';
    const { stage } = await setUp(t, tier, location);
    const fast = await stage.client(get('/?fast=1'));
    assert.ok((await fast.response()).body.equals(BODY));
    const slow = await stage.client(get('/'));
    assert.equal(await bodyBytes(slow, 1_024), 1_024);
  });

  it('gives way to X-Accel-Limit-Rate of the endpoint', async (t, tier) => {
    const script: OriginScript = {
      onRequest: ({ line }) => {
        const rate = /r=(\w*)/.exec(line)?.[1] ?? '';
        return ok(BODY, `X-Accel-Limit-Rate: ${rate}\r\n`);
      },
    };
    const location = 'if ($arg_slow) { set $limit_rate 10; }';
    const { passMs, stage } = await setUp(t, tier, location, script);
    for (const target of ['/?r=0&slow=1', '/?r=1k', '/?r=', '/?r=99999999999999999999']) {
      const client = await stage.client(get(target));
      const { body, fields } = await client.response();
      assert.ok(body.equals(BODY), target); // no limit, or no number
      assert.equal(fields.get('x-accel-limit-rate'), undefined);
    }
    const client = await stage.client(get('/?r=1000&slow=1'));
    assert.equal(await bodyBytes(client, 1_000), 1_000);
    passMs(60_000);
    assert.ok((await client.response()).body.equals(BODY));
  });

  it('does not heed that field where proxy_ignore_headers has it', async (t, tier) => {
    const script: OriginScript = { onRequest: () => ok(BODY, 'X-Accel-Limit-Rate: 10\r\n') };
    const location = 'proxy_ignore_headers X-Accel-Limit-Rate; limit_rate 2000;';
    const { stage } = await setUp(t, tier, location, script);
    const client = await stage.client(get('/'));
    assert.equal(await bodyBytes(client, 2_000), 2_000);
  });

  it('lets the head go before there is a body, and chunks as they come', async (t, tier) => {
    const script: OriginScript = {
      onRequest: (_request, connection) => {
        connection.send('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n');
        return undefined;
      },
    };
    const { passMs, stage } = await setUp(t, tier, 'limit_rate 100;', script);
    const client = await stage.client(get('/'));
    await client.until('\r\n\r\n');
    const origin = await stage.origin.connection(0);
    origin.send(`64\r\n${'a'.repeat(100)}\r\n`);
    await client.until('a'.repeat(100));
    origin.send(`32\r\n${'b'.repeat(50)}\r\n0\r\n\r\n`);
    passMs(2_000);
    await client.until('b');
    passMs(2_000);
    assert.equal((await client.response()).body.toString(), 'a'.repeat(100) + 'b'.repeat(50));
  });

  it('leaves answers without a body alone', async (t, tier) => {
    const script = { onRequest: () => 'HTTP/1.1 204 No Content\r\n\r\n' };
    const { stage } = await setUp(t, tier, 'limit_rate 1; proxy_limit_rate 1;', script);
    const client = await stage.client(get('/'));
    assert.equal((await client.response()).status, 204);
  });

  it('is over when the client goes', async (t, tier) => {
    const { stage } = await setUp(t, tier, 'limit_rate 100;');
    const client = await stage.client(get('/'));
    assert.equal(await bodyBytes(client, 100), 100);
    client.reset();
  });
});

onBothTiers('proxy_limit_rate', (it) => {
  it('holds the endpoint, and lets the client have what has come', async (t, tier) => {
    const body = Buffer.alloc(2_000_000, 'x');
    const script: OriginScript = {
      onRequest: (_request, connection) => {
        connection.send(`HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n`);
        connection.stream(body);
        return undefined;
      },
    };
    const { passMs, stage } = await setUp(t, tier, 'proxy_limit_rate 100k;', script);
    const client = await stage.client(get('/'));
    // No more than a second's worth and one read beyond it.
    const first = await bodyBytes(client, 100 * 1024);
    assert.ok(first <= 100 * 1024 + 64 * 1024, String(first));
    passMs(10_000);
    const later = await bodyBytes(client, 1_000 * 1024);
    assert.ok(later <= 1_100 * 1024 + 64 * 1024, String(later));
    while (client.received.length < body.length) {
      passMs(1_000);
      await new Promise((resolve) => setImmediate(resolve));
    }
    assert.ok((await client.response()).body.equals(body));
  });
});
