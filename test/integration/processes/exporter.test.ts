// What nginx-prometheus-exporter asks of NGINX Plus, and what it needs of the answers. The requests
// were recorded from prometheus-nginx-exporter 0.11.0-1+b4 of Debian 12 (`-nginx.plus`), which took
// Weir's answers and gave its metrics; the shapes are those of its client's structures
// (nginx-plus-go-client), which newer versions ask of version 9 with `/workers` and a list of
// endpoints added.

import assert from 'node:assert/strict';
import { request } from 'node:http';
import { test } from 'node:test';
import { get } from '#test/support/processes.ts';
import { startWeir } from '#test/support/weir.ts';

type Json = ReturnType<typeof JSON.parse>;

const HEADERS = {
  'user-agent': 'NGINX-Prometheus-Exporter/v0.11.0-1+b4',
  'accept-encoding': 'gzip',
};

function ask(port: number, path: string): Promise<{ status: number; type: string; value: Json }> {
  return new Promise((resolve, reject) => {
    const target = { host: '127.0.0.1', port, path, headers: HEADERS };
    const sent = request(target, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (piece: string) => {
        text += piece;
      });
      const { headers, statusCode: status = 0 } = response;
      const type = String(headers['content-type']);
      response.on('end', () => resolve({ status, type, value: JSON.parse(text) }));
    });
    sent.on('error', reject).end();
  });
}

/** Its keys are there, each a number of the kind that Go's uint64 takes, or of the type told. */
function has(value: Json, numbers: string, others: Readonly<Record<string, string>> = {}): void {
  for (const name of numbers.split(' ')) {
    assert.ok(Number.isSafeInteger(value[name]) && value[name] >= 0, `${name}: ${value[name]}`);
  }
  for (const [name, type] of Object.entries(others)) assert.equal(typeof value[name], type, name);
}

const SSL = 'handshakes handshakes_failed session_reuses no_common_protocol handshake_timeout';

/** In the order in which it asks; with none, the answer is an empty object. */
const SHAPES: Readonly<Record<string, (value: Json) => void>> = {
  nginx: (value) => {
    const text = { version: 'string', build: 'string', address: 'string' };
    has(value, 'generation pid ppid', { ...text, load_timestamp: 'string', timestamp: 'string' });
    assert.equal(new Date(value.timestamp).toISOString(), value.timestamp);
  },
  'http/caches': isEmpty,
  processes: (value) => has(value, 'respawned'),
  slabs: isEmpty,
  connections: (value) => has(value, 'accepted dropped active idle'),
  'http/requests': (value) => has(value, 'total current'),
  ssl: (value) => has(value, SSL, { verify_failures: 'object' }),
  'http/server_zones': isEmpty,
  'http/upstreams': ({ app }) => {
    assert.equal(app.zone, 'app');
    has(app.queue, 'size max_size overflows');
    assert.equal(app.peers.length, 2);
    for (const peer of app.peers) {
      const others = { server: 'string', name: 'string', state: 'string', backup: 'boolean' };
      has(peer, 'id weight active requests sent received fails unavail downtime', others);
      has(peer.responses, '1xx 2xx 3xx 4xx 5xx total');
      has(peer.health_checks, 'checks fails unhealthy');
    }
    assert.deepEqual(
      app.peers.map((peer: Json) => [peer.state, peer.requests, peer.max_conns, peer.backup]),
      [
        ['up', 5, 20, false],
        ['up', 0, undefined, true],
      ],
    );
    const [{ received, responses, sent }] = app.peers;
    assert.deepEqual([responses['2xx'], responses.total], [5, 5]);
    // A head of ours, and one of the answer.
    assert.ok(sent > 5 * 20 && sent < 5 * 500, String(sent));
    assert.ok(received > 5 * 50 && received < 5 * 1_000, String(received));
  },
  'http/location_zones': isEmpty,
  resolvers: isEmpty,
  'http/limit_reqs': isEmpty,
  'http/limit_conns': isEmpty,
};

function isEmpty(value: Json): void {
  assert.deepEqual(value, {});
}

/** Answered so, the exporter takes it that there is no `stream`. */
const ABSENT = [
  'stream/server_zones',
  'stream/upstreams',
  'stream/zone_sync',
  'stream/limit_conns',
];

test('an exporter for NGINX Plus gets what it asks for', async (t) => {
  const weir = await startWeir({
    portCount: 3,
    conf: (port = 0, origin = 0, api = 0) => `
      error_log stderr notice;
      worker_processes 2;
      api_listen 127.0.0.1:${api};
      events { }
      http {
        access_log off;
        upstream app {
          server 127.0.0.1:${origin} max_conns=20;
          server 127.0.0.1:1 backup;
          queue 5;
        }
        server {
          listen 127.0.0.1:${port};
          location / { proxy_pass http://app; }
          location /api { api; }
        }
        server { listen 127.0.0.1:${origin}; location / { return 200 "origin"; } }
      }`,
  });
  t.after(() => weir.stop());
  await weir.waitForLine(/weir serves with/);
  for (let count = 0; count < 5; count++) assert.equal(await get(weir), 'origin');
  const [location = 0, , api = 0] = weir.ports;
  for (const door of [api, location]) await askAll(door);
});

async function askAll(api: number): Promise<void> {
  const versions = await ask(api, '/api');
  assert.ok([4, 5, 6, 7, 8, 9].every((version) => versions.value.includes(version)));
  for (const version of [8, 9]) {
    for (const [path, check] of Object.entries(SHAPES)) {
      const { status, type, value } = await ask(api, `/api/${version}/${path}`);
      assert.deepEqual([status, type], [200, 'application/json'], path);
      check(value);
    }
    for (const path of ABSENT) {
      const { status, value } = await ask(api, `/api/${version}/${path}`);
      assert.deepEqual([status, value.error.code], [404, 'PathNotFound'], path);
    }
  }
  const { value: endpoints } = await ask(api, '/api/9/');
  assert.ok(!endpoints.includes('stream'));
  const { value: workers } = await ask(api, '/api/9/workers');
  assert.equal(workers.length, 2);
  for (const worker of workers) {
    has(worker, 'id pid');
    has(worker.connections, 'accepted dropped active idle');
    has(worker.http.requests, 'total current');
  }
}
