import assert from 'node:assert/strict';
import { hostname } from 'node:os';
import { test } from 'node:test';
import { formatAddress } from '#src/base/address.ts';
import type { VirtualServer } from '#src/routing/model.ts';
import { systemTempDirectory } from '#src/spool/temp-path-argument.ts';
import { build, buildWell, locationOf, treeOf } from '#test/support/configuration.ts';
import { buildModel, hashOf } from './build.ts';
import type { ConfigTree } from './tree.ts';

const namesOf = (server: VirtualServer | undefined): string[] | undefined =>
  server?.names.map(({ name }) => name);

test('defaults are those of nginx 1.31, except where we say so', () => {
  const model = buildWell('http { server { } }');
  assert.deepEqual(model.main, {
    user: undefined,
    workerProcesses: 1,
    workerRlimitNofile: undefined,
    workerShutdownTimeoutMs: 0,
    workerPriority: 0,
    pidFile: '/p/weir.pid',
    daemon: false,
    apiListens: [],
    eventWebhooks: [],
    workerConnections: 512,
    acceptMode: 'reuseport',
    errorLogs: [{ target: 'stderr', level: 'error' }],
  });
  assert.deepEqual(
    model.listens.map(({ key, backlog }) => [key, backlog]),
    [['0.0.0.0:80', 511]],
  );
  const [server] = model.servers;
  assert.deepEqual(namesOf(server), ['']);
  assert.deepEqual(server?.listens, [{ key: '0.0.0.0:80', isDefault: true }]);
  assert.deepEqual(server?.fallback.handler, { kind: 'none' });
  assert.deepEqual(server?.fallback.client, {
    headerTimeoutMs: 60_000,
    headerBuffers: { count: 4, bytes: 8_192 },
    ignoreInvalidHeaders: true,
    underscoresInHeaders: false,
    maxHeaders: 100,
    mergesSlashes: true,
    absoluteRedirect: true,
    serverNameInRedirect: false,
    portInRedirect: true,
    bodyTimeoutMs: 60_000,
    maxBodyBytes: 1_048_576,
    sendTimeoutMs: 60_000,
    keepalive: { timeoutMs: 75_000, headerSec: 0 },
    keepaliveMinTimeoutMs: 0,
    keepaliveRequests: 1_000,
    keepaliveTimeMs: 3_600_000,
    lingeringClose: 'on',
    lingeringTimeMs: 30_000,
    lingeringTimeoutMs: 5_000,
    bodyBufferBytes: 16_384,
    bodyTempPath: systemTempDirectory(),
    bodyInFileOnly: 'off',
    resetTimedout: false,
    chunkedToClient: true,
    serverTokens: 'on',
  });
  assert.deepEqual(server?.fallback.proxy, {
    redirects: [],
    cookieDomains: [],
    cookiePaths: [],
    cookieFlags: [],
    hiddenFields: [],
    passedFields: [],
    ignoredFields: [],
    addedFields: [],
    addedInherit: 'on',
    addedTrailers: [],
    addedTrailersInherit: 'on',
    totalTimeoutMs: 0,
    tryTimeoutMs: 0,
    deadlineHeader: 'off',
    deadlineTrusted: [],
    backoff: { baseMs: 0, maxMs: 0 },
    hedge: 'off',
    faults: [],
    forceRanges: false,
    maxRanges: 2_147_483_647,
    store: 'off',
    storeAccess: 0o600,
    method: undefined,
    bind: 'off',
    bindDynamic: false,
    requestDynamic: false,
    sendRate: 0,
    sendRateAfter: 0,
    readRate: 0,
    setBody: undefined,
    setHeaders: [],
    connectTimeoutMs: 60_000,
    sendTimeoutMs: 60_000,
    readTimeoutMs: 60_000,
    httpVersion: '1.1',
    buffering: true,
    requestBuffering: true,
    bufferBytes: 32_768,
    buffers: { count: 8, bytes: 4_096 },
    busyBufferBytes: 8_192,
    maxTempFileBytes: 1_073_741_824,
    tempFileWriteBytes: 65_536,
    tempPath: systemTempDirectory(),
    nextUpstream: {
      error: true,
      timeout: true,
      invalidHeader: false,
      nonIdempotent: false,
      withKey: false,
      statuses: new Set(),
    },
    nextUpstreamTries: 0,
    nextUpstreamTimeoutMs: 0,
    ignoreClientAbort: false,
    passTrailers: false,
    interceptErrors: false,
    passRequestHeaders: true,
    passRequestBody: true,
    earlyHints: [],
    upgrades: ['websocket'],
    via: 'on',
  });
  assert.match(server?.fallback.via ?? '', /^weir-[0-9a-f]{8}$/);
  assert.deepEqual(server?.fallback.errorPages, { byStatus: undefined, isRecursive: false });
  assert.equal(server?.fallback.isInternal, false);
});

