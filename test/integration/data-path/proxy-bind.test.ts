// proxy_bind: where connections to endpoints come from, and that they are not mixed up.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { UPSTREAM_CONNECTS } from '#src/shared/thread-rows.ts';
import { ANY_PORT, startEdge } from '#test/support/edge.ts';
import { freePort } from '#test/support/free-port.ts';
import { startNginx } from '#test/support/nginx.ts';
import { requirePeer } from '#test/support/peers.ts';
import { RawClient } from '#test/support/raw-client.ts';
import {
  type OriginConnection,
  ok,
  RawOrigin,
  type SeenRequest,
} from '#test/support/raw-origin.ts';
import { onBothTiers, setStage } from '#test/support/stage.ts';

const get = (target: string): string => `GET ${target} HTTP/1.1\r\nHost: a.test\r\n\r\n`;

const SCRIPT = {
  onRequest: (_request: unknown, { remoteAddress }: { remoteAddress: string }) => ok(remoteAddress),
};

onBothTiers('proxy_bind', (it) => {
  it('calls from that address; connections from different ones are not mixed', async (t, tier) => {
    const stage = await setStage(t, tier, {
      scripts: [SCRIPT],
      conf: (port) => `upstream app { server 127.0.0.1:${port}; }
        server { listen 127.0.0.1:1; proxy_bind 127.0.0.3;
          location / { proxy_pass http://app; }
          location /four { proxy_pass http://app; proxy_bind 127.0.0.4; }
          location /off { proxy_pass http://app; proxy_bind off; }
          location /var { proxy_pass http://app; proxy_bind $arg_from; }
          location /both { proxy_pass http://127.0.0.1:$arg_port; proxy_bind $arg_from; }
          location /name { proxy_pass http://127.0.0.1:$arg_port; } }`,
    });
    const client = await stage.client();
    const { port } = stage.origin;
    const cases = [
      ['/', '127.0.0.3'],
      ['/four', '127.0.0.4'],
      ['/off', '127.0.0.1'],
      ['/var?from=127.0.0.5', '127.0.0.5'],
      ['/var?from=127.0.0.3', '127.0.0.3'],
      ['/var', '127.0.0.1'],
      [`/both?from=127.0.0.6&port=${port}`, '127.0.0.6'],
      [`/name?port=${port}`, '127.0.0.3'],
    ] as const;
    for (let turn = 0; turn < 2; turn++) {
      for (const [target, from] of cases) {
        client.send(get(target));
        assert.equal((await client.response()).body.toString(), from, target);
      }
    }
    // Of the app .3 .4 .5 and none; of what the variables name .6 and .3. Each was used again.
    assert.equal(stage.edge.count(UPSTREAM_CONNECTS), 6);
  });

  it('goes on without an address that is none, and says so', async (t, tier) => {
    const location = 'proxy_bind $arg_from;';
    const stage = await setStage(t, tier, { scripts: [SCRIPT], location });
    const client = await stage.client(get('/?from=1.2.3'));
    assert.equal((await client.response()).body.toString(), '127.0.0.1');
    assert.match(stage.edge.errors.join(), /\[error\].*invalid local address "1.2.3", client: 127/);
  });

  it('is 500 with an address of another machine, once in the log; the endpoint has not failed', async (t, tier) => {
    const stage = await setStage(t, tier, {
      scripts: [SCRIPT, SCRIPT],
      location: 'proxy_bind $arg_from;',
    });
    const client = await stage.client();
    for (let count = 0; count < 4; count++) {
      client.send(get('/?from=192.0.2.1'));
      assert.equal((await client.response()).status, 500);
      assert.equal(stage.edge.errors.length, count + 1);
    }
    assert.match(stage.edge.errors[0] ?? '', /local_address_failed: the address of proxy_bind/);
    const { endpoints } = stage.edge.shared;
    assert.deepEqual([endpoints.failures(0), endpoints.failures(1)], [0, 0]);
    client.send(get('/'));
    assert.equal((await client.response()).status, 200);
  });

  it('takes a port', async (t, tier) => {
    const from = await freePort();
    const stage = await setStage(t, tier, {
      scripts: [SCRIPT],
      location: `proxy_bind 127.0.0.1:${from};`,
    });
    const client = await stage.client(get('/'));
    await client.response();
    assert.equal(stage.origin.connections[0]?.remotePort, from);
  });
});

const VALUES = ['127.0.0.7', '', 'x', '127.0.0.7:', '[::1]', '::1', '192.0.2.1', '127.0.0.1:99999'];

