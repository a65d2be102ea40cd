import assert from 'node:assert/strict';
import { test } from 'node:test';
import { treeOf } from '#test/support/configuration.ts';
import type { AskedRequest } from './asked-request.ts';
import type { PretendedAnswer } from './pretended-endpoint.ts';
import { Rehearsal } from './rehearsal.ts';
import type { Explanation, TraceEvent } from './trace.ts';

/** What becomes of one request in the `http` block of that text. */
async function explained(
  http: string,
  asked: string | AskedRequest,
  answer?: PretendedAnswer,
): Promise<Explanation> {
  const rehearsal = Rehearsal.of(treeOf(`http {\n${http}\n}`));
  assert.ok(rehearsal instanceof Rehearsal, JSON.stringify(rehearsal));
  try {
    return await rehearsal.ask(typeof asked === 'string' ? { url: asked } : asked, answer);
  } finally {
    rehearsal.close();
  }
}

type EventOf<K extends TraceEvent['kind']> = Extract<TraceEvent, { kind: K }>;

function eventsOf<K extends TraceEvent['kind']>({ events }: Explanation, kind: K): EventOf<K>[] {
  return events.filter((event): event is EventOf<K> => event.kind === kind);
}

/** `✓ text → result` of each step. */
function stepsOf(explanation: Explanation): string[] {
  const marks = { taken: '+', passed: '-', unreached: '.' };
  return eventsOf(explanation, 'step').map(({ depth, outcome, result, text }) => {
    const end = result === '' ? '' : ` → ${result}`;
    return `${'  '.repeat(depth)}${marks[outcome]} ${text}${end}`;
  });
}

test('servers: which one and why not the others', async () => {
  const http = `
    server { listen 80; server_name a.test .b.test; return 200 one; }
    server { listen 80 default_server; server_name *.c.b.test; return 200 two; }
    server { listen 80; server_name ~^x\\d+\\.b\\.test$; return 200 three; }
    server { listen 81; server_name a.test; return 200 four; }`;
  const of = async (host: string) => {
    const explanation = await explained(http, `http://${host}/`);
    const [{ chosen, others, unlike }] = eventsOf(explanation, 'server') as [EventOf<'server'>];
    return [
      explanation.answer?.body,
      chosen.because,
      [...others, ...unlike].map(({ because }) => because),
    ];
  };
  assert.deepEqual(await of('a.test'), [
    'one',
    'its exact name "a.test" covers "a.test"',
    [
      'none of its names covers "a.test": *.c.b.test',
      'none of its names covers "a.test": ~^x\\d+\\.b\\.test$',
    ],
  ]);
  assert.deepEqual(await of('x1.b.test'), [
    'one',
    'its wildcard ".b.test" covers "x1.b.test"',
    [
      'its regular expression "~^x\\d+\\.b\\.test$" covers it, too, but the wildcard ".b.test" comes first',
      'none of its names covers "x1.b.test": *.c.b.test',
    ],
  ]);
  assert.deepEqual((await of('d.c.b.test')).slice(0, 2), [
    'two',
    'its wildcard "*.c.b.test" covers "d.c.b.test"',
  ]);
  assert.match(String((await of('d.c.b.test'))[2]), /"\.b\.test" is shorter than "\*\.c\.b\.test"/);
  assert.deepEqual(
    (await of('nobody'))[1],
    'no name covers "nobody": it is the default server of 0.0.0.0:80',
  );
});

test('steps: each rule, whether it was come to, and the URI after it', async () => {
  const http = `server { listen 80;
    set $seen yes;
    location /old/ {
      if ($arg_go = 1) { set $inner $arg_go; rewrite ^/old/(.*)$ /new/$1?a=b last; }
      rewrite ^/none /never;
      rewrite ^/old/x$ /y break;
      return 410;
    }
    location /new/ { return 200 "$seen $inner $uri?$args"; }
  }`;
  const went = await explained(http, 'http://any/old/z?go=1');
  assert.deepEqual(stepsOf(went), [
    '+ set $seen yes → "yes"',
    '+ if ($arg_go = 1)',
    '  + set $inner $arg_go → "1"',
    '  + rewrite ^/old/(.*)$ /new/$1?a=b last → the URI is now /new/z?a=b&go=1',
    '. rewrite ^/none /never',
    '. rewrite ^/old/x$ /y break',
    '. return 410',
    '+ return 200 "$seen $inner $uri?$args"',
  ]);
  assert.equal(went.answer?.body, 'yes 1 /new/z?a=b&go=1');
  assert.deepEqual(
    eventsOf(went, 'location').map(({ chosen, path }) => [path, chosen.text]),
    [
      ['/old/z', 'location /old/'],
      ['/new/z', 'location /new/'],
    ],
  );
  const stayed = await explained(http, 'http://any/old/q');
  assert.deepEqual(stepsOf(stayed), [
    '+ set $seen yes → "yes"',
    '- if ($arg_go = 1)',
    '- rewrite ^/none /never',
    '- rewrite ^/old/x$ /y break',
    '+ return 410',
  ]);
  assert.equal(stayed.answer?.status, 410);
});