test('main and events', () => {
  const { main } = buildWell(`
    user www www-data; worker_processes auto; worker_rlimit_nofile 4096;
    worker_shutdown_timeout 10s; pid run/w.pid; daemon on; error_log logs/e.log warn;
    events { worker_connections 2048; accept shared; }
    http { }`);
  assert.deepEqual(main, {
    user: { name: 'www', group: 'www-data', place: { file: 'w.conf', line: 2, column: 5 } },
    workerProcesses: 'auto',
    workerRlimitNofile: 4_096,
    workerShutdownTimeoutMs: 10_000,
    workerPriority: 0,
    pidFile: '/p/run/w.pid',
    daemon: true,
    apiListens: [],
    eventWebhooks: [],
    workerConnections: 2_048,
    acceptMode: 'shared',
    errorLogs: [{ target: '/p/logs/e.log', level: 'warn' }],
  });
});

test('error logs: several, inherited whole, and the files they need', () => {
  const model = buildWell(`
    error_log /p/main.log info; error_log stderr;
    http {
      server { location /a { } location /b { error_log b.log crit; error_log syslog:server=127.0.0.1; location /b/c { } } }
      server { server_name own.test; error_log own.log; location / { } }
    }`);
  assert.deepEqual(model.main.errorLogs, [
    { target: '/p/main.log', level: 'info' },
    { target: 'stderr', level: 'error' },
  ]);
  const syslog = { host: '127.0.0.1', port: 514, facility: 23, severity: 6, tag: 'weir' };
  const ofB = [
    { target: '/p/b.log', level: 'crit' },
    { target: { ...syslog, hasHostname: true }, level: 'error' },
  ];
  const own = [{ target: '/p/own.log', level: 'error' }];
  const levels = model.servers.flatMap(({ fallback, locations }) => [fallback, ...locations]);
  assert.deepEqual(
    levels.map(({ errorLogs }) => errorLogs),
    [undefined, undefined, ofB, ofB, own, own],
  );
  assert.deepEqual(model.logFiles, ['/p/b.log', '/p/own.log']);
});

test('an error_log in http is for requests; what is about none goes to stderr', () => {
  const { main, servers } = buildWell('http { error_log /var/log/w.log; server { } }');
  assert.deepEqual(main.errorLogs, [{ target: 'stderr', level: 'error' }]);
  assert.deepEqual(servers[0]?.fallback.errorLogs, [{ target: '/var/log/w.log', level: 'error' }]);
});