test('proxy_bind of nginx and of Weir are alike', requirePeer('nginx'), async (t) => {
  const origin = await RawOrigin.start(SCRIPT);
  t.after(() => origin.close());
  const server = `location / { proxy_pass http://127.0.0.1:${origin.port}; proxy_bind $arg_from; }`;
  const nginx = await startNginx((port) => `server { listen 127.0.0.1:${port}; ${server} }`);
  t.after(() => nginx.close());
  const edge = startEdge({ tier: 'fast', conf: `server { listen ${ANY_PORT}; ${server} }` });
  t.after(() => edge.close());
  for (const value of VALUES) {
    const answers: string[] = [];
    for (const port of [nginx.port, edge.port]) {
      const client = await RawClient.connect(port);
      t.after(() => client.close());
      client.send(get(`/?from=${value}`));
      const { body, status } = await client.response();
      answers.push(`${status} ${status === 200 ? body.toString() : ''}`);
    }
    assert.equal(answers[1], answers[0], value);
  }
});

/** An address that this machine has not: documentation (RFC 5737). */
const FOREIGN = '192.0.2.7';

onBothTiers('proxy_bind transparent', (it) => {
  it('calls from an address that need not be ours', async (t, tier) => {
    // Of the loopback: the answers find back without a route of their own.
    const stage = await setStage(t, tier, {
      scripts: [SCRIPT],
      conf: (port) => `server { listen 127.0.0.1:1;
        location / { proxy_pass http://127.0.0.1:${port}; proxy_bind $arg_from transparent; }
        location /fixed { proxy_pass http://127.0.0.1:${port}; proxy_bind 127.0.0.9 transparent; } }`,
    });
    const client = await stage.client();
    const own = await freePort();
    for (const [target, from] of [
      ['/?from=127.0.0.8', '127.0.0.8'],
      ['/?from=127.0.0.8', '127.0.0.8'],
      [`/?from=127.0.0.6:${own}`, '127.0.0.6'],
      ['/fixed', '127.0.0.9'],
      ['/?from=', '127.0.0.1'],
    ] as const) {
      client.send(get(target));
      const { body, status } = await client.response();
      assert.deepEqual([status, body.toString()], [200, from], target);
    }
    client.send(get('/?from=::1'));
    assert.equal((await client.response()).status, 500); // the other family
  });

  it('binds to a foreign address, where the plain one cannot', async (t, tier) => {
    const stage = await setStage(t, tier, {
      scripts: [SCRIPT],
      conf: (port) => `server { listen 127.0.0.1:1; proxy_connect_timeout 100ms;
        location / { proxy_pass http://127.0.0.1:${port}; proxy_bind ${FOREIGN}; }
        location /transparent { proxy_pass http://127.0.0.1:${port};
          proxy_bind ${FOREIGN} transparent; } }`,
    });
    const client = await stage.client(get('/'));
    assert.equal((await client.response()).status, 500);
    assert.match(stage.edge.errors.join(''), /local_address_failed/);
    client.send(get('/transparent'));
    // The origin's answers to that address leave the machine: nobody is connected.
    const { status } = await client.response();
    assert.ok(status === 504 || status === 502, String(status));
    assert.doesNotMatch(stage.edge.errors.join(''), /transparent_refused/);
  });
});

onBothTiers('proxy_bind_dynamic', (it) => {
  for (const dynamic of ['on', 'off']) {
    it(`works the address out for each try, or once (${dynamic})`, async (t, tier) => {
      const from: string[] = [];
      const note = (_: unknown, connection: { remoteAddress: string; reset(): void }) => {
        from.push(connection.remoteAddress);
        connection.reset();
        return undefined;
      };
      const stage = await setStage(t, tier, {
        scripts: [{ onRequest: note }, { onRequest: note }],
        conf: (...ports) => `
          upstream app { ${ports.map((port) => `server 127.0.0.1:${port};`).join(' ')} }
          map $upstream_addr $from { "" 127.0.0.3; volatile; default 127.0.0.4; }
          server { listen 127.0.0.1:1; proxy_bind_dynamic ${dynamic};
            location / { proxy_pass http://app; proxy_bind $from; } }`,
      });
      const client = await stage.client(get('/'));
      assert.equal((await client.response()).status, 502);
      assert.deepEqual(from, ['127.0.0.3', dynamic === 'on' ? '127.0.0.4' : '127.0.0.3']);
    });
  }
});

onBothTiers('proxy_request_dynamic', (it) => {
  for (const dynamic of ['on', 'off']) {
    it(`is how every request is made (${dynamic})`, async (t, tier) => {
      const seen: string[] = [];
      const note = {
        onRequest: (request: SeenRequest, connection: OriginConnection) => {
          seen.push(request.fields.get('x-tried')?.join() ?? 'none');
          connection.reset();
          return undefined;
        },
      };
      const stage = await setStage(t, tier, {
        scripts: [note, note],
        conf: (first, second) => `
          upstream app { server 127.0.0.1:${first}; server 127.0.0.1:${second}; }
          map $upstream_status $tried { volatile; "" first; default again; }
          server { listen 127.0.0.1:1; proxy_request_dynamic ${dynamic};
            location / { proxy_pass http://app; proxy_set_header X-Tried $tried; } }`,
      });
      const client = await stage.client(get('/'));
      assert.equal((await client.response()).status, 502);
      assert.deepEqual(seen, ['first', 'again']);
    });
  }
});
