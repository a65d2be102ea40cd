/** The same tables in Debian's nginx and in Weir: the same answers. */
import assert from 'node:assert/strict';
import { Agent, request } from 'node:http';
import { after, before, describe, it } from 'node:test';
import fc from 'fast-check';
import { type Nginx, startNginx } from '#test/support/nginx.ts';
import { requirePeer } from '#test/support/peers.ts';
import { startWeir, type Weir } from '#test/support/weir.ts';

/** Keys asked about in one request, each by a block of its own. */
const WIDTH = 50;
const SPLIT_KEYS = 10_000;
const MAP_COUNT = 20;
const GEO_COUNT = 20;
const ROUNDS = 40;
const SEED = 5;

const column = (name: string, count: number) => {
  return Array.from({ length: count }, (_, i) => `$${name}${i}`).join('|');
};

function sample<T>(arbitrary: fc.Arbitrary<T>, count: number, seed = SEED): T[] {
  return fc.sample(arbitrary, { numRuns: count, seed });
}

const label = fc.constantFrom('a', 'B', 'www', 'x-1', 'org');
const hostName = fc.array(label, { minLength: 1, maxLength: 4 }).map((labels) => labels.join('.'));
const hostKey = fc.oneof(
  hostName,
  hostName.map((name) => `*.${name}`),
  hostName.map((name) => `.${name}`),
  hostName.map((name) => `${name}.*`),
);
const byte = fc.constantFrom(0, 1, 10, 127, 128, 255);
const v4 = fc.tuple(byte, byte, byte, byte).map((bytes) => bytes.join('.'));
const group = fc.constantFrom('0', '1', '7fff', 'ffff');
const v6 = fc.array(group, { minLength: 8, maxLength: 8 }).map((groups) => groups.join(':'));
const network = fc.oneof(
  fc.tuple(v4, fc.integer({ min: 0, max: 32 })).map(([at, prefix]) => `${at}/${prefix}`),
  fc.tuple(v6, fc.integer({ min: 0, max: 128 })).map(([at, prefix]) => `${at}/${prefix}`),
  v4,
);

/** Only keys that do not conflict: a configuration that nginx takes. */
function hostLines(keys: readonly string[]): string {
  const taken = new Set<string>();
  const lines = keys.flatMap((key, i) => {
    const lower = key.toLowerCase();
    const forms = lower.startsWith('.') ? [lower.slice(1), `*${lower}`] : [lower];
    if (forms.some((form) => taken.has(form))) return [];
    for (const form of forms) taken.add(form);
    return [`${key} r${i};`];
  });
  return lines.join(' ');
}

function conf(port: number): string {
  const splits = Array.from({ length: WIDTH }, (_, i) => {
    return `split_clients $arg_k${i} $s${i} { 0.01% t; 12.34% a; ${(i % 40) + 1}.5% b; 20% c; ${i % 2 === 0 ? '* d;' : ''} }`;
  });
  const maps = sample(fc.array(hostKey, { minLength: 5, maxLength: 25 }), MAP_COUNT).map(
    (keys, i) =>
      `map $arg_h${i} $m${i} { hostnames; ${hostLines(keys)} ${i % 2 === 0 ? 'default d$arg_h0;' : ''} }`,
  );
  const geos = sample(fc.array(network, { maxLength: 30 }), GEO_COUNT).map((networks, i) => {
    const unique = [...new Set(networks)].map((text, j) => `${text} r${j};`).join(' ');
    const gone = i % 3 === 0 && networks[0] !== undefined ? `delete ${networks[0]};` : '';
    const proxies =
      i % 2 === 0
        ? `proxy 10.0.0.0/8; proxy 1.0.0.0/8; proxy 7fff::/16; ${i % 4 === 0 ? 'proxy_recursive;' : ''}`
        : '';
    return `geo $arg_i${i} $g${i} { ${i % 5 === 0 ? '' : 'default d;'} ${proxies} ${unique} ${gone} }`;
  });
  return `
    ${[...splits, ...maps, ...geos].join('\n')}
    geo $arg_i0 $range { ranges; default d; 0.0.0.0-0.255.255.255 a; 10.0.0.0-10.127.255.255 b;
      10.1.0.0-10.1.255.255 c; 127.0.0.1-128.0.0.1 e; delete 10.10.0.0-10.10.255.255;
      255.0.0.0-255.255.255.254 f; }
    geo $client { default other; 127.0.0.0/8 local; }
    map $m0$g0 $chain { default "$client <$arg_h1>"; d x; }
    map $arg_plain $plain { "" empty; a A; \\default word; ü umlaut; "x y" space; }
    server { listen 127.0.0.1:${port};
      location = /split { return 200 "${column('s', WIDTH)}"; }
      location = /map { return 200 "${column('m', MAP_COUNT)}"; }
      location = /geo { return 200 "${column('g', GEO_COUNT)}|$range"; }
      location = /other { return 200 "$client|$chain|$plain"; }
    }`;
}