test('what is wrong with logs is said', () => {
  const messagesOf = (line: string): readonly string[] => {
    return build(`http { server { listen 80; ${line} } }`).problems.map((text) => {
      return text.replace(/^weir: | in w\.conf:\d+$/g, '');
    });
  };
  for (const [line, ...said] of [
    [
      'error_log memory:1k;',
      '[emerg] invalid buffer size "memory:1k" in "error_log" directive, write memory:SIZE, such as memory:1m: 4k at least, 1g at most',
    ],
    [
      'error_log off;',
      '[warn] "error_log off" writes to a file named "off", to see only the worst, write "error_log stderr emerg"',
    ],
    ['access_log syslog:server=unix:/dev/log;'],
    [
      'access_log syslog:tag=x;',
      '[emerg] invalid syslog server "syslog:tag=x" in "access_log" directive, write "syslog:server=address"',
    ],
    [
      'access_log syslog:server=127.0.0.1,facility=local8;',
      '[emerg] invalid syslog facility "facility=local8" in "access_log" directive, did you mean "local0"?',
    ],
    [
      'access_log syslog:server=127.0.0.1,tag=a-b;',
      '[emerg] invalid syslog tag "tag=a-b" in "access_log" directive, it has letters, digits and "_", 32 at most',
    ],
    [
      'access_log syslog:server=127.0.0.1 combined buffer=4k;',
      '[emerg] logs to syslog cannot be buffered',
    ],
    [
      'access_log /a/$host.log combined gzip;',
      '[emerg] buffered logs cannot have variables in name',
    ],
    [
      'access_log /a combined gzip=10;',
      '[emerg] invalid compression level "10" in "access_log" directive, it is a number from 1 to 9',
    ],
    [
      'access_log /a combined buffer=4k; location / { access_log /a combined buffer=8k; }',
      '[emerg] access_log "/a" already defined with conflicting parameters, the first is in line 1',
    ],
    [
      'open_log_file_cache inactive=1s;',
      '[emerg] "open_log_file_cache" must have the "max" parameter',
    ],
  ] as const) {
    assert.deepEqual(messagesOf(line), said, line);
  }
});

test('addresses to listen on', () => {
  const model = buildWell(`http { server {
    listen 81; listen *:82; listen 127.0.0.1; listen [::]:83; listen [::1]; listen localhost:84;
    listen unix:/run/w.sock; listen app.test:85 backlog=9 reuseport;
  } }`);
  assert.deepEqual(
    model.listens.map(({ key }) => key),
    [
      '0.0.0.0:81',
      '0.0.0.0:82',
      '127.0.0.1:80',
      '[::]:83',
      '[::1]:80',
      '127.0.0.1:84',
      '[::1]:84',
      'unix:/run/w.sock',
      '192.0.2.7:85',
    ],
  );
  assert.equal(model.listens.at(-1)?.backlog, 9);
  assert.ok(model.listens.every(({ key, address }) => key === formatAddress(address)));
});

test('the first server of an address is its default, unless another says so', () => {
  const { servers } = buildWell(`http {
    server { listen 80; listen 81; server_name a; }
    server { listen 80 default_server; listen 81; server_name b; }
  }`);
  assert.deepEqual(
    servers.map(({ listens }) => listens.map(({ key, isDefault }) => [key, isDefault])),
    [
      [
        ['0.0.0.0:80', false],
        ['0.0.0.0:81', true],
      ],
      [
        ['0.0.0.0:80', true],
        ['0.0.0.0:81', false],
      ],
    ],
  );
});

test('names are lower case, each once', () => {
  const { servers } = buildWell(
    'http { server { server_name A.test b.TEST a.test; server_name ""; } }',
  );
  assert.deepEqual(namesOf(servers[0]), ['a.test', 'b.test', '']);
});

test('a name that an earlier server has on the same address is a warning', () => {
  const { model, problems } = build(`http {
    server { listen 80; server_name a.test; }
    server { listen 80; listen 81; server_name b.test a.test; }
  }`);
  assert.ok(model);
  assert.deepEqual(problems, [
    'weir: [warn] conflicting server name "a.test" on 0.0.0.0:80, ignored, the first is in line 2 in w.conf:3',
  ]);
});

