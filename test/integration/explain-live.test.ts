// The claim of `explain on` (beyond.md B-05): for random requests, what a Weir that serves says of a
// request is what `weir explain` says of it without a socket, and what the origins have seen.

import assert from 'node:assert/strict';
import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { Agent, createServer, type IncomingMessage, request, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, describe, it } from 'node:test';
import { parse } from '#src/config/syntax/parser.ts';
import type { AskedRequest } from '#src/explain/asked-request.ts';
import { where } from '#src/explain/directive-index.ts';
import { Rehearsal } from '#src/explain/rehearsal.ts';
import type { Explanation, TraceEvent } from '#src/explain/trace.ts';
import { Problems } from '#src/schema/problem.ts';
import { Random } from '#test/fuzz/random.ts';
import { readList } from '#test/support/structured-list.ts';
import { startWeir, type Weir } from '#test/support/weir.ts';

const REQUESTS = 1_000;
const seed = Number(process.env['WEIR_SEED'] ?? randomInt(2 ** 31));

/** Four origins behind policies of each kind, some endpoints out. */
function configuration(port: number, origins: readonly number[], lines: string): string {
  const server = (at: number, more = '') => `server 127.0.0.1:${origins[at]}${more};`;
  const all = origins.map((_, at) => server(at, at === 2 ? ' weight=3' : '')).join(' ');
  const some = `${server(0, ' down')} ${server(1)} ${server(2, ' max_conns=100')} ${server(3)}`;
  return `
worker_processes 1;
error_log stderr;
events {}
http {
  explain on;
  ${lines}
  map $cookie_beta $pool { default turns; 1 fewest; }
  upstream turns { ${server(0, ' weight=5')} ${server(1)} ${server(2, ' down')} ${server(3, ' backup')} }
  upstream fewest { least_conn; ${all} }
  upstream nets { ip_hash; ${some} }
  upstream modulo { hash $uri; ${all} }
  upstream ring { hash $uri$is_args$args consistent; ${some} }
  upstream bounded { hash $arg_user consistent balance_factor=150; ${all} }
  upstream slots { maglev $uri; ${some} }
  upstream scores { rendezvous $uri; ${all} }
  server {
    listen 127.0.0.1:${port} default_server;
    server_name a.test *.a.test;
    set $seen first;
    error_page 410 = @gone;
    location / { proxy_pass http://$pool; }
    location /old/ {
      if ($request_method = POST) { set $seen post; rewrite ^/old/(.*)$ /modulo/$1 last; }
      rewrite ^/old/x(.*)$ /ring/$1 last;
      rewrite ^/old/(.*)$ /turns/$1 break;
      proxy_pass http://turns;
    }
    location /modulo/ { proxy_pass http://modulo/m/; }
    location /ring/ { proxy_pass http://ring; location ~ /deep$ { proxy_pass http://slots; } }
    location ^~ /nets/ { proxy_pass http://nets; }
    location ~ ^/(s|S)cores/(?<rest>.*)$ { proxy_set_header X-Rest $rest; proxy_pass http://scores; }
    location = /exact { return 200 "exact $seen"; }
    location /gone/ { return 410; }
    location @gone { rewrite ^/gone/(.*)$ /nets/$1 break; proxy_pass http://fewest; }
  }
  server {
    listen 127.0.0.1:${port};
    server_name ~^(?<user>[bc]+)\\.test$;
    rewrite ^/again/(.*)$ /bounded/$1?user=$user last;
    location /bounded/ { proxy_pass http://bounded; }
    location / { proxy_pass http://slots; }
    location /away { return 301 https://c.test$request_uri; }
  }
  server { listen 127.0.0.1:${port}; server_name quiet.test; explain off; location / { proxy_pass http://turns; } }
}
`;
}

/** What an origin has seen of the last request. */
interface Seen {
  readonly port: number;
  readonly url: string;
  readonly names: readonly string[];
}

interface Answer {
  readonly status: number;
  readonly fields: IncomingMessage['headers'];
  readonly body: string;
}

