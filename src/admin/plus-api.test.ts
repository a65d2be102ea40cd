import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { SharedState } from '#src/shared/shared-state.ts';
import {
  CONNECTIONS_ACCEPTED,
  CONNECTIONS_ACTIVE,
  CONNECTIONS_WAITING,
} from '#src/shared/thread-rows.ts';
import { endpointConfig, MemoryUpstream } from '#test/support/memory-upstream.ts';
import { PlusApi } from './plus-api.ts';

const FACTS = {
  version: '0.1.0',
  nodeVersion: 'v26',
  tier: 'fast',
  isMasterAlive: true,
  generation: 3,
  generationPid: 200,
  loadedAtMs: Date.UTC(2026, 0, 2),
  configFile: '/etc/weir.conf',
  configHash: 'abc',
  threads: [{ thread: 0, state: 'ready', startedAtMs: 0, deathCount: 2 }],
  masterPid: 100,
  startedAtMs: 0,
  lastReload: { result: 'ok', atMs: 0, message: '' },
  reloadCount: 2,
  rejectedReloadCount: 0,
  drainingCount: 0,
  generationDeathCount: 1,
} as const;

/** `app` has room for a third server, `fixed` has none. */
function make() {
  const shared = SharedState.alone(3, 2);
  const { endpoints, rows } = shared;
  const app = new MemoryUpstream(
    'app',
    endpoints,
    [
      endpointConfig('127.0.0.1:8001', { weight: 5 }),
      endpointConfig('127.0.0.1:8002', { tier: 1 }),
    ],
    3,
  );
  const fixed = new MemoryUpstream('fixed', endpoints, [endpointConfig('127.0.0.1:9001')]);
  const api = new PlusApi({
    rows,
    facts: () => FACTS,
    address: '127.0.0.1',
    upstreams: [app, fixed],
  });
  const ask = (method: string, target: string, body: unknown = '', mayWrite = true) => {
    const text = typeof body === 'string' ? body : JSON.stringify(body);
    const answer = api.answer({ method, target, body: text, mayWrite });
    return { ...answer, value: JSON.parse(answer.body) };
  };
  const error = (...args: Parameters<typeof ask>) => {
    const { status, value } = ask(...args);
    assert.equal(value.error.status, status);
    assert.match(value.request_id, /^[0-9a-f]{32}$/);
    assert.equal(value.href, 'https://nginx.org/en/docs/http/ngx_http_api_module.html');
    return `${status} ${value.error.code}: ${value.error.text}`;
  };
  return { app, ask, error, shared };
}

const SERVERS = '/api/9/http/upstreams/app/servers';

