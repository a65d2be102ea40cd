// Upstreams that a request names: looked up while traffic flows, pooled, bounded in what they cost.

import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { ManualClock } from '#src/base/clock.ts';
import { UPSTREAM_CONNECTS, UPSTREAM_REUSES } from '#src/shared/thread-rows.ts';
import type { TransportTier } from '#src/transport/transport.ts';
import { type DnsEntry, DnsServer } from '#test/support/dns-server.ts';
import { newestWheel } from '#test/support/manners.ts';
import { ok } from '#test/support/raw-origin.ts';
import { onBothTiers, type Stage, setStage } from '#test/support/stage.ts';

const ENTRIES: Readonly<Record<string, DnsEntry>> = {
  'app.test': { ipv4: ['127.0.0.1'] },
  // Nobody listens at the second one.
  'two.test': { ipv4: ['127.0.0.1', '127.0.0.2'] },
};

async function setUp(
  t: TestContext,
  tier: TransportTier,
  location: string,
  clock?: ManualClock,
): Promise<{ dns: DnsServer; stage: Stage }> {
  const dns = await DnsServer.start(ENTRIES);
  t.after(() => dns.close());
  const stage = await setStage(t, tier, {
    scripts: [{ onRequest: ({ body, line }) => ok(`${line} ${body}`) }],
    conf: (port) => `server { listen 127.0.0.1:1; resolver 127.0.0.1:${dns.port} ipv6=off;
      resolver_timeout 5s; location / { ${location.replaceAll('PORT', String(port))} } }`,
    ...(clock === undefined ? {} : { clock }),
  });
  return { dns, stage };
}

const get = (target: string): string => `GET ${target} HTTP/1.1\r\nHost: a.test\r\n\r\n`;

onBothTiers('a host that a request names', (it) => {
  it('is looked up once, and its connections are used again', async (t, tier) => {
    const { dns, stage } = await setUp(t, tier, 'proxy_pass http://$arg_host:PORT;');
    const client = await stage.client();
    for (let count = 0; count < 3; count++) {
      client.send(get('/?host=app.test'));
      const { body } = await client.response();
      assert.equal(body.toString(), 'GET /?host=app.test HTTP/1.1 ');
    }
    assert.deepEqual(dns.asked, ['A app.test']);
    assert.equal(stage.edge.count(UPSTREAM_CONNECTS), 1);
    assert.equal(stage.edge.count(UPSTREAM_REUSES), 2);
  });

  it('is not waited for alone: body and pipelined requests follow', async (t, tier) => {
    const { dns, stage } = await setUp(t, tier, 'proxy_pass http://app.test:PORT$uri;');
    dns.isHeld = true;
    const post = 'POST /p HTTP/1.1\r\nHost: a.test\r\nContent-Length: 5\r\n\r\nhe';
    const client = await stage.client(post);
    client.send(`llo${get('/q')}`);
    const other = await stage.client(get('/o'));
    await dns.askedTimes(1);
    dns.letGo();
    assert.equal((await client.response()).body.toString(), 'POST /p HTTP/1.1 hello');
    assert.equal((await client.response()).body.toString(), 'GET /q HTTP/1.1 ');
    assert.equal((await other.response()).body.toString(), 'GET /o HTTP/1.1 ');
    assert.equal(dns.asked.length, 1);
  });

  it('is streamed to as well', async (t, tier) => {
    const location = 'proxy_pass http://app.test:PORT$uri; proxy_request_buffering off;';
    const { dns, stage } = await setUp(t, tier, location);
    dns.isHeld = true;
    const post =
      'POST /p HTTP/1.1\r\nHost: a.test\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n';
    const client = await stage.client(post);
    await dns.askedTimes(1);
    client.send('3\r\nllo\r\n0\r\n\r\n');
    dns.letGo();
    assert.equal((await client.response()).body.toString(), 'POST /p HTTP/1.1 hello');
  });

  it('has other endpoints when the first one refuses', async (t, tier) => {
    const { stage } = await setUp(t, tier, 'proxy_pass http://two.test:PORT$uri;');
    const client = await stage.client();
    for (let count = 0; count < 4; count++) {
      client.send(get('/x'));
      assert.equal((await client.response()).status, 200);
    }
  });

  it('is left alone when the client goes while it is looked up', async (t, tier) => {
    const { dns, stage } = await setUp(t, tier, 'proxy_pass http://app.test:PORT$uri;');
    dns.isHeld = true;
    const client = await stage.client(get('/x'));
    await dns.askedTimes(1);
    client.reset();
    const other = await stage.client(get('/y'));
    dns.letGo();
    assert.equal((await other.response()).body.toString(), 'GET /y HTTP/1.1 ');
    assert.equal(stage.origin.requests.length, 1);
  });

  it('is 502 when nobody answers within resolver_timeout', async (t, tier) => {
    const clock = new ManualClock(Date.now());
    const { dns, stage } = await setUp(t, tier, 'proxy_pass http://$arg_host;', clock);
    dns.isHeld = true;
    const client = await stage.client(get('/?host=app.test'));
    await dns.askedTimes(1);
    clock.advanceMs(5_100);
    newestWheel()?.advance();
    assert.equal((await client.response()).status, 502);
    assert.match(stage.edge.errors.join(), /"app.test" could not be resolved \(no answer within/);
  });

  it('says in the log what is wrong with it', async (t, tier) => {
    const { stage } = await setUp(t, tier, 'proxy_pass $arg_url;');
    const cases: [url: string, status: number, said: RegExp][] = [
      ['http://none.test/', 502, /name_not_resolved: .*"none.test" could not be resolved \(ENOTF/],
      ['https://app.test/', 500, /pass_url_invalid: .*"https:\/\/" is not built yet: "https:\/\/a/],
      ['ftp://x', 500, /pass_url_invalid: .*it does not begin with "http:\/\/": "ftp:\/\/x"/],
      ['http://app.test:0/', 500, /invalid port/],
      ['', 500, /it does not begin with "http:\/\/": ""/],
    ];
    for (const [url, status, said] of cases) {
      const client = await stage.client(get(`/?url=${url}`));
      assert.equal((await client.response()).status, status);
      assert.match(stage.edge.errors.at(-1) ?? '', said);
    }
    assert.equal(stage.edge.errors.length, cases.length);
  });

  it('is 502 without a resolver', async (t, tier) => {
    const stage = await setStage(t, tier, {
      conf: () => 'server { listen 127.0.0.1:1; location / { proxy_pass http://$arg_host; } }',
    });
    const client = await stage.client(get('/?host=app.test'));
    assert.equal((await client.response()).status, 502);
    assert.match(stage.edge.errors.join(), /no resolver defined to resolve "app.test"/);
  });

  it('cannot end the request line: blanks and line breaks stay escaped', async (t, tier) => {
    const { stage } = await setUp(t, tier, 'proxy_pass http://127.0.0.1:PORT$uri?q=$arg_q;');
    const client = await stage.client(get('/a%20b%0d%0aX:y%7f/%C3%A9?q=1'));
    const { body } = await client.response();
    assert.equal(body.toString('latin1'), 'GET /a%20b%0D%0AX:y%7F/\xc3\xa9?q=1 HTTP/1.1 ');
  });
});