test('upstreams: named ones with their keep-alive, one endpoint per address', () => {
  const { upstreams } = buildWell(`http {
    upstream app {
      server app.test:8080 weight=3 max_fails=2 fail_timeout=30s;
      server localhost down;
      server unix:/run/app.sock;
      keepalive 8; keepalive_requests 10; keepalive_time 1m; keepalive_timeout 5s;
    }
    keepalive_timeout 11s;
  }`);
  const [app] = upstreams;
  assert.equal(app?.name, 'app');
  assert.deepEqual(app?.pool, {
    maxIdle: 8,
    maxRequests: 10,
    maxAgeMs: 60_000,
    idleTimeoutMs: 5_000,
  });
  assert.deepEqual(
    app?.endpoints.map(({ name, weight, maxFails, failTimeoutMs, down }) => {
      return [name, weight, maxFails, failTimeoutMs, down];
    }),
    [
      ['192.0.2.7:8080', 3, 2, 30_000, false],
      ['127.0.0.1:80', 1, 1, 10_000, true],
      ['[::1]:80', 1, 1, 10_000, true],
      ['unix:/run/app.sock', 1, 1, 10_000, false],
    ],
  );
});

test('the keep-alive of http is for clients and does not reach into upstreams', () => {
  const { upstreams } = buildWell(`http {
    keepalive_timeout 11s; keepalive_requests 7;
    upstream app { server 127.0.0.1:1; }
  }`);
  assert.deepEqual(upstreams[0]?.pool, {
    maxIdle: 32,
    maxRequests: 1_000,
    maxAgeMs: 3_600_000,
    idleTimeoutMs: 60_000,
  });
});

test('names of upstreams are compared without case', () => {
  const { upstreams, servers } = buildWell(`http {
    upstream App { server 127.0.0.1:1; }
    server { location / { proxy_pass http://aPP; } }
  }`);
  assert.equal(upstreams.length, 1);
  const handler = servers[0]?.locations[0]?.handler;
  assert.ok(handler?.kind === 'proxy' && handler.hostHeader === 'aPP');
});

test('a location that no path can match is a warning', () => {
  for (const path of ['api/', '/a?b', '/a%20b', '/a//b', '/a/../b', '/.']) {
    const { model, problems } = build(`http { server { location ${path} { } } }`);
    assert.ok(model);
    assert.match(problems[0] ?? '', /^weir: \[warn\] location ".*" never matches: /, path);
  }
  assert.deepEqual(build('http { server { location /.well-known/ { } } }').problems, []);
});

const PASSES: readonly (readonly [
  pass: string,
  name: string,
  host: string,
  port: string,
  uri: string | undefined,
])[] = [
  ['http://app', 'app', 'app', '80', undefined],
  ['http://app/', 'app', 'app', '80', '/'],
  ['http://127.0.0.1:9000', '127.0.0.1:9000', '127.0.0.1:9000', '9000', undefined],
  ['http://127.0.0.1:80/v1/', '127.0.0.1:80', '127.0.0.1', '80', '/v1/'],
  ['http://app.test?x=1', 'app.test', 'app.test', '80', '/?x=1'],
  ['http://[::1]:9000/', '[::1]:9000', '[::1]:9000', '9000', '/'],
  ['HTTP://app.test:8080/a', 'app.test:8080', 'app.test:8080', '8080', '/a'],
  ['http://unix:/run/a.sock', 'unix:/run/a.sock', 'localhost', '', undefined],
  ['http://unix:/run/a.sock:/v1/', 'unix:/run/a.sock', 'localhost', '', '/v1/'],
];

for (const [pass, name, hostHeader, port, uri] of PASSES) {
  test(`proxy_pass ${pass}`, () => {
    const { servers, upstreams } = buildWell(`http {
      server { location / { proxy_pass ${pass}; } }
      upstream app { server 127.0.0.1:1; }
    }`);
    const handler = servers[0]?.locations[0]?.handler;
    assert.ok(handler?.kind === 'proxy');
    assert.equal(upstreams[handler.upstream ?? -1]?.name, name);
    assert.equal(upstreams[handler.upstream ?? -1]?.implicit, name !== 'app');
    assert.deepEqual([handler.hostHeader, handler.port, handler.uri], [hostHeader, port, uri]);
  });
}

