// Request bodies that wait until they are whole (proxy_request_buffering on), and those that do not.
// Who is contacted when, what lies in memory and what in a file, and that nothing is left.

import assert from 'node:assert/strict';
import { BYTES_IN } from '#src/shared/thread-rows.ts';
import { ok, type RawOrigin } from '#test/support/raw-origin.ts';
import {
  checkNothingLeft,
  checkOneFile,
  chunked,
  LARGE,
  openFiles,
  pattern,
  serving,
  setSpool,
  stalled,
  until,
} from '#test/support/spool.ts';
import { onBothTiers, setStage } from '#test/support/stage.ts';

const KB = 1024;
const MB = 1024 * KB;
/** client_body_buffer_size is 16k by default. */
const IN_MEMORY = 10 * KB;
const IN_FILE = 300 * KB;

const head = (...fields: string[]): string =>
  `${['POST /up HTTP/1.1', 'Host: a.test', ...fields].join('\r\n')}\r\n\r\n`;

onBothTiers('a request body', (it) => {
  for (const length of [1, IN_MEMORY, IN_FILE, 3 * MB]) {
    for (const framing of ['by length', 'in chunks'] as const) {
      it(`of ${length} bytes ${framing}: the origin sees nothing until it is whole`, async (t, tier) => {
        const { stage, directory } = await setSpool(t, tier, {
          scripts: [serving(Buffer.alloc(0))],
        });
        const body = pattern(length);
        const bytes =
          framing === 'by length'
            ? Buffer.concat([Buffer.from(head(`Content-Length: ${length}`)), body])
            : Buffer.concat([Buffer.from(head('Transfer-Encoding: chunked')), chunked(body)]);
        const client = await stage.client(bytes.subarray(0, -1));
        await until(() => stage.edge.count(BYTES_IN) === bytes.length - 1);
        assert.equal(stage.origin.connections.length, 0, 'not even a connection');
        if (length > IN_MEMORY) checkOneFile(directory);
        else assert.deepEqual(openFiles(directory), []);
        client.send(bytes.subarray(-1));
        const seen = await stage.origin.request(0);
        assert.ok(seen.body.equals(body));
        assert.deepEqual(seen.fields.get('content-length'), [String(length)]);
        assert.equal(seen.fields.get('transfer-encoding'), undefined);
        assert.equal((await client.response()).body.toString(), `got ${length}`);
        await checkNothingLeft(directory);
      });
    }
  }

  it('that waits for 100 gets it from us, and the origin is not asked', async (t, tier) => {
    const { stage } = await setSpool(t, tier, { scripts: [serving(Buffer.alloc(0))] });
    const client = await stage.client(head('Content-Length: 5', 'Expect: 100-continue'));
    assert.equal((await client.response()).status, 100);
    assert.equal(stage.origin.connections.length, 0);
    client.send('hello');
    const { fields } = await stage.origin.request(0);
    assert.equal(fields.get('expect'), undefined);
    assert.equal((await client.response()).status, 200);
  });

  it('that never becomes whole leaves nothing, and the origin never hears of it', async (t, tier) => {
    for (const how of ['finish', 'reset'] as const) {
      const { stage, directory } = await setSpool(t, tier);
      const client = await stage.client(head(`Content-Length: ${IN_FILE + 1}`));
      client.send(pattern(IN_FILE));
      await until(() => openFiles(directory).length === 1);
      client[how]();
      await client.closed();
      await checkNothingLeft(directory);
      assert.equal(stage.origin.connections.length, 0);
    }
  });

  it('in a file is sent again to the next origin', async (t, tier) => {
    const { stage, directory } = await setSpool(t, tier, {
      scripts: [
        { onRequest: (_, connection) => void connection.reset() },
        serving(Buffer.alloc(0)),
      ],
      location: 'proxy_next_upstream error;',
    });
    const [first, second] = stage.origins as [RawOrigin, RawOrigin];
    const body = pattern(IN_FILE);
    const client = await stage.client(head(`Content-Length: ${IN_FILE}`).replace('POST', 'PUT'));
    client.send(body);
    assert.equal((await client.response()).body.toString(), `got ${IN_FILE}`);
    assert.ok((await first.request(0)).body.equals(body));
    assert.ok((await second.request(0)).body.equals(body));
    await checkNothingLeft(directory);
  });

  it('stops at an origin that does not read, and arrives whole when it goes on', async (t, tier) => {
    const { stage, directory } = await setSpool(t, tier, {
      scripts: [{ ...serving(Buffer.alloc(0)), onConnection: (connection) => connection.pause() }],
    });
    const body = pattern(LARGE);
    const client = await stage.client(head(`Content-Length: ${LARGE}`));
    client.send(body);
    const origin = await stage.origin.connection(0);
    await stalled(() => origin.received.length);
    origin.resume();
    assert.ok((await stage.origin.request(0)).body.equals(body));
    assert.equal((await client.response()).status, 200);
    await checkNothingLeft(directory);
  });

  it('in chunks that grows too long is 413, and the origin never hears of it', async (t, tier) => {
    const stage = await setStage(t, tier, { server: 'client_max_body_size 10k;' });
    const client = await stage.client(head('Transfer-Encoding: chunked'));
    client.send(chunked(pattern(64 * KB), 1000));
    assert.equal((await client.response()).status, 413);
    assert.equal(stage.origin.connections.length, 0);
  });
});

