// `max_fails` and `fail_timeout` in Debian's nginx (with `zone`) and in Weir: the same sequences of
// failures, and the same endpoints are asked. `hash` picks, so that who is asked first tells who is in.

import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { Random } from '#test/fuzz/random.ts';
import { ANY_PORT, startEdge } from '#test/support/edge.ts';
import { startNginx } from '#test/support/nginx.ts';
import { requirePeer } from '#test/support/peers.ts';
import { RawClient } from '#test/support/raw-client.ts';
import { ok, RawOrigin, type SeenRequest } from '#test/support/raw-origin.ts';

const SEED = 7;
const SEQUENCES = 40;
const REQUESTS = 24;
const KEYS = 12;
const NOBODY_LEFT = 'and nobody is left';
/** Long enough that nothing comes back while the test runs. */
const LONG = 'fail_timeout=1000s';
/** Parameters of the three servers; an upstream each, for every sequence. */
const SETS: readonly (readonly string[])[] = [
  [`max_fails=1 ${LONG}`, `max_fails=1 ${LONG}`, `max_fails=1 ${LONG}`],
  [`max_fails=2 ${LONG}`, `max_fails=3 ${LONG}`, `max_fails=1 ${LONG}`],
  [`max_fails=0 ${LONG}`, `max_fails=2 ${LONG}`, `max_fails=2 ${LONG} weight=3`],
  [`max_fails=2 ${LONG}`, `max_fails=1 ${LONG}`, 'down'],
  [`max_fails=1 ${LONG}`], // alone: never out
];

/** `/?k=key&fail=ab`: the origins a and b answer 500. */
async function startOrigins(t: TestContext): Promise<number[]> {
  const ports: number[] = [];
  for (const name of ['a', 'b', 'c']) {
    const answer = ({ line }: SeenRequest): string => {
      const failing = /fail=([abc]*)/.exec(line)?.[1] ?? '';
      return failing.includes(name) ? 'HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n' : ok(name);
    };
    const origin = await RawOrigin.start({ onRequest: answer });
    t.after(() => origin.close());
    ports.push(origin.port);
  }
  return ports;
}

/** Both of them, over the same origins. */
class Both {
  readonly #clients: readonly RawClient[];
  readonly #names: ReadonlyMap<string, string>;

  private constructor(clients: readonly RawClient[], ports: readonly number[]) {
    this.#clients = clients;
    this.#names = new Map(ports.map((port, at) => [`127.0.0.1:${port}`, 'abc'[at] ?? '']));
  }

  static async start(t: TestContext, upstreams: readonly (readonly string[])[]): Promise<Both> {
    const ports = await startOrigins(t);
    const blocks = upstreams.map((servers, at) => {
      const lines = servers.map((words, n) => `server 127.0.0.1:${ports[n]} ${words};`);
      return `upstream u${at} { zone u${at} 64k; hash $arg_k; OURS ${lines.join(' ')} }
        server {
          listen LISTEN; server_name u${at};
          location / {
            proxy_pass http://u${at};
            proxy_next_upstream error timeout http_500;
            add_header X-Tried $upstream_addr always;
          }
        }`;
    });
    const conf = (listen: string, ours = '') => `
      proxy_http_version 1.1; proxy_set_header Connection ""; keepalive_requests 100000;
      server_names_hash_max_size 4096;
      ${blocks.join('\n').replaceAll('LISTEN', listen).replaceAll('OURS', ours)}`;
    const nginx = await startNginx((port) => conf(`127.0.0.1:${port}`));
    t.after(() => nginx.close());
    const edge = startEdge({ tier: 'fast', conf: conf(ANY_PORT, 'retry_budget off;') });
    t.after(() => edge.close());
    const clients: RawClient[] = [];
    for (const port of [nginx.port, edge.port]) {
      const client = await RawClient.connect(port);
      t.after(() => client.close());
      clients.push(client);
    }
    return new Both(clients, ports);
  }

  /** What each says, nginx first: the status, and who was asked, in order (`-`: nobody). */
  async ask(upstream: number, key: string, failing: string): Promise<string[]> {
    const said: string[] = [];
    for (const client of this.#clients) said.push(await this.#ask(client, upstream, key, failing));
    return said;
  }

  /** Each is asked until that endpoint is the first one it tries. */
  async until(first: string, upstream: number, key: string, failing: string): Promise<string[]> {
    const said: string[] = [];
    for (const client of this.#clients) {
      let answer = '';
      while (!answer.includes(` ${first}`)) {
        answer = await this.#ask(client, upstream, key, failing);
      }
      said.push(answer);
    }
    return said;
  }

  async #ask(client: RawClient, upstream: number, key: string, failing: string): Promise<string> {
    client.send(`GET /?k=${key}&fail=${failing} HTTP/1.1\r\nHost: u${upstream}\r\n\r\n`);
    const { fields, status } = await client.response();
    const tried = (fields.get('x-tried')?.join() ?? '').split(', ');
    const names = tried.map((address) => this.#names.get(address) ?? '-').join('');
    // Nobody is left for another try (differences.md): nginx says 502 in place of what the last one
    // said, and counts a failure.
    return /^[abc]+-$/.test(names)
      ? `500 ${names.slice(0, -1)} ${NOBODY_LEFT}`
      : `${status} ${names}`;
  }
}

test('failures put endpoints out as in nginx', requirePeer('nginx'), async (t) => {
  const upstreams = Array.from(
    { length: SEQUENCES },
    (_, at) => SETS[at % SETS.length] as readonly string[],
  );
  const both = await Both.start(t, upstreams);
  const random = new Random(SEED);
  const below = (count: number) => Math.floor(random.next() * count);
  const differences: string[] = [];
  let outs = 0;
  for (let upstream = 0; upstream < SEQUENCES; upstream++) {
    const story: string[] = [];
    for (let count = 0; count < REQUESTS; count++) {
      const failing = ['a', 'b', 'c'].filter(() => below(4) === 0).join('');
      const key = `key-${below(KEYS)}`;
      const [theirs = '', ours = ''] = await both.ask(upstream, key, failing);
      story.push(`${key} ${failing}: ${ours}`);
      if (theirs === ours) continue;
      if (theirs === `${ours} ${NOBODY_LEFT}`) outs += 1;
      else
        differences.push(`${upstreams[upstream]?.join('; ')}: ${story.join(', ')}, not ${theirs}`);
      break;
    }
  }
  assert.deepEqual(differences, []);
  assert.ok(outs > 0, 'no sequence ended with nobody left');
});

test('after fail_timeout there is one trial, as in nginx', requirePeer('nginx'), async (t) => {
  const server = 'max_fails=2 fail_timeout=1s';
  const both = await Both.start(t, [[server, server, server]]);
  let key = 'key';
  for (let n = 0; !(await both.ask(0, key, '')).every((said) => said === '200 a'); n++) {
    key = `key-${n}`;
  }
  const same = async (failing: string, expected: RegExp): Promise<void> => {
    const [theirs = '', ours = ''] = await both.ask(0, key, failing);
    assert.match(theirs, expected);
    assert.equal(ours, theirs);
  };
  await same('a', /^200 a[bc]$/);
  await same('a', /^200 a[bc]$/);
  await same('', /^200 [bc]$/); // out
  await both.until('a', 0, key, 'a'); // the trial fails
  await same('', /^200 [bc]$/);
  await both.until('a', 0, key, ''); // and the next one succeeds: all is forgotten
  await same('a', /^200 a[bc]$/);
  await same('', /^200 a$/);
});
