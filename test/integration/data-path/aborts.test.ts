// A side that goes away in the middle, at every byte: nothing is ever taken for whole, and the next
// request is unharmed.

import assert from 'node:assert/strict';
import { type OriginScript, ok } from '#test/support/raw-origin.ts';
import { onBothTiers, type Stage, setStreamingStage } from '#test/support/stage.ts';

const NEXT = 'GET /next HTTP/1.1\r\nHost: a.test\r\n\r\n';

const REQUESTS = {
  'by length': 'POST /cut HTTP/1.1\r\nHost: a.test\r\nContent-Length: 5\r\n\r\nhello',
  'in chunks':
    'POST /cut HTTP/1.1\r\nHost: a.test\r\nTransfer-Encoding: chunked\r\n\r\n' +
    '3\r\nhel\r\n2;x\r\nlo\r\n0\r\nT: t\r\n\r\n',
};

const RESPONSES = {
  'by length': 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello',
  'in chunks':
    'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n2;x\r\nlo\r\n0\r\nT: t\r\n\r\n',
};

async function checkNext(stage: Stage): Promise<void> {
  const next = await stage.client(NEXT);
  assert.equal((await next.response()).body.toString(), 'next');
  next.close();
}

const answerNext: OriginScript = {
  onRequest: ({ line }) => (line.includes('/next') ? ok('next') : undefined),
};

onBothTiers('a client that goes away', (it) => {
  for (const [framing, text] of Object.entries(REQUESTS)) {
    for (const how of ['finish', 'reset'] as const) {
      it(`at every byte of a request ${framing}, by ${how}`, async (t, tier) => {
        const stage = await setStreamingStage(t, tier, { scripts: [answerNext] });
        for (let at = 0; at < text.length; at++) {
          const client = await stage.client();
          await client.sent(text.slice(0, at));
          client[how]();
          await client.closed();
        }
        await checkNext(stage);
        assert.deepEqual(
          stage.origin.requests.map(({ line }) => line),
          ['GET /next HTTP/1.1'],
        );
        await stage.origin.until(
          () => stage.origin.connections.filter(({ isClosed }) => !isClosed).length <= 1,
        );
      });
    }
  }

  it('while its request is served: the origin sees the close', async (t, tier) => {
    for (const how of ['finish', 'reset', 'close'] as const) {
      const stage = await setStreamingStage(t, tier, { scripts: [answerNext] });
      const client = await stage.client('GET /slow HTTP/1.1\r\nHost: a.test\r\n\r\n');
      const { connection } = await stage.origin.request(0);
      client[how]();
      await connection.closed();
      await checkNext(stage);
    }
  });

  it('in the middle of the response: the origin sees the close', async (t, tier) => {
    for (const how of ['reset', 'close'] as const) {
      const stage = await setStreamingStage(t, tier, {
        scripts: [
          {
            onRequest: ({ line }) =>
              line.includes('/next')
                ? ok('next')
                : 'HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\nhello',
          },
        ],
      });
      const client = await stage.client('GET /slow HTTP/1.1\r\nHost: a.test\r\n\r\n');
      await client.until('hello');
      client[how]();
      await (await stage.origin.connection(0)).closed();
      await checkNext(stage);
    }
  });

  it('with requests pipelined behind: none of them is served', async (t, tier) => {
    const stage = await setStreamingStage(t, tier, { scripts: [answerNext] });
    const client = await stage.client(`GET /1 HTTP/1.1\r\nHost: a.test\r\n\r\n`.repeat(5));
    const { connection } = await stage.origin.request(0);
    client.reset();
    connection.send(ok('late'));
    await stage.origin.until(() => stage.origin.connections.every(({ isClosed }) => isClosed));
    await checkNext(stage);
    assert.ok(stage.origin.requests.length <= 3, 'at most the one that was already on its way');
  });

  it('while the edge still dials', async (t, tier) => {
    const stage = await setStreamingStage(t, tier, { scripts: [answerNext] });
    for (let turn = 0; turn < 20; turn++) {
      const client = await stage.client('GET /gone HTTP/1.1\r\nHost: a.test\r\n\r\n');
      client.reset();
    }
    await checkNext(stage);
  });
});

