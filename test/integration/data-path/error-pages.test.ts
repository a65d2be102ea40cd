// error_page: what becomes of errors, and who may ask for the pages.

import assert from 'node:assert/strict';
import type { SeenResponse } from '#test/support/raw-client.ts';
import { type OriginScript, ok } from '#test/support/raw-origin.ts';
import { onBothTiers, type Stage, setStage } from '#test/support/stage.ts';

const request = (method: string, path: string, ...fields: string[]): string =>
  `${[`${method} ${path} HTTP/1.1`, 'Host: a.test', ...fields].join('\r\n')}\r\n\r\n`;

/** Asks over a connection of its own; `[status, body]` is what most cases are about. */
async function ask(stage: Stage, bytes: string): Promise<SeenResponse> {
  const client = await stage.client(bytes);
  const response = await client.response(bytes.startsWith('HEAD') ? 'HEAD' : 'GET');
  client.close();
  return response;
}

async function told(stage: Stage, bytes: string): Promise<readonly [number, string]> {
  const { body, status } = await ask(stage, bytes);
  return [status, body.toString('latin1')];
}

/** Resets for `/dead`, answers with the status in `/status/503`, else tells what it was asked. */
const SCRIPT: OriginScript = {
  onRequest: ({ line, body }, connection) => {
    const [, status] = /^\S+ \/status\/(\d+)/.exec(line) ?? [];
    if (status !== undefined) {
      return `HTTP/1.1 ${status} Theirs\r\nX-Theirs: 1\r\nContent-Length: 6\r\n\r\ntheirs`;
    }
    if (!line.includes(' /dead')) return ok(`origin: ${line} [${body}]`);
    connection.reset();
    return undefined;
  },
};

