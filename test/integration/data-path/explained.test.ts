// What `weir explain` says of a request is what becomes of it: random requests go over real sockets
// to an edge and an origin, and without a socket through the rehearsal of the same configuration.

import assert from 'node:assert/strict';
import fc from 'fast-check';
import { type AskedRequest, wireRequest } from '#src/explain/asked-request.ts';
import type { PretendedAnswer } from '#src/explain/pretended-endpoint.ts';
import { Rehearsal } from '#src/explain/rehearsal.ts';
import type { AttemptEvent, Explanation } from '#src/explain/trace.ts';
import { treeOf } from '#test/support/configuration.ts';
import { ANY_PORT } from '#test/support/edge.ts';
import { onBothTiers, type Stage, setStage } from '#test/support/stage.ts';

const CONF = (port: number): string => `
  map $cookie_beta $pool { default app; 1 beta; ~^x beta; }
  geo $near { default 0; 127.0.0.0/8 1; }
  upstream app { server 127.0.0.1:${port}; }
  upstream beta { server 127.0.0.1:${port}; }
  recursive_error_pages on;
  server {
    listen ${ANY_PORT};
    server_name a.test *.a.test;
    add_header X-Near $near always;
    error_page 404 /lost;
    error_page 503 = @down;
    if ($arg_shut) { return 403; }
    location / { proxy_pass http://app; proxy_set_header X-Pool $pool; }
    location /v1/ { proxy_pass http://$pool; proxy_set_header Host $host; }
    location /dir/ { proxy_pass http://app/other/; add_header X-Dir 1; }
    location /old/ {
      set $kept $arg_keep;
      if ($request_method = POST) { return 405 "no posts"; }
      rewrite ^/old/(.*)/$ /v1/$1?slash=1 last;
      rewrite ^/old/(.*)$ /dir/$1 break;
      proxy_pass http://beta;
      proxy_set_header X-Kept $kept;
    }
    location ^~ /static/ { return 200 "$uri $host"; }
    location ~ \\.(php|cgi)$ { return 403; }
    location ~* ^/user/(?<name>[a-z]+) { return 302 /v1/$name; }
    location /caught { proxy_pass http://app; proxy_intercept_errors on; }
    location = /lost { internal; return 200 "lost $request_uri"; }
    location @down { proxy_pass http://beta; }
  }
  server { listen ${ANY_PORT}; server_name ~^(?<sub>\\w+)\\.b\\.test$; return 301 http://a.test/$sub$request_uri; }
  server { listen ${ANY_PORT} default_server; location /only { return 204; } }`;

const asked: fc.Arbitrary<AskedRequest> = fc
  .record({
    method: fc.constantFrom('GET', 'GET', 'HEAD', 'POST', 'OPTIONS'),
    host: fc.constantFrom('a.test', 'www.a.test', 'x.b.test', 'c.test', 'A.Test'),
    path: fc.constantFrom(
      ...[
        '/',
        '/v1/x',
        '/v1/%41%2fb',
        '/dir',
        '/dir/a%20b',
        '/old/q',
        '/old/q/',
        '/static/../v1/y',
      ],
      ...[
        '/static/x.php',
        '/x.php',
        '/User/ann',
        '/user/ann/2',
        '/caught',
        '/lost',
        '/only',
        '/%zz',
      ],
    ),
    query: fc.constantFrom('', '', '?a=1', '?keep=k&b', '?shut=1', '?'),
    cookie: fc.constantFrom('', 'beta=1', 'beta=xy; z=1', 'beta=0'),
    via: fc.constantFrom('', '1.1 other'),
  })
  .map(({ cookie, host, method, path, query, via }) => ({
    url: `http://${host}${path}${query}`,
    method,
    from: '127.0.0.1',
    listen: ANY_PORT,
    ...(method === 'POST' ? { body: 'a=1' } : {}),
    fields: [
      ...(cookie === '' ? [] : [['Cookie', cookie] as const]),
      ...(via === '' ? [] : [['Via', via] as const]),
      ['Connection', 'close, X-Hop'],
      ['X-Hop', '1'],
    ],
  }));

/** What differs from run to run, or from folder to folder. */
function steady(text: string): string {
  return text
    .replace(/weir-[0-9a-f]{8}/g, 'weir-…')
    .replace(/\b[0-9a-f]{32}\b/g, 'id')
    .replace(/^date: .*$/im, 'date: now');
}

/** Status, fields and body; each request that an endpoint got. */
interface Seen {
  readonly answer: string;
  readonly sent: readonly string[];
}

function explained({ answer, events }: Explanation): Seen {
  const attempts = events.filter((event): event is AttemptEvent => event.kind === 'attempt');
  const fields = answer?.fields.map(([name, value]) => `${name}: ${value}`) ?? [];
  const status = `HTTP/1.1 ${answer?.status} ${answer?.reason}`;
  return {
    answer: steady([status, ...fields, '', answer?.body].join('\n')),
    sent: attempts.map(({ body, fields, method, protocol, target }) => {
      const lines = fields.map(({ name, value }) => `${name}: ${value}`);
      return steady([`${method} ${target} ${protocol}`, ...lines, '', body].join('\n'));
    }),
  };
}

async function served(stage: Stage, request: AskedRequest): Promise<Seen> {
  const before = stage.origin.requests.length;
  const client = await stage.client(wireRequest(request).bytes);
  const { body, lines } = await client.response(request.method);
  client.close();
  const sent = stage.origin.requests.slice(before).map((one) => {
    return steady([...one.lines, '', one.body.toString('latin1')].join('\n'));
  });
  const text = [...lines, '', body.toString('latin1')].join('\n');
  // The kernel has chosen the port of the `listen`.
  return { answer: steady(text.replace(`:${stage.edge.port}/`, ':1/')), sent };
}

onBothTiers('weir explain', (it) => {
  it('says what is served', async (t, tier) => {
    let status = 200;
    const stage = await setStage(t, tier, {
      conf: CONF,
      scripts: [
        {
          onRequest: ({ line }) => {
            const body = line.startsWith('HEAD') ? '' : 'ours';
            return `HTTP/1.1 ${status} ${status === 200 ? 'OK' : 'Service Unavailable'}\r\nX-Own: 1\r\nContent-Length: 4\r\n\r\n${body}`;
          },
        },
      ],
    });
    const rehearsal = Rehearsal.of(treeOf(`events {} http { ${CONF(stage.origin.port)} }`));
    assert.ok(rehearsal instanceof Rehearsal, JSON.stringify(rehearsal));
    t.after(() => rehearsal.close());
    const statuses = new Set<number | undefined>();
    await fc.assert(
      fc.asyncProperty(asked, fc.constantFrom(200, 503), async (request, answered) => {
        status = answered;
        const fields = [
          ['X-Own', '1'],
          ['Content-Length', '4'],
        ] as const;
        const answer: PretendedAnswer = { status, fields, body: 'ours' };
        const explanation = await rehearsal.ask(request, answer);
        statuses.add(explanation.answer?.status);
        assert.deepEqual(explained(explanation), await served(stage, request));
      }),
      { numRuns: 400 },
    );
    const usual = [200, 301, 302, 400, 403, 404, 503];
    for (const one of usual) assert.ok(statuses.has(one), `${one} among ${[...statuses]}`);
  });
});