test('steps of a server that returns, and what its error page goes on to', async () => {
  const http = `server { listen 80; error_page 404 = @page; return 404;
    location @page { rewrite ^/(.*)/a$ /b/$1 last; return 202 named; }
    location /b/ { return 200 b; } }`;
  const went = await explained(http, 'http://any/x/a');
  assert.deepEqual(stepsOf(went), [
    '+ return 404',
    '+ rewrite ^/(.*)/a$ /b/$1 last → the URI is now /b/x',
    '. return 202 named',
    '+ return 200 b',
  ]);
  assert.deepEqual([went.answer?.body, went.location?.text], ['b', 'location /b/']);
  const stayed = await explained(http, 'http://any/x');
  assert.deepEqual(stepsOf(stayed).slice(0, 1), ['+ return 404']);
  assert.equal(stayed.answer?.body, 'named');
});

test('variables: what maps and captures gave, and where they are defined', async () => {
  const explanation = await explained(
    `map $cookie_beta $pool { default app; 1 beta; }
     server { listen 80; location ~ ^/u/(?<user>\\w+) { return 200 "$pool $user $arg_none"; } }`,
    { url: 'http://any/u/ann', fields: [['Cookie', 'beta=1']] },
  );
  assert.equal(explanation.answer?.body, 'beta ann ');
  const variables = eventsOf(explanation, 'variable');
  assert.deepEqual(
    variables.map(({ name, value }) => [name, value]),
    [
      ['cookie_beta', '1'],
      ['pool', 'beta'],
      ['user', 'ann'],
      ['arg_none', undefined],
    ],
  );
  assert.deepEqual(variables[1]?.definedAt, { file: 'w.conf', line: 2, column: 1 });
});

test('what would be sent, with the source of each field', async () => {
  const explanation = await explained(
    `upstream app { server 127.0.0.1:3000; server 127.0.0.1:3001; }
     server { listen 80; via off; proxy_set_header X-Real-IP $remote_addr;
       location /api/ { proxy_pass http://app/v1/; } }`,
    {
      url: 'http://any/api/a%20b?q=1',
      method: 'POST',
      body: 'hello',
      from: '198.51.100.9',
      fields: [
        ['Connection', 'X-Gone'],
        ['X-Gone', '1'],
        ['X-Kept', '2'],
      ],
    },
  );
  const [attempt] = eventsOf(explanation, 'attempt') as [EventOf<'attempt'>];
  assert.equal(`${attempt.method} ${attempt.target}`, 'POST /v1/a%20b?q=1');
  assert.equal(attempt.body, 'hello');
  assert.deepEqual(attempt.endpoints, ['127.0.0.1:3000', '127.0.0.1:3001']);
  assert.deepEqual(
    attempt.fields.map(({ at, name, source, value }) => [name, value, source, at?.place.line]),
    [
      ['Host', 'app', 'weir', undefined],
      ['X-Real-IP', '198.51.100.9', 'set', 3],
      ['X-Kept', '2', 'client', undefined],
      ['Content-Length', '5', 'client', undefined],
    ],
  );
  assert.deepEqual(attempt.dropped, ['Connection', 'X-Gone']);
  assert.equal(explanation.isFromEndpoint, true);
});

