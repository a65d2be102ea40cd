// docs/embedding.md: a Weir that a Node program starts, reloads, asks and ends.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { describe, it } from 'node:test';
import { pathToFileURL } from 'node:url';
import { startOrigin } from '#native-bench/origin/origin.ts';
import { accepts, freePort } from '#test/support/free-port.ts';
import { run } from '#test/support/weir.ts';
import { createWeir, WeirRefusedError } from '#workers/embed.ts';

const ROOT = resolve(import.meta.dirname, '../..');
const PAGE = readFileSync(join(ROOT, 'docs/embedding.md'), 'utf8');
const EXAMPLE = /```ts\n([\s\S]*?)```/.exec(PAGE)?.[1] ?? '';
/** What the package's exports say, in a checkout. */
const EMBED = pathToFileURL(join(ROOT, 'workers/embed.ts')).href;

const returning = (port: number, text: string) =>
  `error_log stderr crit; worker_processes 2; events {}
   http { access_log off; server { listen 127.0.0.1:${port}; return 200 "${text}"; } }`;

async function body(port: number): Promise<string> {
  const headers = { connection: 'close' };
  return await (await fetch(`http://127.0.0.1:${port}/`, { headers })).text();
}

describe('an embedded Weir', () => {
  it('is what docs/embedding.md shows', async (t) => {
    const folder = mkdtempSync(join(tmpdir(), 'weir-embed-'));
    t.after(() => rmSync(folder, { recursive: true, force: true }));
    const port = await freePort();
    const program = EXAMPLE.replace("'weir/embed'", JSON.stringify(EMBED)).replace(
      '8080',
      `${port}`,
    );
    writeFileSync(join(folder, 'program.ts'), program);
    const { code, stdout, stderr } = await run(process.execPath, ['program.ts'], { cwd: folder });
    assert.equal(code, 0, stderr);
    assert.equal(stdout, '0 requests so far\n');
    assert.equal(await accepts(port), false);
  });

  it('serves, counts, takes another configuration and ends', async (t) => {
    const origin = await startOrigin({ respond: () => ({ body: 'origin' }) });
    t.after(() => origin.close());
    const port = await freePort();
    const weir = await createWeir({
      conf: `error_log stderr crit; events {} http { access_log off;
        upstream one { server 127.0.0.1:${origin.port} weight=3; }
        server { listen 127.0.0.1:${port}; location / { proxy_pass http://one; } } }`,
    });
    t.after(() => weir.stop({ now: true }));
    assert.equal(await body(port), 'origin');
    const { generation, masterPid, requests, upstreams } = await weir.status();
    assert.deepEqual([generation, masterPid, requests.total], [1, weir.pid, 1]);
    const name = `127.0.0.1:${origin.port}`;
    const [one] = upstreams;
    const [first] = one?.endpoints ?? [];
    assert.ok(first !== undefined);
    const { busySeconds, ...endpoint } = first;
    assert.deepEqual([one?.name, one?.policy], ['one', 'round_robin']);
    const counts = { active: 0, requests: 1, failures: 0, errorAnswers: 0 };
    assert.deepEqual(endpoint, { name, weight: 3, ...counts });
    assert.ok(busySeconds > 0);

    const reloads = [weir.reload(returning(port, 'second')), weir.reload(returning(port, 'third'))];
    await Promise.all(reloads);
    assert.equal(await body(port), 'third');
    await assert.rejects(weir.reload('events {} http { lisen 80; sendfil on; }'), (error) => {
      assert.ok(error instanceof WeirRefusedError);
      assert.match(error.lines[0] ?? '', /unknown directive "lisen".*:1/);
      assert.equal(error.lines.length, 2);
      return true;
    });
    assert.equal(await body(port), 'third');
    await weir.reload();
    assert.equal((await weir.status()).lastReload?.result, 'ok');

    await weir.stop();
    assert.equal(await weir.ended, 'exit code 0');
    assert.equal(await accepts(port), false);
    await assert.rejects(weir.status(), /this Weir has ended: exit code 0/);
    await weir.stop(); // again, without effect
  });

  it('is refused with all that is wrong, and leaves nothing running', async () => {
    await assert.rejects(createWeir({ file: '/nowhere/weir.conf' }), (error) => {
      assert.ok(error instanceof WeirRefusedError);
      assert.match(error.message, /open\(\) "\/nowhere\/weir.conf" failed \(2: /);
      return true;
    });
    await assert.rejects(createWeir({}), /takes one of "file" and "conf"/);
  });

  it('says when its processes end by themselves', async (t) => {
    const port = await freePort();
    const weir = await createWeir({ conf: returning(port, 'x') });
    t.after(() => weir.stop({ now: true }));
    process.kill(weir.pid, 'SIGTERM');
    assert.equal(await weir.ended, 'exit code 0');
  });

  it('ends with a program that is killed', async () => {
    const port = await freePort();
    const program = `import { createWeir } from ${JSON.stringify(EMBED)};
      const weir = await createWeir({ conf: ${JSON.stringify(returning(port, 'x'))} });
      console.log(weir.pid);`;
    const args = ['--input-type=module-typescript', '-e', program];
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    const [line] = (await once(createInterface(child.stdout), 'line')) as [string];
    assert.equal(await body(port), 'x');
    child.kill('SIGKILL');
    while (isAlive(Number(line)) || (await accepts(port))) await new Promise(setImmediate);
  });
});

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