test('two spellings of one address share an upstream', () => {
  const { upstreams } = buildWell(`http { server {
    location /a { proxy_pass http://127.0.0.1; }
    location /b { proxy_pass http://127.0.0.1:80/b; }
    location /c { proxy_pass http://127.0.0.1:81; }
  } }`);
  assert.equal(upstreams.length, 2);
});

test('what a return becomes', () => {
  const cases: readonly (readonly [
    words: string,
    status: number,
    part?: 'body' | 'location',
    text?: string,
  ])[] = [
    ['204', 204],
    ['200 hello', 200, 'body', 'hello'],
    ['404 "not here"', 404, 'body', 'not here'],
    ['301 https://a.test/', 301, 'location', 'https://a.test/'],
    ['308 /b', 308, 'location', '/b'],
    ['http://a.test/', 302, 'location', 'http://a.test/'],
    ['444', 444],
  ];
  for (const [words, status, part, text] of cases) {
    const { handler } = locationOf(`location / { return ${words}; }`);
    assert.ok(handler.kind === 'return');
    assert.equal(handler.status, status);
    assert.equal(handler.body?.constant, part === 'body' ? text : undefined);
    assert.equal(handler.location?.constant, part === 'location' ? text : undefined);
  }
});

test('a return of the server answers before any location', () => {
  const [server] = buildWell('http { server { return 404; location / { return 204; } } }').servers;
  const steps = server?.fallback.rewrites?.steps.map(({ place, ...step }) => step);
  assert.deepEqual(steps, [{ kind: 'return', handler: { kind: 'return', status: 404 } }]);
  // Its error pages, and what these go on to, still need the locations.
  assert.equal(server?.locations.length, 1);
});

test('locations: kinds, modifiers that touch the path, status pages', () => {
  const [server] = buildWell(`http { server {
    location / { }
    location = /exact { stub_status; }
    location =/touching { status_json; }
    location ^~ /static/ { }
    location "/with space" { }
  } }`).servers;
  assert.deepEqual(
    server?.locations.map(({ match, handler }) => [match.kind, match.path, handler.kind]),
    [
      ['prefix', '/', 'none'],
      ['exact', '/exact', 'status'],
      ['exact', '/touching', 'status'],
      ['prefix', '/static/', 'none'],
      ['prefix', '/with space', 'none'],
    ],
  );
});

test('proxy_set_header is inherited whole or not at all', () => {
  const outer = 'proxy_set_header A 1; proxy_set_header B 2;';
  const inherited = locationOf('location / { }', outer).proxy.setHeaders;
  assert.deepEqual(
    inherited.map(([name, value]) => [name, value.constant]),
    [
      ['A', '1'],
      ['B', '2'],
    ],
  );
  const own = locationOf('location / { proxy_set_header C ""; }', outer).proxy.setHeaders;
  assert.deepEqual(
    own.map(([name, value]) => [name, value.constant]),
    [['C', '']],
  );
});

test('access logs: named formats, combined, several, off, and the files they need', () => {
  const model = buildWell(`http {
    log_format main escape=json '$status ' '$request';
    access_log logs/a.log main buffer=4k flush=2s;
    access_log /var/log/b.log;
    server { location / { } location /quiet { access_log off; } location /own { access_log c.log; } }
  }`);
  const logs = model.servers[0]?.locations.map(({ log }) => log.accessLogs) ?? [];
  assert.deepEqual(
    logs.map((list) => {
      return list.map(({ output }) => {
        assert.equal(output.kind, 'file');
        const { path, bufferBytes, flushMs } = output.file;
        return [path, bufferBytes, flushMs];
      });
    }),
    [
      [
        ['/p/logs/a.log', 4_096, 2_000],
        ['/var/log/b.log', 65_536, 100],
      ],
      [],
      [['/p/c.log', 65_536, 100]],
    ],
  );
  assert.deepEqual(model.logFiles, ['/p/logs/a.log', '/var/log/b.log', '/p/c.log']);
});

