import assert from 'node:assert/strict';
import { test } from 'node:test';
import { build, buildWell, locationOf, treeOf } from '#test/support/configuration.ts';
import { buildModel } from './build.ts';

test('how exchanges are passed on', () => {
  const { proxy } = locationOf(`location / {
    proxy_http_version 1.0; proxy_buffering off; proxy_request_buffering off;
    proxy_buffer_size 4k; proxy_buffers 16 8k; proxy_busy_buffers_size 16k;
    proxy_max_temp_file_size 0; proxy_temp_file_write_size 8k;
    proxy_next_upstream_tries 3; proxy_next_upstream_timeout 2s;
    proxy_ignore_client_abort on; proxy_pass_trailers on; proxy_intercept_errors on;
    proxy_pass_request_headers off; proxy_pass_request_body off; early_hints $http_x 1;
    proxy_upgrade WebSocket Echo/1;
  }`);
  const { earlyHints, ...rest } = proxy;
  const { earlyHints: none, ...standard } = locationOf('').proxy;
  assert.deepEqual(none, []);
  assert.deepEqual(rest, {
    ...standard,
    httpVersion: '1.0',
    buffering: false,
    requestBuffering: false,
    bufferBytes: 4_096,
    buffers: { count: 16, bytes: 8_192 },
    busyBufferBytes: 16_384,
    maxTempFileBytes: 0,
    tempFileWriteBytes: 8_192,
    nextUpstreamTries: 3,
    nextUpstreamTimeoutMs: 2_000,
    ignoreClientAbort: true,
    passTrailers: true,
    interceptErrors: true,
    passRequestHeaders: false,
    passRequestBody: false,
    upgrades: ['websocket', 'echo/1'],
  });
  assert.deepEqual(
    earlyHints.map(({ constant }) => constant),
    [undefined, '1'],
  );
});

test('the client side of exchanges', () => {
  const { client } = locationOf(`location / {
    client_body_buffer_size 1m; client_body_in_file_only off; lingering_close always;
    reset_timedout_connection on; chunked_transfer_encoding off;
  }`);
  assert.deepEqual(client, {
    ...locationOf('').client,
    bodyBufferBytes: 1_048_576,
    lingeringClose: 'always',
    resetTimedout: true,
    chunkedToClient: false,
  });
});

test('proxy_next_upstream: what is listed, and off', () => {
  const nextOf = (words: string) => {
    return locationOf(`location / { proxy_next_upstream ${words}; }`).proxy.nextUpstream;
  };
  const none = {
    error: false,
    timeout: false,
    invalidHeader: false,
    nonIdempotent: false,
    withKey: false,
  };
  assert.deepEqual(nextOf('error invalid_header http_503 http_429 http_503'), {
    ...none,
    error: true,
    invalidHeader: true,
    statuses: new Set([503, 429]),
  });
  assert.deepEqual(
    nextOf(
      'timeout denied non_idempotent idempotency_key http_500 http_502 http_504 http_403 http_404',
    ),
    {
      ...none,
      timeout: true,
      nonIdempotent: true,
      withKey: true,
      statuses: new Set([500, 502, 504, 403, 404]),
    },
  );
  assert.deepEqual(nextOf('off'), { ...none, statuses: new Set() });
  const { model, problems } = build(`http { proxy_next_upstream error off; server { } }`);
  assert.deepEqual(model?.servers[0]?.fallback.proxy.nextUpstream, {
    ...none,
    statuses: new Set(),
  });
  assert.deepEqual(problems, [
    'weir: [warn] "off" in "proxy_next_upstream" cancels what stands beside it in w.conf:1',
  ]);
});

test('via: ours by host and file, a name, or none', () => {
  const viaOf = (text: string, file = '/p/w.conf') => {
    const tree = { ...treeOf(`http { server { location / { ${text} } } }`), file };
    return buildModel(tree).model?.servers[0]?.locations[0]?.via;
  };
  assert.match(viaOf('') ?? '', /^weir-[0-9a-f]{8}$/);
  assert.equal(viaOf(''), viaOf('via on;'));
  assert.notEqual(viaOf(''), viaOf('', '/p/other.conf'));
  assert.equal(viaOf('via edge-1;'), 'edge-1');
  assert.equal(viaOf('via off;'), '');
  assert.deepEqual(locationOf('location / { proxy_upgrade off; }').proxy.upgrades, []);
});

test('error_page: statuses, targets and the status to send', () => {
  const { errorPages } = locationOf(
    `location / {
      error_page 404 410 /gone$uri;
      error_page 410 = /never;
      error_page 502 =200 @down;
      error_page 503 = https://b.test/;
      error_page 494 $arg_x;
      recursive_error_pages on;
    } location @down { }`,
  );
  assert.ok(errorPages.isRecursive);
  const pages = [...(errorPages.byStatus ?? [])].map(([status, { kind, response, target }]) => {
    return [status, kind, response, target.constant];
  });
  assert.deepEqual(pages, [
    [404, 'path', 'original', undefined],
    [410, 'path', 'original', undefined],
    [502, 'named', 200, '@down'],
    [503, 'url', 'own', 'https://b.test/'],
    [431, 'url', 'original', undefined],
  ]);
});

test('error_page is inherited whole or not at all', () => {
  const outer = 'error_page 404 /a; error_page 502 /b;';
  assert.equal(locationOf('location / { }', outer).errorPages.byStatus?.size, 2);
  const own = locationOf('location / { error_page 500 /c; }', outer).errorPages.byStatus;
  assert.deepEqual([...(own?.keys() ?? [])], [500]);
});

test('internal and named locations', () => {
  const model = buildWell(`http { upstream u { server 127.0.0.1:1; } server {
    location /a { internal; } location @b { proxy_pass http://u; } location /c { }
  } }`);
  assert.deepEqual(
    model.servers[0]?.locations.map(({ isInternal, match }) => [
      match.kind,
      match.path,
      isInternal,
    ]),
    [
      ['prefix', '/a', true],
      ['named', '@b', false],
      ['prefix', '/c', false],
    ],
  );
});
