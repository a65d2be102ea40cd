import assert from 'node:assert/strict';
import { ok } from '#test/support/raw-origin.ts';
import { onBothTiers, setStage } from '#test/support/stage.ts';

onBothTiers('a request and its response', (it) => {
  it('goes through and the connection stays open', async (t, tier) => {
    const stage = await setStage(t, tier, { scripts: [{ onRequest: () => ok('hello') }] });
    const client = await stage.client('GET /a?b=1 HTTP/1.1\r\nHost: a.test\r\n\r\n');
    const response = await client.response();
    assert.equal(response.status, 200);
    assert.equal(response.body.toString(), 'hello');
    client.send('GET /b HTTP/1.1\r\nHost: a.test\r\n\r\n');
    assert.equal((await client.response()).body.toString(), 'hello');
    assert.equal(stage.origin.connections.length, 1);
  });
});