test('types and default_type', () => {
  assert.equal(locationOf('').content.types.get('html'), 'text/html');
  const { content } = locationOf('', 'default_type text/x; types { text/css css CSS; a/b x y; }');
  assert.equal(content.defaultType, 'text/x');
  assert.deepEqual(
    [...content.types],
    [
      ['css', 'text/css'],
      ['x', 'a/b'],
      ['y', 'a/b'],
    ],
  );
});

test('inert directives are named as notices', () => {
  const { model, problems } = build(`http {
    sendfile on; connection_pool_size 512; proxy_socket_keepalive on; server { }
  }`);
  assert.ok(model);
  assert.deepEqual(problems, [
    'weir: [notice] "sendfile" has no effect in Weir in w.conf:2',
    'weir: [notice] "connection_pool_size" has no effect in Weir in w.conf:2',
    'weir: [notice] "proxy_socket_keepalive" has no effect in Weir in w.conf:2',
  ]);
});

test('all problems of a file are told in one run, also where nothing uses them', () => {
  const { model, problems } = build(`
http {
  send_timeout 5x;
  upstream unused { server 127.0.0.1:99999; }
  log_format unused $nothing_at_all;
  server { listen 80 oops; location / { return abc; } locaton /x { } }
}`);
  assert.equal(model, undefined);
  assert.deepEqual(problems.map((line) => /in w\.conf:(\d+)/.exec(line)?.[1]).sort(), [
    '3',
    '4',
    '5',
    '6',
    '6',
    '6',
  ]);
});

test('a configuration without http is a warning', () => {
  const { model, problems } = build('events { }');
  assert.ok(model);
  assert.match(problems[0] ?? '', /no "http" section/);
});

test('the hash changes with what is said, not with how it is laid out', () => {
  const hash = hashOf(treeOf('http { server { listen 80; } }'));
  assert.match(hash, /^[0-9a-f]{12}$/);
  assert.equal(hashOf(treeOf('# c\nhttp {\n server {\n listen "80"; } }')), hash);
  assert.notEqual(hashOf(treeOf('http { server { listen 81; } }')), hash);
});

test('the tree crosses processes as plain data', () => {
  const text = 'http { server { listen 80; location / { return 200 "a;b"; } } }';
  const tree = JSON.parse(JSON.stringify(treeOf(text))) as ConfigTree;
  assert.equal(buildModel(tree).model?.hash, hashOf(treeOf(text)));
});

test('locations stand in one another and inherit from the one around them', () => {
  const [server] = buildWell(`http { server {
    proxy_read_timeout 1s;
    location /a {
      proxy_read_timeout 2s;
      proxy_pass http://127.0.0.1:1;
      location /a/b { location = /a/b/c { proxy_read_timeout 3s; } }
      location ^~ /a/d { }
    }
    location /e { }
  } }`).servers;
  const rows = server?.locations.map(({ handler, match, outer, proxy }) => {
    return [match.path, match.stopsSearch, outer?.match.path, handler.kind, proxy.readTimeoutMs];
  });
  assert.deepEqual(rows, [
    ['/a', false, undefined, 'proxy', 2_000],
    ['/a/b', false, '/a', 'none', 2_000], // what answers is not inherited
    ['/a/b/c', false, '/a/b', 'none', 3_000],
    ['/a/d', true, '/a', 'none', 2_000],
    ['/e', false, undefined, 'none', 1_000],
  ]);
});

test('named locations are those of the server, for locations inside others, too', () => {
  buildWell(`http { server {
    location /a { location /a/b { error_page 404 @lost; } }
    location @lost { }
  } }`);
});

