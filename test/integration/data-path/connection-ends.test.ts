// Every end of a connection has a reason: who ended it, and at which stage (OBS-03).

import assert from 'node:assert/strict';
import { CONNECTION_ENDS, type ConnectionEnd } from '#src/base/connection-end.ts';
import type { OriginScript } from '#test/support/raw-origin.ts';
import { ok } from '#test/support/raw-origin.ts';
import { onBothTiers, type Stage, type StageOptions, setStage } from '#test/support/stage.ts';

const GET = 'GET / HTTP/1.1\r\nHost: a.test\r\n\r\n';
const GET_AND_CLOSE = 'GET / HTTP/1.1\r\nHost: a.test\r\nConnection: close\r\n\r\n';
const POST = 'POST / HTTP/1.1\r\nHost: a.test\r\nContent-Length: 1000000\r\n\r\nx';
const UPGRADE =
  'GET / HTTP/1.1\r\nHost: a.test\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n';
const SWITCH =
  'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n';
const answers: OriginScript = { onRequest: () => ok('hello') };
const closing: OriginScript = {
  onRequest: () => 'HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 1\r\n\r\nx',
};

interface Case {
  readonly end: ConnectionEnd;
  readonly options?: StageOptions;
  run(stage: Stage): Promise<void>;
}

/** Sends it, takes the answer, and waits for the end. */
const untilClosed = (bytes: string) => async (stage: Stage) => {
  const client = await stage.client(bytes);
  await client.response();
  await client.closed();
};

/** Waits until the edge has counted it: it hears of an end later than who ended it. */
async function counted(stage: Stage, end: ConnectionEnd): Promise<void> {
  while (stage.edge.endCount(end) === 0) await new Promise((turn) => setImmediate(turn));
}

const OF_CLIENTS: readonly Case[] = [
  {
    end: 'client_silent',
    run: async (stage) => (await stage.client()).finish(),
  },
  {
    end: 'client_idle',
    options: { scripts: [answers] },
    run: async (stage) => {
      const client = await stage.client(GET);
      await client.response();
      client.finish();
    },
  },
  {
    end: 'client_incomplete',
    run: async (stage) => {
      const client = await stage.client('GET / HTTP/1.1\r\nHo');
      client.finish();
    },
  },
  {
    end: 'client_left',
    run: async (stage) => {
      const client = await stage.client(GET);
      await stage.origin.request(0);
      client.close();
    },
  },
  {
    end: 'client_broke',
    options: { scripts: [answers] },
    run: async (stage) => {
      const client = await stage.client(GET);
      await client.response();
      client.reset();
    },
  },
  { end: 'client_done', options: { scripts: [answers] }, run: untilClosed(GET_AND_CLOSE) },
  {
    end: 'head_timeout',
    options: { server: 'client_header_timeout 20ms;' },
    run: async (stage) => void (await (await stage.client()).closed()),
  },
  {
    end: 'body_timeout',
    options: { server: 'client_body_timeout 20ms; client_max_body_size 2m;' },
    run: untilClosed(POST),
  },
  {
    end: 'send_timeout',
    options: {
      server: 'send_timeout 20ms; proxy_buffering off;',
      scripts: [
        {
          onRequest: (_request, connection) => {
            connection.send('HTTP/1.1 200 OK\r\nContent-Length: 67108864\r\n\r\n');
            connection.stream(Buffer.alloc(67_108_864));
            return undefined;
          },
        },
      ],
    },
    run: async (stage) => {
      const client = await stage.client();
      client.pause();
      client.send(GET);
      await counted(stage, 'send_timeout');
    },
  },
  {
    end: 'keepalive_timeout',
    options: { scripts: [answers], server: 'keepalive_timeout 20ms;' },
    run: untilClosed(GET),
  },
  {
    end: 'keepalive_requests',
    options: { scripts: [answers], server: 'keepalive_requests 1;' },
    run: untilClosed(GET),
  },
  {
    end: 'keepalive_off',
    options: { scripts: [answers], server: 'keepalive_timeout 0;' },
    run: untilClosed(GET),
  },
  { end: 'request_refused', run: untilClosed('GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n') },
  {
    end: 'body_unread',
    options: { conf: () => 'server { listen 127.0.0.1:1; return 200 no; }' },
    run: untilClosed(POST),
  },
  {
    end: 'length_unknown',
    options: {
      scripts: [
        {
          onRequest: (_request, connection) => {
            connection.send('HTTP/1.1 200 OK\r\n\r\nhello');
            connection.end();
            return undefined;
          },
        },
      ],
    },
    run: untilClosed('GET / HTTP/1.0\r\nHost: a.test\r\nConnection: keep-alive\r\n\r\n'),
  },
  {
    end: 'response_cut',
    options: {
      scripts: [
        {
          onRequest: (_request, connection) => {
            connection.send('HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello');
            connection.end();
            return undefined;
          },
        },
      ],
    },
    run: async (stage) => void (await (await stage.client(GET)).closed()),
  },
  {
    end: 'tunnel_ended',
    options: { scripts: [{ onRequest: () => SWITCH }] },
    run: async (stage) => {
      const client = await stage.client(UPGRADE);
      await client.response();
      client.finish();
      (await stage.origin.connection(0)).end();
    },
  },
  {
    end: 'evicted',
    options: { scripts: [answers], connectionCap: 2, onPressure: () => undefined },
    run: async (stage) => {
      await (await stage.client(GET)).response();
      await stage.client();
    },
  },
  {
    end: 'drained',
    options: { scripts: [answers] },
    run: async (stage) => {
      const client = await stage.client(GET.slice(0, -2));
      while (stage.edge.count(0) === 0) await new Promise((turn) => setImmediate(turn));
      stage.edge.server.drain(() => undefined);
      client.send('\r\n');
      await client.response();
      await client.closed();
    },
  },
  {
    end: 'stopped',
    run: async (stage) => {
      await stage.client(GET);
      await stage.origin.request(0);
      stage.edge.server.close();
    },
  },
];

