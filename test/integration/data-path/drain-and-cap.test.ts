// The end of a server, and the most connections it takes.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { ManualClock } from '#src/base/clock.ts';
import { ok } from '#test/support/raw-origin.ts';
import { onBothTiers, setStage } from '#test/support/stage.ts';

const get = (path: string): string => `GET ${path} HTTP/1.1\r\nHost: a.test\r\n\r\n`;

onBothTiers('draining', (it) => {
  it('finishes what is open with Connection: close, and then says so once', async (t, tier) => {
    const stage = await setStage(t, tier);
    const client = await stage.client(get('/1') + get('/2'));
    const { connection } = await stage.origin.request(0);
    let drainedCount = 0;
    const drained = new Promise<void>((resolve) => {
      stage.edge.server.drain(() => {
        drainedCount += 1;
        resolve();
      });
    });
    const refused = connect(stage.edge.port, '127.0.0.1');
    const [error] = await once(refused, 'error');
    assert.equal((error as NodeJS.ErrnoException).code, 'ECONNREFUSED');
    assert.equal(drainedCount, 0, 'not while a request is served');
    connection.send(ok('last'));
    const response = await client.response();
    assert.equal(response.body.toString(), 'last');
    assert.equal(response.fields.get('connection')?.[0], 'close');
    assert.equal(await client.closed(), 'end');
    await drained;
    await connection.closed();
    assert.equal(drainedCount, 1);
    assert.equal(stage.edge.server.connectionCount, 0);
    assert.equal(stage.origin.requests.length, 1, 'what was pipelined behind is not begun');
  });

  it('with nothing open is over at once', async (t, tier) => {
    const stage = await setStage(t, tier);
    let drainedCount = 0;
    stage.edge.server.drain(() => {
      drainedCount += 1;
    });
    assert.equal(drainedCount, 1);
  });

  it('serves a request that was on its way on an idle connection', async (t, tier) => {
    const stage = await setStage(t, tier, { scripts: [{ onRequest: () => ok() }] });
    const client = await stage.client(get('/1'));
    await client.response();
    const drained = new Promise<void>((resolve) => stage.edge.server.drain(resolve));
    client.send(get('/2'));
    const response = await client.response();
    assert.equal(response.status, 200);
    assert.equal(response.fields.get('connection')?.[0], 'close');
    await client.closed();
    await drained;
  });

  it('closes idle connections after a while, on both sides', async (t, tier) => {
    const clock = new ManualClock(Date.now());
    const stage = await setStage(t, tier, { scripts: [{ onRequest: () => ok() }], clock });
    const idle = await stage.client(get('/1'));
    await idle.response();
    const fresh = await stage.client();
    const other = await stage.client(get('/2')); // `fresh` was accepted before
    await other.response();
    const drained = new Promise<void>((resolve) => stage.edge.server.drain(resolve));
    await (await stage.origin.connection(0)).closed();
    assert.equal(idle.state, 'open');
    clock.advanceMs(3_000);
    for (const client of [idle, fresh, other]) assert.equal(await client.closed(), 'end');
    await drained;
  });

  it('close() ends everything at once', async (t, tier) => {
    const stage = await setStage(t, tier);
    const busy = await stage.client(get('/1'));
    const idle = await stage.client();
    const { connection } = await stage.origin.request(0);
    stage.edge.close();
    await Promise.all([busy.closed(), idle.closed(), connection.closed()]);
    assert.equal(busy.received.length, 0);
  });
});

onBothTiers('the connection cap', (it) => {
  it('an idle connection makes room for a new one', async (t, tier) => {
    const stage = await setStage(t, tier, {
      scripts: [{ onRequest: () => ok() }],
      connectionCap: 3,
      onPressure: () => assert.fail('there was room'),
    });
    const idle = await stage.client(get('/1'));
    await idle.response();
    for (let turn = 0; turn < 5; turn++) {
      const client = await stage.client(get(`/${turn}`));
      assert.equal((await client.response()).status, 200);
      assert.ok(stage.edge.server.connectionCount < 3);
    }
    assert.equal(await idle.closed(), 'end');
  });

  it('stops accepting when all are busy, and accepts again when one has gone', async (t, tier) => {
    const pressure: boolean[] = [];
    let onChange = (): void => undefined;
    const stage = await setStage(t, tier, {
      connectionCap: 2,
      onPressure: (isFull) => {
        pressure.push(isFull);
        onChange();
      },
    });
    const full = new Promise<void>((resolve) => {
      onChange = resolve;
    });
    const first = await stage.client(get('/1'));
    const second = await stage.client(get('/2'));
    await full;
    assert.deepEqual(pressure, [true]);
    const refused = connect(stage.edge.port, '127.0.0.1');
    await once(refused, 'error');
    const room = new Promise<void>((resolve) => {
      onChange = resolve;
    });
    await stage.origin.request(1);
    first.reset();
    await room;
    assert.deepEqual(pressure, [true, false]);
    stage.edge.listenAgain();
    const third = await stage.client(get('/3'));
    await stage.origin.request(2);
    second.close();
    third.close();
  });
});