onBothTiers('error_page', (it) => {
  it('decides on status and body', async (t, tier) => {
    const stage = await setStage(t, tier, {
      scripts: [SCRIPT],
      server: `
        location = /sorry { internal; return 200 "sorry $uri $request_uri $request_method"; }
        location = /origin-page { internal; proxy_pass http://origins; }
        location = /dead/kept { proxy_pass http://origins; error_page 500 502 /sorry; }
        location = /dead/own { proxy_pass http://origins; error_page 502 = /sorry; }
        location = /dead/other { proxy_pass http://origins; error_page 502 =503 /sorry; }
        location = /dead/from-origin { proxy_pass http://origins; error_page 502 /origin-page?a=b; }
        location = /dead/first { proxy_pass http://origins; error_page 502 =200 /sorry; error_page 502 =201 /sorry; }
        location = /dead/else { proxy_pass http://origins; error_page 504 /sorry; }
        location = /dead/missing { proxy_pass http://origins; error_page 502 /none/such; }
        location = /dead/bodyless { proxy_pass http://origins; error_page 502 =204 /sorry; }
        location /none { }
        location = /gone { return 410; error_page 410 /sorry; }
        location = /text { return 410 "a text of its own"; error_page 410 /sorry; }
        location = /moved { return 301 /there; error_page 301 =200 /sorry; }
        location = /@x { return 200 "a path"; }`,
    });
    const sorry = (path: string): string => `sorry /sorry ${path} GET`;
    for (const [path, status, body] of [
      ['/dead/kept', 502, sorry('/dead/kept')],
      ['/dead/own', 200, sorry('/dead/own')],
      ['/dead/other', 503, sorry('/dead/other')],
      ['/dead/from-origin?x=y', 502, 'origin: GET /origin-page?a=b HTTP/1.1 []'],
      ['/dead/first', 200, sorry('/dead/first')],
      ['/gone', 410, sorry('/gone')],
      ['/text', 410, 'a text of its own'],
      ['/moved', 200, sorry('/moved')],
      ['/dead/bodyless', 204, ''],
    ] as const) {
      assert.deepEqual(await told(stage, request('GET', path)), [status, body], path);
    }
    // Our own pages where nothing else holds: the last failure has the last word.
    for (const [path, status, reason] of [
      ['/dead/else', 502, 'upstream_reset'],
      ['/dead/missing', 404, 'no_route'],
      ['/sorry', 404, 'no_route'],
      ['/origin-page', 404, 'no_route'],
    ] as const) {
      const [seen, body] = await told(stage, request('GET', path));
      assert.deepEqual([seen, body.includes(`<code>${reason}</code>`)], [status, true], path);
    }
  });

  it('gets a GET without the body; the connection lives on', async (t, tier) => {
    const stage = await setStage(t, tier, {
      scripts: [SCRIPT],
      location: 'error_page 502 /page; proxy_set_header X-Uri $request_uri;',
    });
    const client = await stage.client();
    for (const body of ['abc', 'x'.repeat(20_000)]) {
      client.send(`${request('PUT', '/dead', `Content-Length: ${body.length}`)}${body}`);
      const response = await client.response();
      assert.deepEqual(
        [response.status, response.body.toString()],
        [502, 'origin: GET /page HTTP/1.1 []'],
      );
    }
    const last = stage.origin.requests.at(-1);
    assert.deepEqual(last?.fields.get('x-uri'), ['/dead']);
    assert.equal(last?.fields.has('content-length'), false);
    assert.equal(last?.fields.has('transfer-encoding'), false);
  });

  it('keeps HEAD', async (t, tier) => {
    const stage = await setStage(t, tier, {
      scripts: [SCRIPT],
      server: 'location = /gone { return 410; error_page 410 /page; }',
    });
    const client = await stage.client(request('HEAD', '/gone') + request('GET', '/after'));
    const head = await client.response('HEAD');
    assert.equal(head.status, 410);
    assert.equal(stage.origin.requests[0]?.line, 'HEAD /page HTTP/1.1');
    assert.equal((await client.response()).status, 200);
  });

  it('sends the client elsewhere', async (t, tier) => {
    const stage = await setStage(t, tier, {
      server: `
        location = /a { return 404; error_page 404 https://b.test/x?from=$uri; }
        location = /b { return 404; error_page 404 =301 http://b.test/; }
        location = /c { return 404; error_page 404 =200 http://b.test/; }
        location = /d { return 404; error_page 404 $arg_to; }
        location = /there { return 200 "there"; }`,
    });
    for (const [path, status, location] of [
      ['/a', 302, 'https://b.test/x?from=/a'],
      ['/b', 301, 'http://b.test/'],
      ['/c', 302, 'http://b.test/'],
      ['/d?to=http://c.test/', 302, 'http://c.test/'],
      ['/d?to=/there', 404, undefined],
      ['/d', 404, undefined],
    ] as const) {
      const response = await ask(stage, request('GET', path));
      assert.equal(response.status, status, path);
      assert.equal(response.fields.get('location')?.[0], location, path);
    }
    assert.deepEqual(await told(stage, request('GET', '/d?to=/there')), [404, 'there']);
  });

  it('recursion is off, or ends after ten', async (t, tier) => {
    const stage = await setStage(t, tier, {
      server: `
        error_page 404 /second;
        location = /first { return 404; }
        location = /second { return 410; error_page 410 /third; }
        location = /third { return 200 "third"; }
        location /on/ { recursive_error_pages on; return 404; error_page 404 /on2/; }
        location /on2/ { recursive_error_pages on; return 410; error_page 410 /third; }
        location /cycle/ { recursive_error_pages on; return 404; error_page 404 /cycle/$arg_x; }`,
    });
    const [off, page] = await told(stage, request('GET', '/first'));
    assert.deepEqual([off, page.includes('410 Gone')], [410, true]);
    assert.deepEqual(await told(stage, request('GET', '/on/')), [410, 'third']);
    const [status, body] = await told(stage, request('GET', '/cycle/'));
    assert.deepEqual([status, body.includes('redirect_cycle')], [500, true]);
  });

  it('is inherited only where there is none', async (t, tier) => {
    const stage = await setStage(t, tier, {
      server: `
        error_page 404 410 =200 /sorry;
        location = /sorry { return 200 "sorry"; }
        location = /inherits { return 410; }
        location = /has { return 410; error_page 404 =200 /sorry; }`,
    });
    assert.deepEqual(await told(stage, request('GET', '/inherits')), [200, 'sorry']);
    assert.equal((await told(stage, request('GET', '/has')))[0], 410);
  });

  it('a path made of variables cannot leave its place or split a request', async (t, tier) => {
    const stage = await setStage(t, tier, {
      scripts: [SCRIPT],
      server: `
        location = /path { return 404; error_page 404 =200 /pages/$arg_p; }
        location = /query { return 404; error_page 404 =200 /pages?q=$http_q; }
        location = /secret { return 200 "by the location of /secret"; }`,
    });
    for (const [path, body] of [
      ['/path?p=../secret', 'by the location of /secret'],
      ['/path?p=a%20b', 'origin: GET /pages/a%2520b HTTP/1.1 []'],
      ['/path?p=a//b/./c', 'origin: GET /pages/a/b/c HTTP/1.1 []'],
    ] as const) {
      assert.deepEqual(await told(stage, request('GET', path)), [200, body], path);
    }
    for (const refused of [
      request('GET', '/path?p=../../x'),
      request('GET', '/path?p=%2e%2e/secret'), // another reader may decode it once more
      request('GET', '/query', 'Q: a HTTP/1.1'),
    ]) {
      assert.equal((await told(stage, refused))[0], 400, refused);
    }
    assert.equal(stage.origin.requests.length, 2);
  });

  it('holds for bodies that are too large, before and while they come', async (t, tier) => {
    const stage = await setStage(t, tier, {
      scripts: [SCRIPT],
      server: `
        client_max_body_size 10;
        location = /return { proxy_pass http://origins; error_page 413 =200 /sorry; }
        location = /named { proxy_pass http://origins; error_page 413 @large; }
        location = /sorry { return 200 "sorry"; }
        location @large { proxy_pass http://origins; }`,
    });
    const long = 'Content-Length: 20';
    const chunks = 'Transfer-Encoding: chunked';
    const body = 'x'.repeat(20);
    for (const path of ['/return', '/named']) {
      const expected =
        path === '/return' ? [200, 'sorry'] : [413, 'origin: POST /named HTTP/1.1 []'];
      assert.deepEqual(await told(stage, request('POST', path, long) + body), expected);
      const chunked = `${request('POST', path, chunks)}14\r\n${body}\r\n0\r\n\r\n`;
      assert.deepEqual(await told(stage, chunked), expected);
    }
  });
});

