// Upstreams that learn their servers while they run: a real Weir, a name server and origins of ours.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { text as textOf } from 'node:stream/consumers';
import { type TestContext, test } from 'node:test';
import {
  type Asked,
  answer,
  type Row,
  type Script,
  ScriptedDns,
} from '#test/support/scripted-dns.ts';
import { runWeir, startWeir, type Weir } from '#test/support/weir.ts';

/** One server per address, all on one port; each answers with its address. */
async function origins(hosts: readonly string[]): Promise<{ port: number; close: () => void }> {
  const servers: Server[] = [];
  let port = 0;
  for (const host of hosts) {
    const server = createServer((_, response) => response.end(host));
    server.listen(port, host);
    await once(server, 'listening');
    port = (server.address() as AddressInfo).port;
    servers.push(server);
  }
  const close = (): void => {
    for (const server of servers) {
      server.close();
      server.closeAllConnections();
    }
  };
  return { port, close };
}

async function get(weir: Weir): Promise<string> {
  const response = await fetch(weir.url('/'));
  const text = await response.text();
  return response.status === 200 ? text : String(response.status);
}

/** Who answers four requests. */
async function who(weir: Weir): Promise<readonly string[]> {
  const names = new Set<string>();
  for (let i = 0; i < 4; i++) names.add(await get(weir));
  return [...names].sort();
}

/** Who has left stays a moment when everybody changes; the test's own limit ends the wait. */
async function become(weir: Weir, names: readonly string[]): Promise<void> {
  while (String(await who(weir)) !== String(names));
}

const conf = (upstream: string) => (port: number) =>
  `
  worker_processes 2;
  error_log stderr info;
  events {}
  http {
    access_log off;
    upstream app { ${upstream} }
    server { listen 127.0.0.1:${port}; location / { proxy_pass http://app; } }
  }`;

const a = (...addresses: string[]): Row[] =>
  addresses.map((data) => ({ type: 'A', data, ttlSec: 1 }));

/** What there is beside the origins; `upstream` is the block of the upstream `app`. */
interface ZoneOptions {
  /** Told the port of the origins as well. */
  readonly script: (asked: Asked, port: number) => ReturnType<Script>;
  readonly upstream?: (port: number, resolver: string) => string;
  /** Goes in front of the configuration. */
  readonly main?: string;
}

/** Origins, a name server and a Weir that asks it; they end with the test, Weir first. */
async function startZone(
  t: TestContext,
  hosts: readonly string[],
  {
    script,
    upstream = (port, resolver) => `server app.test:${port} resolve; resolver ${resolver};`,
    main = '',
  }: ZoneOptions,
): Promise<{ weir: Weir; port: number }> {
  const there = await origins(hosts);
  const dns = await ScriptedDns.start((asked) => script(asked, there.port));
  const app = conf(upstream(there.port, dns.address));
  const weir = await startWeir({ conf: (port) => `${main}${app(port)}` });
  t.after(async () => {
    await weir.stop();
    dns.close();
    there.close();
  });
  return { weir, port: there.port };
}

/** Answers with the present rows of a zone, or the code of a failure. */
const fromRows =
  (zone: { readonly rows: Row[] | number }): Script =>
  (asked) => {
    if (asked.type !== 'A') return answer(asked);
    return typeof zone.rows === 'number'
      ? answer(asked, [], { rcode: zone.rows })
      : answer(asked, zone.rows);
  };

test('resolve: from the start, after a change within TTL + 1 s, and through NXDOMAIN and reloads', async (t) => {
  const zone: { rows: Row[] | number } = { rows: a('127.0.0.2') };
  const { weir } = await startZone(t, ['127.0.0.2', '127.0.0.3'], { script: fromRows(zone) });
  assert.deepEqual(await who(weir), ['127.0.0.2']);
  let from = weir.output.length;
  zone.rows = a('127.0.0.2', '127.0.0.3');
  await weir.waitForLine(/dns:app\.test:\d+: 1 new, 0 gone, 2 in all/, from);
  assert.deepEqual(await who(weir), ['127.0.0.2', '127.0.0.3']);
  from = weir.output.length;
  zone.rows = 3;
  await weir.waitForLine(
    /app\.test could not be resolved \(3: Host not found\); its last 2 servers are kept/,
    from,
  );
  assert.deepEqual(await who(weir), ['127.0.0.2', '127.0.0.3']);
  from = weir.output.length;
  weir.signal('SIGHUP');
  await weir.waitForLine(/could not be resolved .*; its last 2 servers are kept/, from);
  await weir.waitForLine(/generation 1 has ended/, from);
  assert.deepEqual(await who(weir), ['127.0.0.2', '127.0.0.3']);
  from = weir.output.length;
  zone.rows = a('127.0.0.3');
  await weir.waitForLine(/dns:app\.test:\d+: 0 new, 1 gone, 1 in all/, from);
  assert.deepEqual(await who(weir), ['127.0.0.3']);
});

