// An answer that comes before the request has ended, from us or from the origin.

import assert from 'node:assert/strict';
import { ok } from '#test/support/raw-origin.ts';
import { onBothTiers, setStreamingStage } from '#test/support/stage.ts';

const LARGE = 8 * 1024 * 1024;
const post = (path: string, ...fields: string[]): string =>
  `${[`POST ${path} HTTP/1.1`, 'Host: a.test', ...fields].join('\r\n')}\r\n\r\n`;
const GET = 'GET /next HTTP/1.1\r\nHost: a.test\r\n\r\n';

onBothTiers('an early answer', (it) => {
  it('413 by length can be read, even by a client that sends everything first', async (t, tier) => {
    const stage = await setStreamingStage(t, tier);
    const client = await stage.client('', { staysOpen: true });
    client.pause();
    await client.sent(post('/', `Content-Length: ${LARGE}`));
    await client.sent(Buffer.alloc(LARGE, 'a'));
    client.resume();
    const response = await client.response();
    assert.equal(response.status, 413);
    assert.ok(response.isWhole);
    assert.equal(await client.closed(), 'end');
    assert.equal(stage.origin.connections.length, 0);
  });

  it('413 while streaming chunks can be read, and the origin never has it whole', async (t, tier) => {
    const stage = await setStreamingStage(t, tier, { server: 'client_max_body_size 100k;' });
    const client = await stage.client('', { staysOpen: true });
    client.pause();
    await client.sent(post('/', 'Transfer-Encoding: chunked'));
    const chunk = `4000\r\n${'a'.repeat(0x4000)}\r\n`;
    for (let count = 0; count < 200; count++) await client.sent(chunk);
    await client.sent('0\r\n\r\n');
    client.resume();
    const response = await client.response();
    assert.equal(response.status, 413);
    assert.ok(response.isWhole);
    assert.equal(await client.closed(), 'end');
    await (await stage.origin.connection(0)).closed();
    assert.equal(stage.origin.requests.length, 0);
  });

  it('of the origin reaches the client while its body still comes; small rest: goes on', async (t, tier) => {
    const stage = await setStreamingStage(t, tier, {
      scripts: [
        {
          onBytes: (connection, pending) => {
            if (pending.toString('latin1').includes('POST') && pending.includes('first')) {
              connection.send(ok('early'));
            }
          },
          onRequest: ({ line }) => (line.startsWith('GET') ? ok('next') : undefined),
        },
      ],
    });
    const client = await stage.client(`${post('/', 'Content-Length: 10')}first`);
    const response = await client.response();
    assert.equal(response.body.toString(), 'early');
    assert.equal(response.fields.get('connection')?.[0], 'keep-alive');
    client.send(`later${GET}`);
    assert.equal((await client.response()).body.toString(), 'next');
    const first = await stage.origin.connection(0);
    await first.closed();
    assert.equal(first.requestCount, 0, 'its connection, with half a request, is not used again');
  });

  it('of the origin with much or unknown still to come: goes out, then the connection ends', async (t, tier) => {
    for (const framing of [`Content-Length: ${LARGE}`, 'Transfer-Encoding: chunked']) {
      const stage = await setStreamingStage(t, tier, {
        scripts: [{ onBytes: (connection) => connection.send(ok('early')) }],
        server: 'client_max_body_size 0;',
      });
      const client = await stage.client(`${post('/', framing)}5\r\nfirst\r\n`, { staysOpen: true });
      const response = await client.response();
      assert.equal(response.body.toString(), 'early');
      assert.equal(response.fields.get('connection')?.[0], 'close');
      assert.equal(await client.closed(), 'end');
      client.send(GET);
      client.close();
    }
  });

  it('of an origin that answers and closes without reading can be read', async (t, tier) => {
    const stage = await setStreamingStage(t, tier, {
      scripts: [
        {
          onBytes: (connection) => {
            connection.pause();
            connection.send(
              'HTTP/1.1 413 Too Large\r\nConnection: close\r\nContent-Length: 3\r\n\r\nbig',
            );
            connection.end();
          },
        },
      ],
      server: 'client_max_body_size 0;',
    });
    const client = await stage.client('', { staysOpen: true });
    client.pause();
    client.send(post('/', `Content-Length: ${LARGE}`));
    await client.sent(Buffer.alloc(LARGE, 'a'));
    client.resume();
    const response = await client.response();
    assert.equal(response.status, 413);
    assert.equal(response.body.toString(), 'big');
  });

  it('of an origin that answers and resets can be read, where the system lets us', async (t, tier) => {
    const stage = await setStreamingStage(t, tier, {
      scripts: [
        {
          onBytes: (connection) => {
            connection.pause();
            connection.send('HTTP/1.1 413 Too Large\r\nContent-Length: 3\r\n\r\nbig');
            connection.destroy(); // with unread input: RST
          },
        },
      ],
      server: 'client_max_body_size 0;',
    });
    const client = await stage.client(post('/', `Content-Length: ${LARGE}`), { staysOpen: true });
    client.send(Buffer.alloc(LARGE, 'a'));
    // net.Socket drops what it has not read when a write fails; 502 says at least whose fault it is.
    assert.equal((await client.response()).status, tier === 'fast' ? 413 : 502);
  });

  it('of our own, with a small body still to come: the connection goes on', async (t, tier) => {
    const stage = await setStreamingStage(t, tier, {
      scripts: [{ onRequest: () => ok('next') }],
      server: 'location /own { return 200 own; }',
    });
    const client = await stage.client(post('/own', 'Content-Length: 1000'));
    assert.equal((await client.response()).body.toString(), 'own');
    client.send('a'.repeat(1000) + GET);
    assert.equal((await client.response()).body.toString(), 'next');
  });

  it('of our own, with Expect: 100-continue: no 100, and the connection ends', async (t, tier) => {
    const stage = await setStreamingStage(t, tier, { server: 'location /own { return 200 own; }' });
    const client = await stage.client(post('/own', 'Content-Length: 1000', 'Expect: 100-continue'));
    const response = await client.response();
    assert.equal(response.body.toString(), 'own');
    assert.equal(response.fields.get('connection')?.[0], 'close');
    assert.equal(await client.closed(), 'end');
  });

  it('whose body comes later than its head does not mix with the next', async (t, tier) => {
    const stage = await setStreamingStage(t, tier, {
      scripts: [
        {
          onBytes: (connection, pending) => {
            const text = pending.toString('latin1');
            if (text.endsWith('first'))
              connection.send('HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nabc');
            if (text.endsWith('second')) connection.send('def');
          },
          onRequest: ({ line }) => (line.startsWith('GET') ? ok('next') : undefined),
        },
      ],
    });
    const client = await stage.client(`${post('/', 'Content-Length: 11')}first`);
    await client.until('abc');
    client.send(`second${GET}`);
    assert.equal((await client.response()).body.toString(), 'abcdef');
    assert.equal((await client.response()).body.toString(), 'next');
  });
});