describe('the API', () => {
  it('lists its versions and what is in one, with or without a slash', () => {
    const { ask } = make();
    assert.deepEqual(ask('GET', '/api').value, [1, 2, 3, 4, 5, 6, 7, 8, 9]);
    assert.deepEqual(ask('GET', '/api/').value, [1, 2, 3, 4, 5, 6, 7, 8, 9]);
    const root = [
      'nginx',
      'processes',
      'connections',
      'slabs',
      'http',
      'resolvers',
      'ssl',
      'workers',
    ];
    assert.deepEqual(ask('GET', '/api/9').value, root);
    assert.deepEqual(ask('GET', '/api/8/').value, root);
    assert.ok(ask('GET', '/api/9/http').value.includes('upstreams'));
  });

  it('says what it is that it does not know', () => {
    const { error } = make();
    assert.equal(error('GET', '/api/10/nginx'), '404 UnknownVersion: unknown version');
    for (const path of [
      '/',
      '/status',
      '/api/9/nothing',
      '/api/9/stream',
      '/api/9/http/nothing',
      '/api/9/%zz',
      'x',
    ]) {
      assert.equal(error('GET', path), '404 PathNotFound: path not found', path);
    }
    assert.match(error('GET', '/api/9/http/caches/one'), /^404 CacheNotFound/);
    assert.match(error('DELETE', '/api/9/connections'), /^405 MethodDisabled/);
  });

  it('tells of the process', () => {
    const { ask } = make();
    const { timestamp, ...rest } = ask('GET', '/api/9/nginx').value;
    assert.ok(Math.abs(Date.parse(timestamp) - Date.now()) < 60_000);
    assert.deepEqual(rest, {
      version: '0.1.0',
      build: 'weir-0.1.0',
      address: '127.0.0.1',
      generation: 3,
      load_timestamp: '2026-01-02T00:00:00.000Z',
      pid: 200,
      ppid: 100,
    });
    assert.deepEqual(ask('GET', '/api/9/processes').value, { respawned: 3 });
  });

  it('counts idle connections apart, over all threads and by worker', () => {
    const { ask, shared } = make();
    const row = shared.rows.row(0);
    row[CONNECTIONS_ACCEPTED] = 10;
    row[CONNECTIONS_ACTIVE] = 5;
    row[CONNECTIONS_WAITING] = 3;
    const counted = { accepted: 10, dropped: 0, active: 2, idle: 3 };
    assert.deepEqual(ask('GET', '/api/9/connections').value, counted);
    const [worker] = ask('GET', '/api/9/workers/').value;
    assert.deepEqual(worker, {
      id: 0,
      pid: 200,
      connections: counted,
      http: { requests: { total: 0, current: 0 } },
    });
    assert.deepEqual(ask('GET', '/api/9/connections?fields=idle,active').value, {
      active: 2,
      idle: 3,
    });
  });

  it('answers what Weir has not as Plus does where it is not configured', () => {
    const { ask } = make();
    for (const path of [
      'slabs',
      'resolvers',
      'http/server_zones',
      'http/location_zones',
      'http/caches',
      'http/limit_conns',
      'http/limit_reqs',
      'http/keyvals',
    ]) {
      assert.deepEqual(ask('GET', `/api/9/${path}`).value, {}, path);
    }
    assert.equal(ask('GET', '/api/9/ssl').value.handshakes, 0);
  });

  it('tells of upstreams and their peers', () => {
    const { ask, shared } = make();
    shared.endpoints.start(0);
    shared.endpoints.fail(0);
    const { app } = ask('GET', '/api/9/http/upstreams').value;
    assert.deepEqual(app.peers[0], {
      id: 0,
      server: '127.0.0.1:8001',
      name: '127.0.0.1:8001',
      backup: false,
      weight: 5,
      state: 'up',
      active: 1,
      requests: 1,
      fails: 1,
      unavail: 0,
      health_checks: { checks: 0, fails: 0, unhealthy: 0 },
      downtime: 0,
    });
    assert.deepEqual({ ...app, peers: app.peers.length }, { peers: 2, zone: 'app' });
    assert.deepEqual(ask('GET', '/api/9/http/upstreams/app/').value, app);
    assert.deepEqual(ask('GET', '/api/9/http/upstreams?fields=').value, ['app', 'fixed']);
    assert.deepEqual(ask('GET', '/api/9/http/upstreams?fields=zone').value, {
      app: { zone: 'app' },
      fixed: { zone: 'fixed' },
    });
  });
});