test('events: who is learned, lost, not known, and known again', async (t) => {
  const zone: { rows: Row[] | number } = { rows: a('127.0.0.2') };
  const hook = await eventTaker();
  const { weir, port } = await startZone(t, ['127.0.0.2', '127.0.0.3'], {
    script: fromRows(zone),
    upstream: (to, resolver) => `server app.test:${to} resolve; resolver ${resolver} ipv6=off;`,
    main: `event_webhook ${hook.url};`,
  });
  t.after(() => hook.close());
  const at = (host: string) => `${host}:${port}`;
  assert.deepEqual(await hook.next(), ['server_added', 'app', at('127.0.0.2'), 'dns']);
  zone.rows = a('127.0.0.2', '127.0.0.3');
  assert.deepEqual(await hook.next(), ['server_added', 'app', at('127.0.0.3'), 'dns']);
  zone.rows = a('127.0.0.3');
  assert.deepEqual(await hook.next(), ['server_removed', 'app', at('127.0.0.2'), 'dns']);
  zone.rows = 3;
  assert.deepEqual(await hook.next(), ['source_failed', 'app', '', 'not_resolved']);
  // A reload learns nothing new, and the generation that draws back tells nothing.
  const from = weir.output.length;
  weir.signal('SIGHUP');
  assert.deepEqual(await hook.next(), ['source_failed', 'app', '', 'not_resolved']);
  assert.deepEqual(await hook.next(), ['source_failed', 'app', '', 'empty_list']);
  await weir.waitForLine(/generation 1 has ended/, from);
  zone.rows = a('127.0.0.3');
  assert.deepEqual(await hook.next(), ['source_recovered', 'app', '', 'not_resolved']);
  assert.deepEqual(await hook.next(), ['source_recovered', 'app', '', 'empty_list']);
  zone.rows = [];
  assert.deepEqual(await hook.next(), ['source_failed', 'app', '', 'empty_list']);
});

