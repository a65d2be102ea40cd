// Who comes while Weir serves (SD-09), by the API, a name or a file: nothing before the first check
// has passed, then slowly more; and who was well before a reload is well after it.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { get, reload } from '#test/support/processes.ts';
import { answer, type Row, ScriptedDns } from '#test/support/scripted-dns.ts';
import { startWeir, type Weir } from '#test/support/weir.ts';

/** Answers with its address; its checks wait until `pass`, and are answered from then on. */
class Origin {
  readonly host: string;
  port = 0;
  readonly #held: ServerResponse[] = [];
  #isWell: boolean;
  #onCheck = (): void => undefined;

  private constructor(host: string, isWell: boolean) {
    this.host = host;
    this.#isWell = isWell;
  }

  static async start(t: TestContext, host: string, port: number, isWell: boolean): Promise<Origin> {
    const origin = new Origin(host, isWell);
    const server = createServer((asked, response) => {
      if (asked.url !== '/health') return void response.end(host);
      if (origin.#isWell) return void response.end('fine');
      origin.#held.push(response);
      origin.#onCheck();
    });
    server.listen(port, host);
    await once(server, 'listening');
    origin.port = (server.address() as AddressInfo).port;
    t.after(() => {
      server.close();
      server.closeAllConnections();
    });
    return origin;
  }

  get name(): string {
    return `${this.host}:${this.port}`;
  }

  /** A check waits here now. */
  async asked(): Promise<void> {
    while (this.#held.length === 0) {
      await new Promise<void>((resolve) => {
        this.#onCheck = resolve;
      });
    }
  }

  pass(): void {
    this.#isWell = true;
    for (const response of this.#held.splice(0)) response.end('fine');
  }

  /** From now on its checks wait again. */
  hang(): void {
    this.#isWell = false;
  }
}

async function origins(t: TestContext): Promise<{ old: Origin; next: Origin }> {
  const old = await Origin.start(t, '127.0.0.2', 0, true);
  return { old, next: await Origin.start(t, '127.0.0.3', old.port, false) };
}

async function start(
  t: TestContext,
  upstream: string,
  check = 'mandatory',
  files: Readonly<Record<string, string>> = {},
): Promise<Weir> {
  const weir = await startWeir({
    files,
    conf: (port) => `
      error_log stderr notice;
      worker_processes 2;
      events { }
      http {
        access_log off;
        upstream app { zone app 64k; ${upstream} }
        server {
          listen 127.0.0.1:${port};
          location / { proxy_pass http://app; health_check uri=/health interval=1s ${check}; }
          location /api { api write=on; }
        }
      }`,
  });
  t.after(() => weir.stop());
  await weir.waitForLine(/weir serves with/);
  return weir;
}

/** How many of so many requests each has answered. */
async function shares(weir: Weir, count: number): Promise<Readonly<Record<string, number>>> {
  const found: Record<string, number> = {};
  for (let sent = 0; sent < count; sent++) {
    const name = await get(weir);
    found[name] = (found[name] ?? 0) + 1;
  }
  return found;
}

async function stateOf(weir: Weir, { name }: Origin): Promise<string | undefined> {
  const reply = await fetch(weir.url('/api/9/http/upstreams/app?fields=peers'));
  const { peers } = (await reply.json()) as { peers: { server: string; state: string }[] };
  return peers.find(({ server }) => server === name)?.state;
}

async function add(weir: Weir, server: string, more: object = {}): Promise<void> {
  const body = JSON.stringify({ server, ...more });
  const path = '/api/9/http/upstreams/app/servers';
  const { status } = await fetch(weir.url(path), { method: 'POST', body });
  assert.equal(status, 201);
}

/** Nothing before its first check has passed; its share from then on. */
async function comesThroughTheGate(weir: Weir, old: Origin, next: Origin): Promise<void> {
  await next.asked();
  assert.equal(await stateOf(weir, next), 'checking');
  assert.deepEqual(await shares(weir, 20), { [old.host]: 20 });
  const from = weir.output.length;
  next.pass();
  await weir.waitForLine(new RegExp(`${next.name} is back \\(check\\)`), from);
  assert.equal(await stateOf(weir, next), 'up');
  assert.deepEqual(await shares(weir, 20), { [old.host]: 10, [next.host]: 10 });
}

describe('a server that comes while others serve', () => {
  it('by the API, gets nothing before its first check has passed', async (t) => {
    const { next, old } = await origins(t);
    const weir = await start(t, `server ${old.name};`);
    await add(weir, next.name);
    await comesThroughTheGate(weir, old, next);
  });

  it('by DNS, gets nothing before its first check has passed', async (t) => {
    const { next, old } = await origins(t);
    const zone: { rows: Row[] } = { rows: rowsOf(old.host) };
    const dns = await ScriptedDns.start((asked) => {
      return asked.type === 'A' ? answer(asked, zone.rows) : answer(asked);
    });
    t.after(() => dns.close());
    const name = `server app.test:${old.port} resolve; resolver ${dns.address} ipv6=off;`;
    const weir = await start(t, name);
    await weir.waitForLine(new RegExp(`${old.name} is back \\(check\\)`));
    zone.rows = rowsOf(old.host, next.host);
    await comesThroughTheGate(weir, old, next);
  });

  it('by a file, gets nothing before its first check has passed', async (t) => {
    const { next, old } = await origins(t);
    const weir = await start(t, `server ${old.name}; provider file:more.list interval=1s;`);
    writeFileSync(join(weir.folder, 'more.new'), `${next.name}\n`);
    renameSync(join(weir.folder, 'more.new'), join(weir.folder, 'more.list'));
    await comesThroughTheGate(weir, old, next);
  });

  it('begins slowly when its first check has passed, not when it came', async (t) => {
    const { next, old } = await origins(t);
    const weir = await start(t, `server ${old.name};`);
    await add(weir, next.name, { slow_start: '1h' });
    await next.asked();
    const from = weir.output.length;
    next.pass();
    await weir.waitForLine(new RegExp(`${next.name} is back \\(check\\)`), from);
    const { [next.host]: few = 0 } = await shares(weir, 40);
    assert.ok(few <= 4, `${few} of 40, though it has just begun`);
  });

  it('by the API beside a name in the file of `state`, leaves that name there', async (t) => {
    const { next, old } = await origins(t);
    next.pass();
    const dns = await ScriptedDns.start((asked) => {
      return asked.type === 'A' ? answer(asked, rowsOf(old.host)) : answer(asked);
    });
    t.after(() => dns.close());
    const line = `server app.test:${old.port} resolve;\n`;
    const upstream = `state app.state; resolver ${dns.address} ipv6=off;`;
    const weir = await start(t, upstream, 'mandatory', { 'app.state': line });
    await weir.waitForLine(new RegExp(`${old.name} is back \\(check\\)`));
    const from = weir.output.length;
    await add(weir, next.name);
    assert.equal(
      readFileSync(join(weir.folder, 'app.state'), 'utf8'),
      `server ${next.name};\n${line}`,
    );
    await weir.waitForLine(new RegExp(`${next.name} is back \\(check\\)`), from);
    const both = { [old.host]: 10, [next.host]: 10 };
    assert.deepEqual(await shares(weir, 20), both);
    await reload(weir);
    while (String(Object.values(await shares(weir, 20))) !== '10,10');
    const { pid } = (await (await fetch(weir.url('/api/9/nginx'))).json()) as { pid: number };
    await add(weir, '127.0.0.4:1', { down: true });
    process.kill(pid, 'SIGKILL');
    await weir.waitForLine(/generation 3 serves/);
    while (String(Object.values(await shares(weir, 20))) !== '10,10');
  });

  it('with `persistent` is well after a reload before it is checked again, else it is not', async (t) => {
    for (const isPersistent of [true, false]) {
      const { next, old } = await origins(t);
      const check = isPersistent ? 'mandatory persistent' : 'mandatory';
      const weir = await start(t, 'state app.state;', check);
      await add(weir, old.name);
      await weir.waitForLine(new RegExp(`${old.name} is back \\(check\\)`));
      await add(weir, next.name);
      await comesThroughTheGate(weir, old, next);
      next.hang();
      await reload(weir);
      await next.asked();
      assert.equal(await stateOf(weir, next), isPersistent ? 'up' : 'checking');
      const { [next.host]: count = 0 } = await shares(weir, 20);
      assert.equal(count, isPersistent ? 10 : 0);
    }
  });
});

function rowsOf(...hosts: string[]): Row[] {
  return hosts.map((data) => ({ type: 'A', data, ttlSec: 1 }));
}
