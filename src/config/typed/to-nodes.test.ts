import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parse } from '#src/config/syntax/parser.ts';
import { print } from '#src/config/syntax/print.ts';
import { Problems } from '#src/schema/problem.ts';
import type { WeirConfig } from './blocks.ts';
import { toNodes } from './to-nodes.ts';

const PLACE = { file: 'weir.config.ts', line: 1, column: 1 };

/** What it says as nginx.conf. */
function textOf(config: WeirConfig): string {
  const problems = new Problems();
  const { nodes } = toNodes(config, () => PLACE, problems);
  assert.deepEqual(problems.list, []);
  return print(nodes);
}

/** `text` as it is printed. */
function printed(text: string): string {
  return print(parse(text, 'nginx.conf', new Problems()));
}

test('a configuration means what the same words mean in nginx.conf', () => {
  const config: WeirConfig = {
    user: 'www-data www-data',
    workerProcesses: 'auto',
    daemon: false,
    errorLog: 'stderr warn',
    events: { workerConnections: 512 },
    http: {
      include: ['mime.types', 'conf.d/*.conf'],
      types: { 'text/html': ['html', 'htm'], 'text/css': 'css' },
      logFormat: { brief: '$remote_addr "$request"' },
      accessLog: ['logs/access.log brief', ['logs/with blank.log', 'brief', 'buffer=8k']],
      map: { $pool: { from: '$http_x', default: 'a', hostnames: true, values: { '*.b': 'b b' } } },
      splitClients: { $variant: { from: '$remote_addr', values: { '10%': 'new', '*': 'old' } } },
      upstream: {
        api: { server: ['127.0.0.1:9001 weight=2', '127.0.0.1:9002'], keepalive: 32 },
      },
      proxySetHeader: { 'X-One': '$host', 'X-Two': 'a b' },
      server: [
        {
          listen: [80, '[::]:80 default_server'],
          serverName: 'a.test *.a.test',
          location: {
            '/': { proxyPass: 'http://api', addHeader: { 'X-A': ['b', 'always'] } },
            '= /x': { return: '200 "some text"' },
            '~* ^/(a|b){2} c$': { internal: true, stubStatus: false },
            '/ordered': [
              { set: '$a b' },
              { if: { '$a = b': { return: 403 }, '(-f x)': {} } },
              { set: '$a c' },
            ],
          },
        },
        {},
      ],
    },
  };
  assert.equal(
    textOf(config),
    printed(`
    user www-data www-data; worker_processes auto; daemon off; error_log stderr warn;
    events { worker_connections 512; }
    http {
      include mime.types; include conf.d/*.conf;
      types { text/html html htm; text/css css; }
      log_format brief '$remote_addr "$request"';
      access_log logs/access.log brief; access_log "logs/with blank.log" brief buffer=8k;
      map $http_x $pool { default a; hostnames; *.b "b b"; }
      split_clients $remote_addr $variant { 10% new; * old; }
      upstream api { server 127.0.0.1:9001 weight=2; server 127.0.0.1:9002; keepalive 32; }
      proxy_set_header X-One $host; proxy_set_header X-Two "a b";
      server {
        listen 80; listen [::]:80 default_server; server_name a.test *.a.test;
        location / { proxy_pass http://api; add_header X-A b always; }
        location = /x { return 200 "some text"; }
        location ~* "^/(a|b){2} c$" { internal; }
        location /ordered {
          set $a b; if ($a = b) { return 403; } if (-f x) { } set $a c;
        }
      }
      server { }
    }`),
  );
});

test('functions become their places, and variables where a text is wanted', () => {
  const named = () => 'x';
  const config: WeirConfig = {
    http: {
      variable: { tenant: named },
      logFormat: { own: ['a ', () => 'b'] },
      server: { location: { '/': { handler: () => 'c', requestFilter: [() => {}, named] } } },
    },
  };
  const { nodes, facts, functions } = toNodes(config, () => PLACE, new Problems());
  assert.equal(functions.length, 5);
  assert.deepEqual(
    facts.map(({ name }) => name),
    [
      'named',
      'http.logFormat.own[1]',
      'http.server.location["/"].handler',
      'http.server.location["/"].requestFilter[0]',
      'named',
    ],
  );
  assert.equal(
    print(nodes),
    printed(`http {
      variable "$weir_function_2" "http.logFormat.own[1]";
      variable "$tenant" "http.variable.tenant";
      log_format own "a " "\${weir_function_2}";
      server { location / {
        handler 'http.server.location["/"].handler';
        request_filter 'http.server.location["/"].requestFilter[0]';
        request_filter 'http.server.location["/"].requestFilter[1]';
      } }
    }`),
  );
});

test('what is undefined is not there', () => {
  assert.equal(textOf({ events: undefined, http: { keepaliveTimeout: undefined } }), 'http {\n}\n');
});

test('whatever it is given, it reports and does not throw', () => {
  const loop: Record<string, unknown> = {};
  loop['server'] = loop;
  loop['location'] = { '/': loop };
  const wrong: unknown[] = [
    null,
    7,
    'text',
    [null],
    { http: null },
    { http: { server: [1, [2]] } },
    { http: { location: [] } },
    { http: loop },
    { http: { map: 3 } },
    { http: { map: { $a: 3 } } },
    { http: { types: 'x' } },
    { http: { server: { location: { '/': { handler: 'x', proxyPass: {} } } } } },
    { http: { server: { serverName: Symbol('s') } } },
    { http: { keepaliveTimeout: 'a;b' } },
  ];
  for (const config of wrong) {
    const problems = new Problems();
    toNodes(config, () => PLACE, problems);
    assert.ok(
      problems.isFatal ||
        (config as { http?: { location?: unknown } }).http?.location !== undefined,
      `${JSON.stringify(problems.list)} of ${typeof config}`,
    );
  }
});