onBothTiers('error_page for a body', (it) => {
  const chunked = request('POST', '/', 'Transfer-Encoding: chunked');

  for (const [what, rest, status, timeout] of [
    ['that is malformed', 'nonsense\r\n', 400, ''],
    ['that does not come', '', 408, 'client_body_timeout 50ms;'],
  ] as const) {
    for (const buffering of ['on', 'off'] as const) {
      it(`${what} is a GET, then the connection closes (buffering ${buffering})`, async (t, tier) => {
        const stage = await setStage(t, tier, {
          scripts: [SCRIPT],
          server: `${timeout} lingering_timeout 50ms;`,
          location: `error_page 400 408 /page; proxy_request_buffering ${buffering};`,
        });
        const client = await stage.client(`${chunked}3\r\nabc\r\n${rest}`);
        const { body, ...response } = await client.response();
        assert.deepEqual(
          [response.status, body.toString(), response.fields.get('connection')],
          [status, 'origin: GET /page HTTP/1.1 []', ['close']],
        );
        await client.closed();
      });
    }
  }

  it('has all the time it takes, whatever the client still sends', async (t, tier) => {
    const stage = await setStage(t, tier, {
      scripts: [{}],
      server: `client_body_timeout 50ms; location = /plain { proxy_pass http://origins; }
        lingering_timeout 50ms;`,
      location: 'error_page 400 /page;',
    });
    const client = await stage.client(`${chunked}3\r\nabc\r\nnonsense\r\n`);
    const { connection, line } = await stage.origin.request(0);
    assert.equal(line, 'GET /page HTTP/1.1');
    await client.sent('more nonsense\r\n');
    // When this one has timed out, the first one would have.
    const later = await stage.client(`${chunked.replace('/', '/plain')}3\r\nabc\r\n`);
    assert.equal((await later.response()).status, 408);
    connection.send(ok('page'));
    const { body, status } = await client.response();
    assert.deepEqual([status, body.toString()], [400, 'page']);
  });

  it('whose client gives up meanwhile is let go', async (t, tier) => {
    const stage = await setStage(t, tier, {
      scripts: [
        { onRequest: ({ line }, connection) => void (line.includes('page') || connection.reset()) },
      ],
      location: 'error_page 502 /page;',
    });
    const client = await stage.client(`${request('POST', '/dead', 'Content-Length: 3')}abc`);
    const page = await stage.origin.request(1);
    client.reset();
    await page.connection.closed();
    assert.deepEqual(page.line, 'GET /page HTTP/1.1');
  });
});

