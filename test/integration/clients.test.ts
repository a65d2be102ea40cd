// Programs that people use, getting pages through the real bin/weir, on both transport tiers.

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { Agent, type IncomingMessage, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { CustomAnswer } from '#native-bench/origin/answer.ts';
import { type Origin, type Respond, startOrigin } from '#native-bench/origin/origin.ts';
import { requirePeer } from '#test/support/peers.ts';
import { run, startWeir, type Weir } from '#test/support/weir.ts';

const PAGE = `<!doctype html><title>through weir</title><p id="out">empty</p>
<script src="/app.js"></script>`;
const SCRIPT = `document.getElementById('out').textContent = 'written by app.js';`;
const LARGE = Buffer.alloc(1_000_000, 'weir carries this line to the end\n');

const respond: Respond = (asked): CustomAnswer => {
  const type = (name: string): readonly [string, string] => ['Content-Type', name];
  switch (asked.target) {
    case '/page':
      return { body: PAGE, fields: [type('text/html')] };
    case '/app.js':
      return { body: SCRIPT, fields: [type('text/javascript')] };
    case '/large':
      return { body: LARGE };
    case '/large-chunked':
      return { body: LARGE, chunkBytes: 7000 };
    default:
      return { body: `${asked.method} ${asked.target} ${asked.bodyBytes} ${asked.bodySha256}` };
  }
};

for (const tier of ['fast', 'portable']) {
  describe(`through the ${tier} transport`, () => {
    let origin: Origin;
    let weir: Weir;

    before(async () => {
      origin = await startOrigin({ respond });
      weir = await startWeir({
        env: { WEIR_TRANSPORT: tier },
        conf: (port) => `
          worker_processes 2;
          events { }
          http {
            upstream pages { server 127.0.0.1:${origin.port}; keepalive 8; }
            server { listen 127.0.0.1:${port}; location / { proxy_pass http://pages; } }
          }`,
      });
    });

    after(async () => {
      await weir?.stop();
      await origin?.close();
    });

    it('curl gets several pages over one connection', requirePeer('curl'), async () => {
      const format = ['-sS', '-w', '%{http_code} %{num_connects}\n'];
      const urls = ['/one', '/two', '/three'].map((path) => weir.url(path));
      const { stdout, code, stderr } = await run('curl', [...format, '--fail', ...urls]);
      assert.equal(code, 0, stderr);
      assert.equal(stdout, 'GET /one 0 200 1\nGET /two 0 200 0\nGET /three 0 200 0\n');
    });

    it('curl sends a body with Expect: 100-continue', requirePeer('curl'), async () => {
      const args = ['-sS', '--fail', '-H', 'Expect: 100-continue', '--data-binary', '@-'];
      const body = 'x'.repeat(200_000);
      const { stdout, code, stderr } = await run('curl', [...args, weir.url('/up')], {
        input: body,
      });
      assert.equal(code, 0, stderr);
      assert.equal(stdout, `POST /up 200000 ${sha256(body)}`);
    });

    it('wget gets a large body, with a length and chunked', requirePeer('wget'), async () => {
      for (const path of ['/large', '/large-chunked']) {
        const { stdout, code, stderr } = await run('wget', ['-q', '-O', '-', weir.url(path)]);
        assert.equal(code, 0, stderr);
        assert.equal(sha256(stdout), sha256(LARGE), path);
      }
    });

    it('chromium shows a page and runs its script', requirePeer('chromium'), async () => {
      const profile = mkdtempSync(join(tmpdir(), 'weir-chromium-'));
      try {
        const { stdout, code } = await run('chromium', [
          ...['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run'],
          ...['--disable-background-networking', '--disable-component-update', '--disable-sync'],
          ...[`--user-data-dir=${profile}`, '--dump-dom', weir.url('/page')],
        ]);
        assert.match(stdout, /<title>through weir<\/title>/);
        assert.match(stdout, /<p id="out">written by app\.js<\/p>/);
        assert.equal(code, 0);
      } finally {
        rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
      }
    });

    it("Node's http client reuses its connection for GET, HEAD and chunked POST", async () => {
      const agent = new Agent({ keepAlive: true, maxSockets: 1 });
      try {
        const localPorts = new Set<number | undefined>();
        const ask = async (method: string, path: string, pieces: readonly string[] = []) => {
          const sent = request(weir.url(path), { method, agent });
          for (const piece of pieces) sent.write(piece);
          sent.end();
          const [response] = (await once(sent, 'response')) as [IncomingMessage];
          localPorts.add(response.socket.localPort);
          response.setEncoding('utf8');
          let text = '';
          for await (const piece of response) text += piece;
          return { status: response.statusCode, text };
        };
        assert.deepEqual(await ask('GET', '/a'), { status: 200, text: 'GET /a 0 ' });
        assert.deepEqual(await ask('HEAD', '/b'), { status: 200, text: '' });
        const pieces = ['first ', 'second ', 'third'];
        const digest = sha256(pieces.join(''));
        assert.deepEqual(await ask('POST', '/c', pieces), {
          status: 200,
          text: `POST /c 18 ${digest}`,
        });
        assert.equal(sha256((await ask('GET', '/large-chunked')).text), sha256(LARGE));
        assert.equal(localPorts.size, 1, 'four requests, one connection');
      } finally {
        agent.destroy();
      }
    });

    it("Node's http client sends twenty requests at once", async () => {
      const agent = new Agent({ keepAlive: true, maxSockets: 20 });
      try {
        const answers = Array.from({ length: 20 }, async (_, index) => {
          const sent = request(weir.url(`/many/${index}`), { agent }).end();
          const [response] = (await once(sent, 'response')) as [IncomingMessage];
          response.setEncoding('utf8');
          let text = '';
          for await (const piece of response) text += piece;
          return text;
        });
        const expected = Array.from({ length: 20 }, (_, index) => `GET /many/${index} 0 `);
        assert.deepEqual(await Promise.all(answers), expected);
      } finally {
        agent.destroy();
      }
    });
  });
}

function sha256(data: string | Buffer): string {
  return createHash('sha256').update(data).digest('hex');
}