test('error pages: of a refused connection, of a status, by name, and once more afterwards', async () => {
  const http = `server { listen 80; error_page 502 /sorry; error_page 503 @down;
    proxy_intercept_errors on;
    location / { proxy_pass http://127.0.0.1:3000; }
    location = /sorry { internal; return 200 sorry; }
    location @down { return 200 down; } }`;
  const refused = await explained(http, 'http://any/', 'refused');
  assert.deepEqual([refused.answer?.status, refused.answer?.body], [502, 'sorry']);
  assert.match(refused.failure, /^upstream_connect_refused: /);
  assert.deepEqual(
    eventsOf(refused, 'page').map(({ text }) => text),
    ['error_page 502 /sorry'],
  );
  const down = await explained(http, 'http://any/', { status: 503, fields: [], body: '' });
  assert.deepEqual([down.answer?.status, down.answer?.body], [503, 'down']);
  assert.equal(down.location?.text, 'location @down');
  const well = await explained(http, 'http://any/');
  assert.deepEqual([well.answer?.status, well.isFromEndpoint], [200, true]);
  const asked = await explained(http, 'http://any/sorry');
  assert.equal(asked.answer?.status, 404);
  assert.match(eventsOf(asked, 'location')[0]?.chosen.because ?? '', /"internal": clients get 404/);
});

test('what the endpoint said goes through the rules for answers', async () => {
  const explanation = await explained(
    `server { listen 80; add_header X-Frame-Options DENY; proxy_hide_header X-Secret;
       location /a/ { proxy_pass http://127.0.0.1:3000/; } }`,
    'http://shop.test/a/x',
    {
      status: 302,
      body: 'gone',
      fields: [
        ['Location', 'http://127.0.0.1:3000/login'],
        ['X-Secret', 's'],
      ],
    },
  );
  const fields = new Map(explanation.answer?.fields);
  assert.equal(fields.get('Location'), 'http://shop.test/a/login');
  assert.equal(fields.get('X-Frame-Options'), 'DENY');
  assert.equal(fields.has('X-Secret'), false);
});

test('a refusal before any server, a closed connection, a missing slash', async () => {
  const http = `server { listen 80; location /shut { return 444; }
    location /dir/ { proxy_pass http://127.0.0.1:3000; } }`;
  const malformed = await explained(http, 'http://any/%00');
  assert.equal(malformed.answer?.status, 400);
  assert.equal(
    malformed.failure,
    'request_target_malformed: client sent a malformed request target',
  );
  const shut = await explained(http, 'http://any/shut');
  assert.equal(shut.answer, undefined);
  assert.deepEqual(stepsOf(shut), ['+ return 444']);
  const bare = await explained(http, 'http://any/dir');
  assert.equal(bare.answer?.status, 301);
  assert.equal(eventsOf(bare, 'location')[0]?.lacksSlash, true);
});

test('one request leaves nothing to the next', async () => {
  const rehearsal = Rehearsal.of(
    treeOf(`http { server { listen 80; location / { proxy_pass http://127.0.0.1:3000; } } }`),
  );
  assert.ok(rehearsal instanceof Rehearsal);
  const refused = await rehearsal.ask({ url: 'http://any/1' }, 'refused');
  const well = await rehearsal.ask({ url: 'http://any/2' });
  const again = await rehearsal.ask({ url: 'http://any/3' });
  rehearsal.close();
  assert.deepEqual(
    [refused, well, again].map(({ answer, failure }) => [answer?.status, failure !== '']),
    [
      [502, true],
      [200, false],
      [200, false],
    ],
  );
  assert.deepEqual(
    eventsOf(again, 'attempt').map(({ target }) => target),
    ['/3'],
  );
});

test('faults: those that every request meets happen, at once; the others are told of', async () => {
  const of = async (faults: string) => {
    const http = `server { listen 80; location / { proxy_pass http://127.0.0.1:9; ${faults} } }`;
    const explanation = await explained(http, 'http://a.test/');
    const told = eventsOf(explanation, 'fault');
    return [explanation.answer?.status, ...told.map(({ isInjected, text }) => [text, isInjected])];
  };
  assert.deepEqual(await of('fault abort=503 percent=99.9; fault delay=1h rate=1;'), [
    200,
    ['fault abort=503 percent=99.9', false],
    ['fault delay=1h rate=1', true],
  ]);
  assert.deepEqual(await of('fault abort=503 delay=1h;'), [
    503,
    ['fault abort=503 delay=1h', true],
  ]);
});