const OF_ENDPOINTS: readonly Case[] = [
  {
    end: 'endpoint_idle',
    options: { scripts: [answers], upstream: 'keepalive 4;' },
    run: async (stage) => {
      await (await stage.client(GET)).response();
      (await stage.origin.connection(0)).end();
    },
  },
  {
    end: 'endpoint_unasked',
    options: { scripts: [answers], upstream: 'keepalive 4;' },
    run: async (stage) => {
      await (await stage.client(GET)).response();
      (await stage.origin.connection(0)).send('HTTP/1.1 200 OK\r\n\r\n');
    },
  },
  {
    end: 'endpoint_closes',
    options: { scripts: [closing], upstream: 'keepalive 4;' },
    run: async (stage) => void (await (await stage.client(GET)).response()),
  },
  {
    end: 'endpoint_failed',
    options: {
      scripts: [
        {
          onRequest: (_request, connection) => {
            connection.end();
            return undefined;
          },
        },
      ],
    },
    run: async (stage) => void (await (await stage.client(GET)).response()),
  },
  {
    end: 'upstream_idle_timeout',
    options: { scripts: [answers], upstream: 'keepalive 4; keepalive_timeout 20ms;' },
    run: async (stage) => void (await (await stage.client(GET)).response()),
  },
  {
    end: 'upstream_not_kept',
    options: { scripts: [answers], upstream: 'keepalive 4; keepalive_requests 1;' },
    run: async (stage) => void (await (await stage.client(GET)).response()),
  },
  {
    end: 'upstream_given_up',
    run: async (stage) => {
      const client = await stage.client(GET);
      await stage.origin.request(0);
      client.close();
    },
  },
  {
    end: 'upstream_tunnel_ended',
    options: { scripts: [{ onRequest: () => SWITCH }] },
    run: async (stage) => {
      const client = await stage.client(UPGRADE);
      await client.response();
      client.finish();
      (await stage.origin.connection(0)).end();
    },
  },
  {
    end: 'upstream_closed',
    options: { scripts: [answers], upstream: 'keepalive 4;' },
    run: async (stage) => {
      await (await stage.client(GET)).response();
      stage.edge.server.close();
    },
  },
];

onBothTiers('the end of a connection', (it) => {
  for (const { end, options, run } of [...OF_CLIENTS, ...OF_ENDPOINTS]) {
    const { by, means, side } = CONNECTION_ENDS[end];
    it(`of ${side}, by ${by}: ${end}, ${means}`, async (t, tier) => {
      const stage = await setStage(t, tier, options);
      await run(stage);
      await counted(stage, end);
      assert.equal(stage.edge.endCount(end), 1);
    });
  }
});