test('listen takes ranges of ports, ipv6only, and names options that have no effect', () => {
  const { listens } = buildWell(`http { server {
    listen 127.0.0.1:8000-8002; listen [::]:80 ipv6only=off; listen 9000-9001;
  } }`);
  assert.deepEqual(
    listens.map(({ key, ipv6Only }) => [key, ipv6Only]),
    [
      ['127.0.0.1:8000', true],
      ['127.0.0.1:8001', true],
      ['127.0.0.1:8002', true],
      ['[::]:80', false],
      ['0.0.0.0:9000', true],
      ['0.0.0.0:9001', true],
    ],
  );
  assert.deepEqual(build('http { server { listen 80 setfib=1 multipath; } }').problems, [
    'weir: [notice] parameter "setfib=1" of "listen" has no effect in Weir in w.conf:1',
    'weir: [notice] parameter "multipath" of "listen" has no effect in Weir in w.conf:1',
  ]);
  const told = build(`http {
    server { listen 80 deferred rcvbuf=64k sndbuf=1m fastopen=7 so_keepalive=30m::10; listen 81; }
    server { server_name b; listen 80; listen 81 so_keepalive=off; listen 82 so_keepalive=:5s; }
  }`);
  assert.deepEqual(told.problems, []);
  const keepalive = { isOn: true, idleSec: 1800, count: 10 };
  assert.deepEqual(
    told.model?.listens.map(({ socketOptions }) => socketOptions),
    [
      { isDeferred: true, receiveBytes: 65_536, sendBytes: 1_048_576, fastopen: 7, keepalive },
      { keepalive: { isOn: false } },
      { keepalive: { isOn: true, intervalSec: 5 } },
    ],
  );
});

test('listen says what is wrong with a range, with ipv6only, and with options said twice', () => {
  const wrong = (lines: string): string[] => build(`http { server { ${lines} } }`).problems;
  for (const [lines, message] of [
    ['listen 80-79;', /invalid port range "80-79" .* the first port is the lower one/],
    ['listen 1-65535;', /invalid port range .* it has 65535 ports, at most 1000 will do/],
    ['listen 65530-65540;', /a port is 1 to 65535/],
    ['listen 127.0.0.1:80 ipv6only=on;', /the address is not one of IPv6/],
    ['listen [::]:80 ipv6only=maybe;', /invalid parameter "ipv6only=maybe"/],
    ['listen 80 so_keepalive=::;', /invalid parameter "so_keepalive=::" .* write on, off, or/],
    ['listen 80 so_keepalive=30m;', /invalid parameter "so_keepalive=30m"/],
    ['listen 80 so_keepalive=1d::;', /invalid time "1d"/],
    ['listen 80 so_keepalive=::128;', /invalid number "128"/],
    ['listen 80 rcvbuf=many;', /invalid size "many"/],
    ['listen 80 fastopen=0;', /invalid number "0"/],
    ['listen 80 deferred=1;', /invalid parameter "deferred=1"/],
  ] as const) {
    assert.match(wrong(lines).join('\n'), message);
    assert.equal(wrong(lines).length, 1);
  }
  const twice = build(`http {
    server { listen [::]:80 ipv6only=on; }
    server { listen [::]:80 ipv6only=off; }
  }`);
  assert.match(twice.problems.join('\n'), /duplicate listen options for \[::\]:80/);
});

test('server_name takes wildcards and $hostname, and names those that are none', () => {
  const [server] = buildWell(
    'http { server { server_name *.A.test .b.test c.* $hostname; } }',
  ).servers;
  assert.deepEqual(namesOf(server), ['*.a.test', '.b.test', 'c.*', hostname().toLowerCase()]);
  for (const name of ['*', '*a.test', 'a*.test', '*.*.test', 'a.*.test', '.', '*.', 'a*']) {
    const { problems } = build(`http { server { server_name ${name}; } }`);
    assert.match(
      problems.join('\n'),
      /invalid server name or wildcard ".*a wildcard is a whole label/,
    );
  }
  assert.deepEqual(
    build(`http {
      server { server_name .a.test; }
      server { server_name a.test *.a.test; }
    }`).problems,
    [
      'weir: [warn] conflicting server name "a.test" on 0.0.0.0:80, ignored in w.conf:3',
      'weir: [warn] conflicting server name "*.a.test" on 0.0.0.0:80, ignored in w.conf:3',
    ],
  );
});