describe('servers of an upstream in the API', () => {
  it('are listed, added, changed and removed', () => {
    const { ask } = make();
    const first = {
      id: 0,
      server: '127.0.0.1:8001',
      weight: 5,
      max_conns: 0,
      max_fails: 1,
      fail_timeout: '10s',
      slow_start: '0s',
      route: '',
      backup: false,
      down: false,
    };
    assert.deepEqual(ask('GET', SERVERS).value[0], first);
    assert.deepEqual(ask('GET', `${SERVERS}/0`).value, first);
    const asked = { server: '127.0.0.1:8003', weight: 2, slow_start: '1m', drain: true };
    const added = ask('POST', `${SERVERS}/`, asked);
    assert.deepEqual([added.status, added.location, added.changed], [201, `${SERVERS}/2/`, 'app']);
    assert.deepEqual(added.value, { ...first, id: 2, ...asked });
    const changed = ask('PATCH', `${SERVERS}/2/`, {
      drain: false,
      weight: 7,
      server: '127.0.0.1:8003',
      backup: false,
    });
    assert.deepEqual(
      [changed.status, changed.value.weight, changed.value.drain],
      [200, 7, undefined],
    );
    const removed = ask('DELETE', `${SERVERS}/0`);
    assert.deepEqual([removed.status, removed.changed], [200, 'app']);
    assert.deepEqual(
      removed.value.map(({ id }: { id: number }) => id),
      [1, 2],
    );
  });

  it('get IDs that nobody had before, though the slot is used again', () => {
    const { ask, error } = make();
    ask('POST', SERVERS, { server: '127.0.0.1:8003' });
    ask('DELETE', `${SERVERS}/2`);
    const { value } = ask('POST', SERVERS, { server: '127.0.0.1:8004' });
    assert.equal(value.id, 3);
    assert.match(error('DELETE', `${SERVERS}/2`), /^404 UpstreamServerNotFound/);
  });

  it('are refused by the documented codes, and nothing changes', () => {
    const { app, error } = make();
    const before = app.members();
    const cases: [string, string, unknown, RegExp][] = [
      ['POST', SERVERS, '{', /^415 JsonError/],
      ['POST', SERVERS, '[]', /^415 JsonError/],
      ['POST', SERVERS, {}, /^400 UpstreamConfFormatError: missing "server"/],
      [
        'POST',
        SERVERS,
        { server: '127.0.0.1:1', id: 3 },
        /^400 UpstreamConfFormatError: unknown parameter "id"/,
      ],
      [
        'POST',
        SERVERS,
        { server: '127.0.0.1:1', weight: [] },
        /^400 UpstreamConfFormatError: nested object/,
      ],
      [
        'POST',
        SERVERS,
        { server: '127.0.0.1:1', down: 1 },
        /^400 UpstreamConfFormatError: invalid "down" value/,
      ],
      ['POST', SERVERS, { server: '127.0.0.1:99999' }, /^400 UpstreamBadAddress/],
      ['POST', SERVERS, { server: 'app.example' }, /^400 UpstreamConfNoResolver/],
      ['POST', SERVERS, { server: '127.0.0.1:8001' }, /^409 EntryExists/],
      ['POST', SERVERS, { server: '127.0.0.1:1', weight: 0 }, /^400 UpstreamBadWeight/],
      ['POST', SERVERS, { server: '127.0.0.1:1', max_conns: -1 }, /^400 UpstreamBadMaxConns/],
      ['POST', SERVERS, { server: '127.0.0.1:1', max_fails: 1.5 }, /^400 UpstreamBadMaxFails/],
      [
        'POST',
        SERVERS,
        { server: '127.0.0.1:1', fail_timeout: '1x' },
        /^400 UpstreamBadFailTimeout/,
      ],
      ['POST', SERVERS, { server: '127.0.0.1:1', slow_start: '' }, /^400 UpstreamBadSlowStart/],
      [
        'POST',
        SERVERS,
        { server: '127.0.0.1:1', route: 'x'.repeat(33) },
        /^400 UpstreamBadRoute: route is too long/,
      ],
      ['PATCH', `${SERVERS}/0`, { server: '127.0.0.1:8009' }, /^400 UpstreamServerImmutable/],
      ['PATCH', `${SERVERS}/0`, { backup: true }, /^400 UpstreamConfFormatError/],
      ['PATCH', `${SERVERS}/x`, {}, /^400 UpstreamBadServerId/],
      ['PATCH', `${SERVERS}/77`, {}, /^404 UpstreamServerNotFound/],
      ['PUT', `${SERVERS}/0`, {}, /^405 MethodDisabled/],
      ['DELETE', SERVERS, '', /^405 MethodDisabled/],
      ['POST', '/api/9/http/upstreams/none/servers', {}, /^404 UpstreamNotFound/],
      [
        'POST',
        '/api/9/http/upstreams/fixed/servers',
        { server: '127.0.0.1:1' },
        /^400 UpstreamStatic/,
      ],
    ];
    for (const [method, path, body, expected] of cases) {
      assert.match(error(method, path, body), expected);
      assert.deepEqual(app.members(), before);
    }
    assert.match(error('POST', SERVERS, { server: '127.0.0.1:1' }, false), /^405 MethodDisabled/);
  });

  it('beyond the room that was set aside are refused', () => {
    const { ask, error } = make();
    ask('POST', SERVERS, { server: '127.0.0.1:8003' });
    assert.match(error('POST', SERVERS, { server: '127.0.0.1:8004' }), /^400 UpstreamOutOfMemory/);
  });
});