onBothTiers('a named location', (it) => {
  it('gets the request as it was, with its body', async (t, tier) => {
    const stage = await setStage(t, tier, backupConf());
    const [status, text] = await told(
      stage,
      `${request('POST', '/dead/%41?x=y', 'Content-Length: 3')}abc`,
    );
    assert.deepEqual([status, text], [200, 'backup: POST /dead/%41?x=y HTTP/1.1 [abc]']);
    const large = 'z'.repeat(100_000);
    const chunked = `${request('POST', '/dead', 'Transfer-Encoding: chunked')}${large.length.toString(16)}\r\n${large}\r\n0\r\n\r\n`;
    assert.deepEqual(await told(stage, chunked), [200, `backup: POST /dead HTTP/1.1 [${large}]`]);
    assert.equal((await told(stage, request('GET', '/@backup')))[0], 200);
    assert.equal(stage.origins[1]?.requests.length, 2);
  });

  it('does not get a body that was streamed away', async (t, tier) => {
    const stage = await setStage(t, tier, {
      ...backupConf('proxy_request_buffering off;'),
      scripts: [
        { onBytes: (connection, pending) => void (pending.includes('abc') && connection.reset()) },
        {},
      ],
    });
    const client = await stage.client(`${request('POST', '/dead', 'Content-Length: 6')}abc`);
    const response = await client.response();
    assert.equal(response.status, 502);
    assert.match(response.body.toString(), /upstream_reset/);
    assert.equal(stage.origins[1]?.requests.length, 0);
  });
});

/** Two origins: all goes to the first, and on 502 to the second by `@backup`. */
function backupConf(location = ''): {
  scripts: readonly OriginScript[];
  conf: (...ports: number[]) => string;
} {
  return {
    scripts: [SCRIPT, { onRequest: ({ line, body }) => ok(`backup: ${line} [${body}]`) }],
    conf: (first, second) => `server { listen 127.0.0.1:1;
      location / { proxy_pass http://127.0.0.1:${first}; error_page 502 = @backup; ${location} }
      location @backup { proxy_pass http://127.0.0.1:${second}; } }`,
  };
}

onBothTiers('proxy_intercept_errors', (it) => {
  const SERVER = `
    location = /sorry { return 200 "sorry"; }`;

  it('off leaves the answers of endpoints alone', async (t, tier) => {
    const stage = await setStage(t, tier, {
      scripts: [SCRIPT],
      server: SERVER,
      location: 'error_page 404 503 /sorry;',
    });
    const response = await ask(stage, request('GET', '/status/503'));
    assert.deepEqual([response.status, response.body.toString()], [503, 'theirs']);
  });

  it('on gives them the pages there are', async (t, tier) => {
    const stage = await setStage(t, tier, {
      scripts: [SCRIPT],
      server: SERVER,
      location: 'proxy_intercept_errors on; error_page 404 /sorry; error_page 503 =200 /again;',
    });
    for (const [path, status, body] of [
      ['/status/404', 404, 'sorry'],
      ['/status/503', 200, 'origin: GET /again HTTP/1.1 []'],
      ['/status/500', 500, 'theirs'],
      ['/status/200', 200, 'theirs'],
    ] as const) {
      const response = await ask(stage, request('GET', path));
      assert.deepEqual([response.status, response.body.toString()], [status, body], path);
      assert.equal(response.fields.has('x-theirs'), body === 'theirs', path);
    }
  });

  it('on keeps how to authenticate', async (t, tier) => {
    const challenge = 'WWW-Authenticate: Basic realm="a"\r\nWWW-Authenticate: Bearer\r\n';
    const stage = await setStage(t, tier, {
      scripts: [
        {
          onRequest: ({ line }) =>
            line.includes('/page')
              ? ok('page')
              : `HTTP/1.1 401 No\r\n${challenge}Content-Length: 0\r\n\r\n`,
        },
      ],
      server: 'proxy_intercept_errors on; location = /sorry { return 200 "sorry"; }',
      location: 'error_page 401 /$arg_page;',
    });
    for (const [page, body] of [
      ['page', 'page'],
      ['sorry', 'sorry'],
    ] as const) {
      const response = await ask(stage, request('GET', `/?page=${page}`));
      assert.deepEqual([response.status, response.body.toString()], [401, body]);
      const expected = ['Basic realm="a", Bearer'];
      assert.deepEqual(response.fields.get('www-authenticate'), expected);
    }
  });
});