onBothTiers('a request body with proxy_request_buffering off', (it) => {
  const off = 'proxy_request_buffering off;';

  it('is passed on as it comes, in chunks or by length', async (t, tier) => {
    for (const framing of ['Content-Length: 6', 'Transfer-Encoding: chunked']) {
      const isChunked = framing.startsWith('T');
      const { stage } = await setSpool(t, tier, {
        scripts: [serving(Buffer.alloc(0))],
        location: off,
      });
      const client = await stage.client(head(framing));
      const origin = await stage.origin.connection(0);
      await stage.origin.until(() => origin.received.includes('\r\n\r\n'));
      const field = new RegExp(`^${framing}\r$`, 'im');
      assert.match(origin.received.toString(), field);
      for (const letter of 'abcdef') {
        client.send(isChunked ? `1\r\n${letter}\r\n` : letter);
        await stage.origin.until(() => {
          const body = origin.received.subarray(origin.received.indexOf('\r\n\r\n') + 4);
          return body.includes(isChunked ? `1\r\n${letter}\r\n` : letter);
        });
      }
      if (isChunked) client.send('0\r\n\r\n');
      assert.equal((await stage.origin.request(0)).body.toString(), 'abcdef');
      assert.equal((await client.response()).body.toString(), 'got 6');
    }
  });

  it('holds the client back when the origin does not read: no file is opened', async (t, tier) => {
    const { stage, directory } = await setSpool(t, tier, {
      scripts: [{ ...serving(Buffer.alloc(0)), onConnection: (connection) => connection.pause() }],
      location: off,
    });
    const body = pattern(LARGE);
    const client = await stage.client(head(`Content-Length: ${LARGE}`));
    client.send(body);
    const origin = await stage.origin.connection(0);
    await stalled(() => stage.edge.count(BYTES_IN));
    assert.ok(stage.edge.count(BYTES_IN) < LARGE, `${stage.edge.count(BYTES_IN)} were read`);
    assert.deepEqual(openFiles(directory), []);
    origin.resume();
    assert.ok((await stage.origin.request(0)).body.equals(body));
    assert.equal((await client.response()).status, 200);
  });

  it('waits for the 100 of the origin, who is asked', async (t, tier) => {
    const { stage } = await setSpool(t, tier, { scripts: [{}], location: off });
    const client = await stage.client(head('Content-Length: 5', 'Expect: 100-continue'));
    const origin = await stage.origin.connection(0);
    await stage.origin.until(() => origin.received.includes('\r\n\r\n'));
    assert.match(origin.received.toString(), /^expect: 100-continue\r$/im);
    assert.equal(client.received.length, 0, 'no 100 of ours');
    origin.send('HTTP/1.1 100 Continue\r\n\r\n');
    assert.equal((await client.response()).status, 100);
    client.send('hello');
    const { body } = await stage.origin.request(0);
    assert.equal(body.toString(), 'hello');
    origin.send(ok('done'));
    assert.equal((await client.response()).body.toString(), 'done');
  });

  it('gets the refusal of an origin that was asked, and sends no body', async (t, tier) => {
    const { stage } = await setSpool(t, tier, { scripts: [{}], location: off });
    const client = await stage.client(head('Content-Length: 5', 'Expect: 100-continue'));
    const origin = await stage.origin.connection(0);
    await stage.origin.until(() => origin.received.includes('\r\n\r\n'));
    origin.send('HTTP/1.1 417 No\r\nContent-Length: 2\r\n\r\nno');
    const answer = await client.response();
    assert.equal(answer.status, 417);
    assert.equal(answer.body.toString(), 'no');
    assert.doesNotMatch(origin.received.toString(), /hello/);
  });

  it('in chunks that grows too long is 413, and the origin never has it whole', async (t, tier) => {
    const stage = await setStage(t, tier, {
      server: 'client_max_body_size 10k;',
      location: off,
    });
    const client = await stage.client(head('Transfer-Encoding: chunked'));
    client.send(chunked(pattern(8 * KB), 1000).subarray(0, -5));
    const origin = await stage.origin.connection(0);
    await stage.origin.until(() => origin.received.length > 8 * KB);
    client.send(chunked(pattern(64 * KB), 1000));
    assert.equal((await client.response()).status, 413);
    await origin.closed();
    assert.equal(stage.origin.requests.length, 0);
  });
});
