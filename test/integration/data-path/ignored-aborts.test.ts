// proxy_ignore_client_abort: exchanges that go on without their client, in every state that they and
// the edge can be in.

import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { CONNECTIONS_ACTIVE, RESPONSES_1XX } from '#src/shared/thread-rows.ts';
import type { TransportTier } from '#src/transport/transport.ts';
import { type OriginScript, ok } from '#test/support/raw-origin.ts';
import { checkNothingLeft, LARGE, pattern, setSpool, until } from '#test/support/spool.ts';
import { onBothTiers, type Stage, type StageOptions, setStage } from '#test/support/stage.ts';

const GONE = 'GET /gone HTTP/1.1\r\nHost: a.test\r\n\r\n';
const IGNORE = 'proxy_ignore_client_abort on;';

/** Answers what is not `/gone`. */
const answering: OriginScript = {
  onRequest: ({ line }) => (line.includes('/gone') ? undefined : ok('next')),
};

function isClientGone(stage: Stage): () => boolean {
  return () => stage.edge.count(CONNECTIONS_ACTIVE) === 0;
}

/** Responses of that hundred that have ended. */
function ended(stage: Stage, hundred: number): number {
  return stage.edge.count(RESPONSES_1XX + hundred - 1);
}

onBothTiers('an exchange whose client has gone', (it) => {
  /** Its endpoint has the request, its client is gone. */
  async function setGone(t: TestContext, tier: TransportTier, options: StageOptions = {}) {
    const stage = await setStage(t, tier, { scripts: [answering], location: IGNORE, ...options });
    const client = await stage.client(GONE);
    const { connection } = await stage.origin.request(0);
    client.reset();
    await until(isClientGone(stage));
    return { stage, connection };
  }

  it('is finished before the edge has drained', async (t, tier) => {
    const { stage, connection } = await setGone(t, tier);
    let isDrained = false;
    stage.edge.server.drain(() => {
      isDrained = true;
    });
    assert.equal(isDrained, false);
    assert.equal(connection.isClosed, false);
    connection.send(ok('finished'));
    await until(() => isDrained);
    assert.equal(ended(stage, 2), 1);
  });

  it('ends with the edge', async (t, tier) => {
    const { stage, connection } = await setGone(t, tier);
    stage.edge.close();
    await connection.closed();
  });

  it('is tried again when its endpoint fails', async (t, tier) => {
    let isFirst = true;
    const script: OriginScript = {
      onRequest: (_, connection) => {
        if (!isFirst) return ok('second');
        isFirst = false;
        client.reset();
        void until(isClientGone(stage)).then(() => connection.destroy());
        return undefined;
      },
    };
    const stage = await setStage(t, tier, { scripts: [script, script], location: IGNORE });
    const client = await stage.client(GONE);
    await until(() => ended(stage, 2) === 1);
    assert.equal(stage.origins.flatMap(({ requests }) => requests).length, 2);
  });

  it('gets its error page, or ours, although nobody reads it', async (t, tier) => {
    for (const [page, hundred, requests] of [
      ['error_page 502 =200 /page;', 2, 2],
      ['', 5, 1],
    ] as const) {
      const { stage, connection } = await setGone(t, tier, { server: page });
      connection.destroy();
      await until(() => ended(stage, hundred) === 1);
      assert.equal(stage.origin.requests.length, requests);
    }
  });

  it('lets its endpoint finish a body that waited for the client', async (t, tier) => {
    for (const buffering of ['proxy_buffering off;', '']) {
      const { stage, directory } = await setSpool(t, tier, {
        location: `${IGNORE} ${buffering}`,
        upstream: 'keepalive 4;',
        scripts: [
          {
            onRequest: ({ line }, connection) => {
              if (!line.includes('/gone')) return ok('next');
              connection.send(`HTTP/1.1 200 OK\r\nContent-Length: ${2 * LARGE}\r\n\r\n`);
              connection.stream(pattern(LARGE), () => {
                half = true;
              });
              return undefined;
            },
          },
        ],
      });
      let half = false;
      const client = await stage.client('', { staysOpen: true });
      client.pause();
      client.send(GONE);
      const { connection } = await stage.origin.request(0);
      if (buffering === '') await until(() => half);
      client.reset();
      await until(() => half);
      connection.stream(pattern(LARGE));
      await until(() => ended(stage, 2) === 1);
      const next = await stage.client('GET /next HTTP/1.1\r\nHost: a.test\r\n\r\n');
      assert.equal((await next.response()).body.toString(), 'next');
      assert.equal(stage.origin.connections.length, 1, 'and its connection is kept');
      await checkNothingLeft(directory);
    }
  });

  it('of which all is stored ends at once', async (t, tier) => {
    const { stage, directory } = await setSpool(t, tier, {
      location: IGNORE,
      scripts: [
        {
          onRequest: (_, connection) => {
            connection.send(`HTTP/1.1 200 OK\r\nContent-Length: ${LARGE}\r\n\r\n`);
            connection.stream(pattern(LARGE));
            return undefined;
          },
        },
      ],
    });
    const client = await stage.client('', { staysOpen: true });
    client.pause();
    client.send(GONE);
    await stage.origin.request(0);
    await until(() => stage.edge.shared.endpoints.active(0) === 0);
    client.reset();
    await until(() => ended(stage, 2) === 1);
    await checkNothingLeft(directory);
  });
});