describe('tables, side by side', requirePeer('nginx'), () => {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  let nginx: Nginx;
  let weir: Weir;

  before(async () => {
    nginx = await startNginx((port) => `map_hash_bucket_size 256; ${conf(port)}`);
    weir = await startWeir({ conf: (port) => `events { } http { ${conf(port)} }` });
  });
  after(async () => {
    agent.destroy();
    await weir.stop();
    await nginx.close();
  });

  function ask(port: number, path: string, headers: Record<string, string>): Promise<string> {
    return new Promise((resolve, reject) => {
      const asked = request({ port, host: '127.0.0.1', path, headers, agent }, (response) => {
        let text = `${response.statusCode} `;
        response.setEncoding('latin1').on('data', (part: string) => {
          text += part;
        });
        response.on('end', () => resolve(text));
      });
      asked.on('error', reject).end();
    });
  }

  async function compare(
    path: string,
    values: Record<string, string>,
    headers: Record<string, string> = {},
  ): Promise<string> {
    const query = Object.entries(values).map(([name, value]) => `${name}=${value}`);
    const target = `${path}?${query.join('&')}`;
    const expected = await ask(nginx.port, target, headers);
    assert.equal(await ask(weir.ports[0] ?? 0, target, headers), expected, target);
    assert.match(expected, /^200 /);
    return expected;
  }

  it(`${SPLIT_KEYS} keys are on the same side`, async () => {
    const keys = sample(fc.stringMatching(/^[!"$%'-;=-~]{0,40}$/), SPLIT_KEYS);
    const seen = new Set<string>();
    for (let at = 0; at < keys.length; at += WIDTH) {
      const some = keys.slice(at, at + WIDTH).map((key, i) => [`k${i}`, key]);
      const answer = await compare('/split', Object.fromEntries(some) as Record<string, string>);
      for (const side of answer.slice(4).split('|')) seen.add(side);
    }
    assert.deepEqual(
      [...seen].sort(),
      ['', 'a', 'b', 'c', 'd', 't'].filter((side) => seen.has(side)),
    );
    assert.ok(seen.size >= 5, [...seen].join());
  });

  it('hosts find the same names and wildcards', async () => {
    const hosts = sample(
      fc.oneof(
        hostName,
        hostName.map((name) => `${name}.`),
        hostName.map((name) => `.${name}`),
      ),
      MAP_COUNT * ROUNDS,
      SEED + 1,
    );
    const seen = new Set<string>();
    for (let at = 0; at < hosts.length; at += MAP_COUNT) {
      const some = hosts.slice(at, at + MAP_COUNT).map((host, i) => [`h${i}`, host]);
      const answer = await compare('/map', Object.fromEntries(some) as Record<string, string>);
      for (const result of answer.slice(4).split('|')) seen.add(result);
    }
    assert.ok(seen.size > 10, `${seen.size}`);
  });

  it('addresses find the same networks, ranges and proxies', async () => {
    const addresses = sample(
      fc.oneof(
        v4,
        v6,
        v4.map((at) => `::ffff:${at}`),
        fc.constantFrom('x', '', '1.2.3', '::1'),
      ),
      GEO_COUNT * ROUNDS,
      SEED + 2,
    );
    const forwarded = sample(
      fc.array(
        fc.oneof(
          v4,
          v6,
          v4.map((at) => `${at}:80`),
          fc.constantFrom('unknown', '[::1]:9'),
        ),
        {
          minLength: 1,
          maxLength: 4,
        },
      ),
      ROUNDS,
    );
    const seen = new Set<string>();
    for (let round = 0; round < ROUNDS; round++) {
      const some = addresses
        .slice(round * GEO_COUNT, (round + 1) * GEO_COUNT)
        .map((at, i) => [`i${i}`, at]);
      const headers = {
        'X-Forwarded-For': forwarded[round]?.join(round % 2 === 0 ? ', ' : ',') ?? '',
      };
      const values = Object.fromEntries(some) as Record<string, string>;
      const answer = await compare('/geo', values, round % 4 === 0 ? {} : headers);
      for (const result of answer.slice(4).split('|')) seen.add(result);
    }
    assert.ok(seen.size > 10, `${seen.size}`);
  });

  it('empty, escaped and other words, chains', async () => {
    for (const plain of ['', 'a', 'A', 'default', '\\default', 'b', 'ü', 'X', encodeURI('ü')]) {
      await compare('/other', { plain: Buffer.from(plain).toString('latin1'), h0: 'a', h1: 'b' });
    }
  });
});