interface Asked {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

const WORDS = ['x', 'xy', 'abc', 'deep', 'u1', '%C3%A9', 'a%20b', 'q'] as const;
const FIRST = [
  'old',
  'modulo',
  'ring',
  'nets',
  'scores',
  'Scores',
  'exact',
  'gone',
  'again',
  'bounded',
  'away',
  'other',
] as const;
const HOSTS = ['a.test', 'x.a.test', 'b.test', 'cbc.test', 'nobody.test', 'B.TEST'] as const;

function anyRequest(random: Random): Asked {
  const path = [random.pick(FIRST), ...WORDS.filter(() => random.chance(0.25))].join('/');
  const query = random.chance(0.4) ? `?user=${random.below(9)}&b=${random.pick(WORDS)}` : '';
  const method = random.pick(['GET', 'GET', 'GET', 'POST', 'HEAD', 'PUT']);
  const cookie = random.chance(0.3) ? { Cookie: `beta=${random.below(2)}` } : {};
  const body = method === 'POST' || method === 'PUT' ? 'b'.repeat(random.below(20)) : '';
  return {
    method,
    path: `/${path}${query}`,
    headers: { Host: random.pick(HOSTS), ...cookie },
    body,
  };
}

type Told = Record<string, unknown>;

/** The parts of both explanations, in one form. */
function offlineParts({ answer, events }: Explanation): Told {
  const of = <K extends TraceEvent['kind']>(kind: K) => {
    return events.filter((event): event is Extract<TraceEvent, { kind: K }> => event.kind === kind);
  };
  const rewrites = events.flatMap((event) => {
    if (event.kind === 'page') return [[event.text, where(event.place), undefined, event.target]];
    if (event.kind !== 'step') return [];
    return [[event.text, where(event.place), event.outcome, event.result || undefined]];
  });
  const figure = (value: number | undefined) => {
    return value === undefined || Number.isInteger(value) ? value : String(+value.toPrecision(6));
  };
  return {
    status: answer?.status,
    servers: of('server').map(({ chosen, name }) => [name, where(chosen.place), chosen.because]),
    locations: of('location').map(({ chosen }) => [
      chosen.text,
      where(chosen.place),
      chosen.because,
    ]),
    rewrites,
    upstreams: of('pick').map(({ means, policy, upstream, upstreamAt }) => [
      upstream,
      where(upstreamAt),
      policy,
      means,
    ]),
    candidates: of('pick').flatMap(({ candidates }, pick) =>
      candidates
        .map((one) => [
          pick + 1,
          one.endpoint,
          one.isPicked,
          figure(one.score),
          figure(one.tie),
          one.weight,
          one.inFlight,
          one.because,
        ])
        .sort(byText),
    ),
    tries: of('attempt').map(({ endpoint }) => endpoint),
  };
}

function liveParts({ fields, status }: Answer): Told {
  const part = (name: string) => readList(fields[`weir-explain-${name}`]?.toString());
  const picked = part('candidates').map(({ item, parameters: its }) => [
    its['pick'],
    item,
    its['picked'] === true,
    its['score'],
    its['tie'],
    its['weight'],
    its['in-flight'],
    its['because'],
  ]);
  return {
    status,
    servers: part('server').map(({ item, parameters: its }) => [item, its['at'], its['because']]),
    locations: part('location').map(({ item, parameters: its }) => [
      item,
      its['at'],
      its['because'],
    ]),
    rewrites: part('rewrites').map(({ item, parameters: its }) => [
      item,
      its['at'],
      its['outcome'],
      its['result'],
    ]),
    upstreams: part('upstream').map(({ item, parameters: its }) => [
      item,
      its['at'],
      its['policy'],
      its['score'],
    ]),
    candidates: picked.sort(byText),
    tries: part('tries').map(({ item }) => item),
  };
}

function byText(one: readonly unknown[], other: readonly unknown[]): number {
  return JSON.stringify(one) < JSON.stringify(other) ? -1 : 1;
}

describe('explain on', () => {
  const origins: Server[] = [];
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  let ports: number[] = [];
  let seen: Seen[] = [];
  let weir: Weir;
  let rehearsal: Rehearsal;

  before(async () => {
    for (let at = 0; at < 4; at++) {
      const origin = createServer((message, answer) => {
        const { port } = message.socket.address() as AddressInfo;
        seen.push({ port, url: message.url ?? '', names: Object.keys(message.headers) });
        message.resume().on('end', () => answer.end('from an origin'));
      });
      origin.listen(0, '127.0.0.1');
      await once(origin, 'listening');
      origins.push(origin);
    }
    ports = origins.map((origin) => (origin.address() as AddressInfo).port);
    const trusts = 'explain_trusted 127.0.0.1;';
    weir = await startWeir({ conf: (port) => configuration(port, ports, trusts) });
    rehearsal = rehearsalOf(weir);
  });
  after(async () => {
    rehearsal.close();
    agent.destroy();
    await weir.stop();
    for (const origin of origins) {
      origin.closeAllConnections();
      origin.close();
    }
  });

  function rehearsalOf({ file, port }: Weir): Rehearsal {
    const problems = new Problems();
    const text = configuration(port, ports, 'explain_trusted 127.0.0.1;');
    const nodes = parse(text, file, problems);
    const tree = { file, prefix: '/', nodes, hosts: {}, errorLog: 'stderr', defaultPort: 80 };
    const made = Rehearsal.of(tree);
    assert.ok(made instanceof Rehearsal, JSON.stringify(made));
    return made;
  }

  async function send(
    { body, headers, method, path }: Asked,
    port = weir.port,
    through = agent,
  ): Promise<Answer> {
    seen = [];
    const sent = request({ agent: through, host: '127.0.0.1', port, method, path, headers });
    sent.end(body);
    const [message] = (await once(sent, 'response')) as [IncomingMessage];
    let text = '';
    for await (const piece of message.setEncoding('utf8')) text += piece;
    return { status: message.statusCode ?? 0, fields: message.headers, body: text };
  }

  it(`says live what it says offline, of ${REQUESTS} random requests (WEIR_SEED=${seed})`, async () => {
    const random = new Random(seed);
    const kinds = new Set<string>();
    for (let count = 0; count < REQUESTS; count++) {
      const asked = anyRequest(random);
      const { body, headers, method, path } = asked;
      const live = await send({ ...asked, headers: { ...headers, 'X-Weir-Explain': '1' } });
      const offline: AskedRequest = {
        url: `http://${headers['Host']}:${weir.port}${path}`,
        listen: `127.0.0.1:${weir.port}`,
        method,
        body,
        from: '127.0.0.1',
        fields: Object.entries(headers),
      };
      const explanation = await rehearsal.ask(offline);
      const about = `${count}: ${JSON.stringify(asked)}, WEIR_SEED=${seed}`;
      assert.deepEqual(liveParts(live), offlineParts(explanation), about);
      // What really happened.
      const attempts = explanation.events.filter((event) => event.kind === 'attempt');
      assert.deepEqual(
        seen.map(({ port, url }) => [`127.0.0.1:${port}`, url]),
        attempts.map(({ endpoint, target }) => [endpoint, target]),
        about,
      );
      for (const { names } of seen) assert.ok(!names.includes('x-weir-explain'), about);
      for (const event of explanation.events) if (event.kind === 'pick') kinds.add(event.upstream);
    }
    const all = ['turns', 'fewest', 'nets', 'modulo', 'ring', 'bounded', 'slots', 'scores'];
    assert.deepEqual([...kinds].sort(), all.sort(), 'every policy was met');
  });

  it('tells of every pick the scores that it was made by, with two threads under load', async () => {
    const trusts = 'explain_trusted 127.0.0.1;';
    const conf = (port: number) => configuration(port, ports, trusts).replace('es 1;', 'es 2;');
    const other = await startWeir({ conf });
    const busy = new Agent({ keepAlive: true, maxSockets: 24 });
    const random = new Random(seed + 2);
    try {
      let picks = 0;
      const one = async (asked: Asked): Promise<void> => {
        const headers = { ...asked.headers, 'X-Weir-Explain': '1' };
        const { fields } = await send({ ...asked, headers }, other.port, busy);
        const told = readList(fields['weir-explain-candidates']?.toString());
        for (let pick = 1; ; pick++) {
          const all = told.filter(({ parameters }) => parameters['pick'] === pick);
          if (all.length === 0) break;
          picks += 1;
          const figures = (key: string) =>
            all.map(({ parameters: its }) => Number(its[key] ?? 1e9));
          const [picked, ...rest] = all;
          const about = `WEIR_SEED=${seed}: ${JSON.stringify(all)}`;
          assert.equal(picked?.parameters['picked'], true, about);
          assert.ok(rest.every(({ parameters }) => parameters['picked'] === undefined));
          assert.equal(Math.min(...figures('score')), figures('score')[0], about);
          const tied = all.filter(
            ({ parameters }) => parameters['score'] === picked?.parameters['score'],
          );
          const ties = tied.map(({ parameters: its }) => Number(its['tie'] ?? 0));
          assert.equal(Math.min(...ties), ties[0], about);
        }
      };
      await Promise.all(Array.from({ length: 2_000 }, () => one(anyRequest(random))));
      assert.ok(picks > 1_000, `${picks} picks`);
    } finally {
      busy.destroy();
      await other.stop();
    }
  });

  it('changes nothing of an answer but its own fields', async () => {
    const random = new Random(seed + 1);
    for (let count = 0; count < 200; count++) {
      const asked = anyRequest(random);
      const plain = await send(asked);
      const before = seen;
      const { body, fields, status } = await send({
        ...asked,
        headers: { ...asked.headers, 'X-Weir-Explain': '1' },
      });
      const about = `${JSON.stringify(asked)}, WEIR_SEED=${seed}`;
      assert.deepEqual([status, body], [plain.status, plain.body], about);
      assert.deepEqual(
        seen.map(({ names, url }) => [url, names]),
        before.map(({ names, url }) => [url, names]),
        about,
      );
      const without = Object.entries(fields).filter(
        ([name]) => !/^(weir-|proxy-st|date)/.test(name),
      );
      const usual = Object.entries(plain.fields).filter(([name]) => name !== 'date');
      assert.deepEqual(without, usual, about);
    }
  });

  it('says nothing where it is off, to another value, or to whom nobody trusts', async () => {
    const silent = async (answer: Promise<Answer>): Promise<void> => {
      const { fields, status } = await answer;
      assert.equal(status, 200);
      assert.deepEqual(
        Object.keys(fields).filter((name) => /weir-explain|proxy-status/.test(name)),
        [],
      );
      for (const { names } of seen) assert.ok(!names.includes('x-weir-explain'));
    };
    const ask = { method: 'GET', path: '/', body: '' };
    await silent(send({ ...ask, headers: { Host: 'quiet.test', 'X-Weir-Explain': '1' } }));
    await silent(send({ ...ask, headers: { Host: 'a.test', 'X-Weir-Explain': 'on' } }));
    const lines = 'explain_trusted 192.0.2.0/24; explain_trusted ::1;';
    const other = await startWeir({ conf: (port) => configuration(port, ports, lines) });
    try {
      const headers = { Host: 'a.test', 'X-Weir-Explain': '1' };
      await silent(send({ ...ask, headers }, other.port));
    } finally {
      await other.stop();
    }
  });

  it('trusts the client that real_ip has found, and not the proxy in front of it', async () => {
    const lines = `explain_trusted 192.0.2.0/24; set_real_ip_from 127.0.0.1; real_ip_header X-Real-IP;`;
    const other = await startWeir({ conf: (port) => configuration(port, ports, lines) });
    const told = async (client: string): Promise<boolean> => {
      const headers = { Host: 'a.test', 'X-Weir-Explain': '1', 'X-Real-IP': client };
      const { fields } = await send({ method: 'GET', path: '/', headers, body: '' }, other.port);
      return fields['weir-explain-server'] !== undefined;
    };
    try {
      assert.deepEqual(await Promise.all([await told('192.0.2.7'), await told('198.51.100.7')]), [
        true,
        false,
      ]);
    } finally {
      await other.stop();
    }
  });
});