onBothTiers('an origin that goes away', (it) => {
  for (const [framing, text] of Object.entries(RESPONSES)) {
    for (const how of ['end', 'reset', 'destroy'] as const) {
      it(`at every byte of a response ${framing}, by ${how}`, async (t, tier) => {
        let at = 0;
        const stage = await setStreamingStage(t, tier, {
          scripts: [
            {
              onRequest: ({ line }, connection) => {
                if (line.includes('/next')) return ok('next');
                connection.send(text.slice(0, at));
                if (how === 'reset') setImmediate(() => connection.reset());
                else connection[how]();
                return undefined;
              },
            },
          ],
        });
        const headEnd = text.indexOf('\r\n\r\n') + 4;
        for (at = 0; at < text.length; at++) {
          const client = await stage.client('GET /cut HTTP/1.1\r\nHost: a.test\r\n\r\n');
          const response = await client.response().catch(() => undefined);
          if (response === undefined || response.status !== 502) {
            assert.ok(at >= headEnd, `${at}: an answer without a head from the origin`);
            assert.notEqual(response?.isWhole, true, `${at} bytes taken for the whole`);
          }
          client.close();
        }
        await checkNext(stage);
      });
    }
  }

  it('in a body that ends with the connection: RST is not FIN', async (t, tier) => {
    const stage = await setStreamingStage(t, tier, {
      scripts: [{ onRequest: () => 'HTTP/1.1 200 OK\r\n\r\nhello' }],
    });
    for (const [version, how, isWhole] of [
      ['1.1', 'end', true],
      ['1.0', 'end', true],
      ['1.1', 'reset', false],
      ['1.0', 'reset', false],
    ] as const) {
      const client = await stage.client(`GET / HTTP/${version}\r\nHost: a.test\r\n\r\n`);
      await client.until('hello');
      stage.origin.connections.at(-1)?.[how]();
      const response = await client.response();
      assert.equal(response.body.toString(), 'hello');
      assert.equal(response.isWhole, isWhole, `${version} ${how}`);
    }
  });

  it('in a body that ends with the connection, while we still write: never whole', async (t, tier) => {
    const size = 8 * 1024 * 1024;
    const stage = await setStreamingStage(t, tier, {
      scripts: [
        {
          onBytes: (connection) => {
            connection.pause();
            connection.send('HTTP/1.1 200 OK\r\n\r\nhello');
            connection.destroy(); // with unread input: RST
          },
        },
      ],
      server: 'client_max_body_size 0;',
    });
    for (const version of ['1.1', '1.0']) {
      const client = await stage.client(
        `POST / HTTP/${version}\r\nHost: a.test\r\nContent-Length: ${size}\r\n\r\n`,
      );
      client.send(Buffer.alloc(size, 'a'));
      const response = await client.response().catch(() => undefined);
      if (response?.status !== 502) assert.notEqual(response?.isWhole, true, version);
    }
  });

  it('with malformed chunks: cut, never whole, never more than came before', async (t, tier) => {
    for (const bad of ['x\r\n', '5\nhello\r\n0\r\n\r\n', '5\r\nhelloX\r\n0\r\n\r\n', '-1\r\n']) {
      const stage = await setStreamingStage(t, tier, {
        scripts: [
          {
            onRequest: ({ line }, connection) => {
              if (line.includes('/next')) return ok('next');
              return connection.send(
                'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n',
              ) as undefined;
            },
          },
        ],
      });
      const client = await stage.client('GET / HTTP/1.1\r\nHost: a.test\r\n\r\n');
      await client.until('ok');
      (await stage.origin.connection(0)).send(bad);
      const response = await client.response();
      assert.equal(response.isWhole, false, JSON.stringify(bad));
      await (await stage.origin.connection(0)).closed();
      await checkNext(stage);
    }
  });

  it('before it has read a request with a body: 502, and not sent again', async (t, tier) => {
    const stage = await setStreamingStage(t, tier, {
      scripts: [{ onConnection: (connection) => connection.destroy() }],
    });
    const client = await stage.client(
      'POST / HTTP/1.1\r\nHost: a.test\r\nContent-Length: 10\r\n\r\nhello',
    );
    assert.equal((await client.response()).status, 502);
    assert.equal(stage.origin.connections.length, 1);
  });
});
