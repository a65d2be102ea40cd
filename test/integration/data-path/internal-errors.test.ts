// An exception of ours costs the exchange it happened in, and nobody else anything (CE-24).

import assert from 'node:assert/strict';
import { after } from 'node:test';
// After the stage, which poisons the read buffers first.
import { FieldEdits } from '#src/http/field-edits.ts';
import { AccessLog } from '#src/server/access-logs.ts';
import { INTERNAL_ERRORS } from '#src/shared/thread-rows.ts';
import { ok } from '#test/support/raw-origin.ts';
import { onBothTiers, setStage, setStreamingStage } from '#test/support/stage.ts';

const { keeps } = FieldEdits.prototype;
FieldEdits.prototype.keeps = function keepsOrThrows(fields, index): boolean {
  if (fields.nameEquals(index, 'x-throw')) throw new Error('planted');
  return keeps.call(this, fields, index);
};
const { write } = AccessLog.prototype;
AccessLog.prototype.write = function writeOrThrows(exchange): void {
  if (exchange.request.path === '/unlogged') throw new Error('planted');
  write.call(this, exchange);
};
after(() => {
  FieldEdits.prototype.keeps = keeps;
  AccessLog.prototype.write = write;
});

const get = (path: string, ...fields: string[]): string =>
  `${[`GET ${path} HTTP/1.1`, 'Host: a.test', ...fields].join('\r\n')}\r\n\r\n`;

onBothTiers('an exception of ours', (it) => {
  for (const [title, isWarm] of [
    ['on a new connection', false],
    ['on a kept connection', true],
  ] as const) {
    it(`while the request is passed on, ${title}: 500, then all goes on`, async (t, tier) => {
      const stage = await setStage(t, tier, { scripts: [{ onRequest: () => ok() }] });
      stage.edge.expectErrors();
      const bystander = await stage.client(get('/'));
      await bystander.response();
      if (!isWarm) (await stage.origin.connection(0)).destroy();
      const client = await stage.client(get('/bad', 'X-Throw: 1'));
      assert.equal((await client.response()).status, 500);
      bystander.send(get('/'));
      assert.equal((await bystander.response()).status, 200);
      assert.equal(stage.edge.count(INTERNAL_ERRORS), 1);
      assert.ok(stage.origin.requests.every(({ line }) => !line.includes('/bad')));
    });
  }

  it('while the response is passed on: 500 or cut, and its connection is not used again', async (t, tier) => {
    const stage = await setStage(t, tier, {
      scripts: [
        { onRequest: ({ line }) => ok('ok', line.includes('/bad') ? 'X-Throw: 1\r\n' : '') },
      ],
    });
    stage.edge.expectErrors();
    const bystander = await stage.client(get('/'));
    await bystander.response();
    const client = await stage.client(get('/bad'));
    const response = await client.response().catch(() => undefined);
    assert.ok(response === undefined || response.status === 500 || !response.isWhole);
    client.close();
    bystander.send(get('/'));
    assert.equal((await bystander.response()).status, 200);
    assert.equal(stage.edge.count(INTERNAL_ERRORS), 1);
    assert.equal(stage.origin.connections.length, 2);
  });

  it('while the body comes: the client is answered or cut, the origin closed', async (t, tier) => {
    const stage = await setStreamingStage(t, tier, { scripts: [{ onRequest: () => ok() }] });
    stage.edge.expectErrors();
    const client = await stage.client(
      'POST / HTTP/1.1\r\nHost: a.test\r\nX-Throw: 1\r\nContent-Length: 5\r\n\r\nhe',
    );
    assert.equal((await client.response()).status, 500);
    client.send(`llo${get('/next')}`);
    const next = await client.response().catch(() => undefined);
    assert.ok(next === undefined || next.status === 200);
    assert.ok(stage.origin.requests.every(({ line }) => line.startsWith('GET')));
  });

  it('while the log line is written: the line is lost, the connection goes on', async (t, tier) => {
    const stage = await setStage(t, tier, {
      scripts: [{ onRequest: () => ok() }],
      location: 'access_log /dev/null;',
    });
    stage.edge.expectErrors();
    const client = await stage.client(get('/unlogged'));
    assert.equal((await client.response()).status, 200);
    client.send(get('/next'));
    assert.equal((await client.response()).status, 200);
    assert.equal(stage.edge.count(INTERNAL_ERRORS), 1);
  });
});