/** Takes what `event_webhook` sends, one after the other. */
async function eventTaker() {
  const events: string[][] = [];
  let wake = (): void => undefined;
  const server = createServer(async (request, response) => {
    const { endpoint, reason, type, upstream } = JSON.parse(await textOf(request));
    response.writeHead(204).end();
    events.push([type, upstream, endpoint, reason]);
    wake();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    next: async () => {
      while (events.length === 0) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
      return events.shift();
    },
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}

test('a name that is not there does not stop the start: 502, until it is', async (t) => {
  const zone: { rows: Row[] } = { rows: [] };
  const { weir } = await startZone(t, ['127.0.0.2'], {
    script: (asked) => {
      if (zone.rows.length === 0) return answer(asked, [], { rcode: 3 });
      return asked.type === 'A' ? answer(asked, zone.rows) : answer(asked);
    },
  });
  assert.equal(await get(weir), '502');
  zone.rows = a('127.0.0.2');
  await weir.waitForLine(/1 new, 0 gone, 1 in all/);
  assert.equal(await get(weir), '127.0.0.2');
});

test('service: ports and priorities from SRV', async (t) => {
  const zone = { isFirstThere: true };
  const { weir } = await startZone(t, ['127.0.0.2', '127.0.0.3'], {
    script: (asked, port) => {
      if (asked.type === 'SRV' && asked.name === '_http._tcp.app.test') {
        const rows = [`20 1 ${port} b.test`];
        if (zone.isFirstThere) rows.push(`10 1 ${port} a.test`);
        return answer(
          asked,
          rows.map((data) => ({ type: 'SRV', data, ttlSec: 1 })),
        );
      }
      if (asked.type !== 'A') return answer(asked);
      return answer(asked, a(asked.name === 'a.test' ? '127.0.0.2' : '127.0.0.3'));
    },
    upstream: (_, resolver) => `server app.test service=http resolve; resolver ${resolver};`,
  });
  assert.deepEqual(await who(weir), ['127.0.0.2']);
  const from = weir.output.length;
  zone.isFirstThere = false;
  await weir.waitForLine(/0 new, 1 gone, 1 in all/, from);
  assert.deepEqual(await who(weir), ['127.0.0.3']);
});

test('more servers than places: said so, and the others serve', async (t) => {
  const many = Array.from({ length: 100 }, (_, i) => `127.0.0.${i + 2}`);
  const { weir } = await startZone(t, ['127.0.0.2'], {
    script: (asked) => {
      if (asked.type !== 'A') return answer(asked);
      if (asked.way === 'udp') return answer(asked, [], { isTruncated: true });
      return answer(asked, a(...many));
    },
    upstream: (port, resolver) =>
      `zone app 32k; server app.test:${port} resolve; resolver ${resolver};`,
  });
  await weir.waitForLine(
    /84 of its 100 servers have no place: give upstream "app" a larger "zone"/,
  );
  assert.deepEqual(await who(weir), ['127.0.0.2']);
});

test('provider file:', async (t) => {
  const there = await origins(['127.0.0.2', '127.0.0.3']);
  const weir = await startWeir({
    conf: conf('provider file:servers interval=100ms;'),
    files: { servers: `127.0.0.2:${there.port}\n` },
  });
  t.after(async () => {
    await weir.stop();
    there.close();
  });
  assert.deepEqual(await who(weir), ['127.0.0.2']);
  const file = join(weir.folder, 'servers');
  writeFileSync(file, `["127.0.0.2:${there.port}", "127.0.0.3:${there.port}", "nonsense"]`);
  await weir.waitForLine(/skipped: "nonsense" is no address/);
  await weir.waitForLine(/1 new, 0 gone, 2 in all/);
  assert.deepEqual(await who(weir), ['127.0.0.2', '127.0.0.3']);
  rmSync(file);
  await weir.waitForLine(/no file matches .*; its last 2 servers are kept/);
  assert.deepEqual(await who(weir), ['127.0.0.2', '127.0.0.3']);
});

test('provider http:// : an empty list is not taken, until it says that it means it', async (t) => {
  const there = await origins(['127.0.0.2']);
  const web = { body: JSON.stringify([`127.0.0.2:${there.port}`]) };
  const registry = createServer((_, response) => response.end(web.body));
  registry.listen(0, '127.0.0.1');
  await once(registry, 'listening');
  const { port } = registry.address() as AddressInfo;
  const weir = await startWeir({
    conf: conf(`provider http://127.0.0.1:${port}/servers interval=100ms;`),
  });
  t.after(async () => {
    await weir.stop();
    registry.close();
    there.close();
  });
  assert.deepEqual(await who(weir), ['127.0.0.2']);
  web.body = '[]';
  await weir.waitForLine(/it names no server; its last 1 servers are kept/);
  assert.deepEqual(await who(weir), ['127.0.0.2']);
  web.body = '{"servers": [], "empty": true}';
  await weir.waitForLine(/0 new, 1 gone, 0 in all/);
  assert.deepEqual(await who(weir), ['502']);
});

test('provider: a function of weir.config.ts, also one that throws or blocks', async (t) => {
  const there = await origins(['127.0.0.2', '127.0.0.3']);
  const weir = await startWeir({
    name: 'weir.config.ts',
    conf: (port) => `import { defineConfig } from 'weir';
      let calls = 0;
      async function* servers({ upstream }: { upstream: string }) {
        if (upstream !== 'app') throw new Error(upstream);
        calls += 1;
        if (calls === 1) {
          yield ['127.0.0.2:${there.port}'];
          await new Promise((resolve) => setTimeout(resolve, 300));
          throw new Error('the registry is gone');
        }
        yield [{ server: '127.0.0.3:${there.port}', maxConns: 10 }];
        await new Promise((resolve) => setTimeout(resolve, 300));
        for (;;);
      }
      export default defineConfig({
        errorLog: 'stderr notice',
        events: {},
        http: {
          accessLog: 'off',
          upstream: { app: { provider: servers } },
          server: [{ listen: '127.0.0.1:${port}', location: { '/': { proxyPass: 'http://app' } } }],
        },
      });`,
  });
  t.after(async () => {
    await weir.stop();
    there.close();
  });
  assert.deepEqual(await who(weir), ['127.0.0.2']);
  await weir.waitForLine(/the registry is gone.*; its last 1 servers are kept/);
  assert.deepEqual(await who(weir), ['127.0.0.2']);
  await weir.waitForLine(/1 new, 1 gone, 1 in all/);
  await become(weir, ['127.0.0.3']);
  await new Promise((resolve) => setTimeout(resolve, 400)); // it blocks its thread by now
  assert.deepEqual(await who(weir), ['127.0.0.3']);
});

test('mistakes have a place and advice', async () => {
  const failures: readonly (readonly [string, RegExp])[] = [
    ['server app.test resolve;', /no resolver defined to resolve app\.test/],
    ['resolver 127.0.0.1; server app.test service=http;', /"service" needs "resolve"/],
    [
      'resolver 127.0.0.1; server app.test:80 service=http resolve;',
      /service upstream server "app\.test:80" may not have port/,
    ],
    ['resolver 127.0.0.1; server a..b resolve;', /invalid address "a\.\.b"/],
    ['provider ftp://x/;', /invalid provider "ftp:\/\/x\/".*file:pattern/s],
    ['provider file:x timeout=1s;', /invalid parameter "timeout=1s"/],
    ['provider http://[;', /invalid URL/],
    ['', /no servers are inside upstream "app"/],
  ];
  for (const [upstream, pattern] of failures) {
    const { code, stderr } = await runWeir(['-t'], { conf: conf(upstream)(8080) });
    assert.equal(code, 1, upstream);
    assert.match(stderr, pattern, upstream);
  }
});
