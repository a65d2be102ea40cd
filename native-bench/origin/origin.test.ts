import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { connect, type Socket } from 'node:net';
import { describe, it, type TestContext } from 'node:test';
import { patternBody } from '#native-bench/wire/body-pattern.ts';
import { type Origin, type OriginOptions, startOrigin } from './origin.ts';

async function origin(t: TestContext, options: OriginOptions = {}): Promise<Origin> {
  const started = await startOrigin(options);
  t.after(() => started.close());
  return started;
}

/** Sends bytes, and resolves with everything received and how the connection ended. */
function exchange(port: number, bytes: string): Promise<{ text: string; error: string }> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
    let text = '';
    let error = '';
    socket.setEncoding('latin1');
    socket.on('data', (piece: string) => {
      text += piece;
    });
    socket.on('end', () => socket.end());
    socket.on('error', (problem: NodeJS.ErrnoException) => {
      error = problem.code ?? '';
    });
    socket.on('close', () => resolve({ text, error }));
    socket.write(bytes, 'latin1');
  });
}

const get = (target: string, ...fields: string[]): string =>
  [`GET ${target} HTTP/1.1`, 'Host: o', 'Connection: close', ...fields, '', ''].join('\r\n');

async function body(started: Origin, target: string, ...fields: string[]): Promise<string> {
  const { text } = await exchange(started.port, get(target, ...fields));
  return text.slice(text.indexOf('\r\n\r\n') + 4);
}

describe('origin answers', () => {
  it('anything with the default body, on the fast path and beside it', async (t) => {
    for (const keepRequests of [0, 10]) {
      const started = await origin(t, { keepRequests, bodyBytes: 100 });
      const { text } = await exchange(
        started.port,
        `GET /a HTTP/1.1\r\nHost: o\r\n\r\nGET /b HTTP/1.1\r\nHost: o\r\n\r\n${get('/c')}`,
      );
      assert.equal(text.match(/HTTP\/1.1 200 OK/g)?.length, 3);
      assert.equal(text.match(/Content-Length: 100/g)?.length, 3);
      assert.equal(text.match(/Connection: close/g)?.length, 1);
      assert.equal(started.saw().requests, 3);
      assert.equal(started.saw().completions, 3);
      assert.equal(started.saw().connectionsAccepted, 1);
      assert.equal(started.requests.length, keepRequests === 0 ? 0 : 3);
    }
  });

  it('heads split at every byte', async (t) => {
    const started = await origin(t, { keepRequests: 0 });
    const bytes = get('/split');
    const socket = connect(started.port, '127.0.0.1');
    socket.setNoDelay(true);
    for (const byte of bytes) {
      socket.write(byte);
      await new Promise((resolve) => setImmediate(resolve));
    }
    const chunks: Buffer[] = [];
    for await (const chunk of socket) chunks.push(chunk as Buffer);
    assert.match(Buffer.concat(chunks).toString(), /^HTTP\/1.1 200 OK/);
  });

  it('/bytes, /chunked, /close and /id with the asked length', async (t) => {
    const started = await origin(t);
    assert.equal((await body(started, '/bytes/1048576')).length, 1_048_576);
    assert.equal((await body(started, '/close/70000')).length, 70_000);
    assert.equal(await body(started, '/id/r-7/200'), patternBody('r-7', 200).toString());
    const chunked = await body(started, '/chunked/10?chunk=4');
    assert.match(chunked, /^4\r\n.{4}\r\n4\r\n.{4}\r\n2\r\n.{2}\r\n0\r\n\r\n$/s);
    assert.match(
      (await exchange(started.port, get('/status/404'))).text,
      /^HTTP\/1.1 404 Not Found/,
    );
  });

  it('HEAD without a body', async (t) => {
    const started = await origin(t);
    const { text } = await exchange(started.port, get('/bytes/500').replace('GET', 'HEAD'));
    assert.match(text, /Content-Length: 500/);
    assert.ok(text.endsWith('\r\n\r\n'));
  });

  it('/echo tells what arrived: fields in order, body, trailers', async (t) => {
    const started = await origin(t);
    const { text } = await exchange(
      started.port,
      [
        'POST /echo?x=1 HTTP/1.1',
        'Host: o',
        'X-Twice: 1',
        'x-twice:2',
        'Transfer-Encoding: chunked',
        'Connection: close',
        '',
        '5;ext=1',
        'hello',
        '0',
        'Tail: t',
        '',
        '',
      ].join('\r\n'),
    );
    const seen = JSON.parse(text.slice(text.indexOf('\r\n\r\n') + 4)) as Record<string, unknown>;
    assert.equal(seen['target'], '/echo?x=1');
    assert.deepEqual(seen['trailers'], [['Tail', 't']]);
    assert.equal(seen['bodyBytes'], 5);
    assert.equal(seen['bodySha256'], createHash('sha256').update('hello').digest('hex'));
    assert.deepEqual((seen['fields'] as string[][]).slice(1, 3), [
      ['X-Twice', '1'],
      ['x-twice', '2'],
    ]);
    assert.equal(started.requests[0]?.body.toString(), 'hello');
  });

  it('Expect: 100-continue with 100 first', async (t) => {
    const started = await origin(t);
    const socket = connect(started.port, '127.0.0.1');
    socket.write('PUT / HTTP/1.1\r\nHost: o\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n');
    const first = await new Promise<Buffer>((resolve) => socket.once('data', resolve));
    assert.equal(first.toString(), 'HTTP/1.1 100 Continue\r\n\r\n');
    assert.equal(started.saw().incomplete, 1);
    socket.end('ok');
    await started.waitForRequests(1);
    assert.equal(started.saw().peakIncomplete, 1);
    socket.destroy();
  });

  it('what a test composed, also byte for byte', async (t) => {
    const started = await origin(t, {
      respond: ({ target }) =>
        target === '/raw'
          ? { raw: 'HTTP/1.1 200 OK\nX: y\n\n', close: true }
          : { status: 201, fields: [['X-A', 'b']], body: 'hi', chunkBytes: 1 },
    });
    assert.equal((await exchange(started.port, get('/raw'))).text, 'HTTP/1.1 200 OK\nX: y\n\n');
    assert.equal(await body(started, '/'), '1\r\nh\r\n1\r\ni\r\n0\r\n\r\n');
  });
});

describe('origin reports', () => {
  it('raw bytes of every connection, and reads leniently', async (t) => {
    const started = await origin(t, { keepRawBytes: 1000 });
    const odd = 'GET / HTTP/1.1\nHost : o\nConnection: close\n\n';
    assert.match((await exchange(started.port, odd)).text, /^HTTP\/1.1 200/);
    await exchange(started.port, get('/second'));
    assert.deepEqual(
      started.sawRaw().map((raw) => raw.toString()),
      [odd, get('/second')],
    );
  });

  it('Transfer-Encoding beats Content-Length, and the rest is a second request', async (t) => {
    const started = await origin(t);
    await exchange(
      started.port,
      `POST / HTTP/1.1\r\nHost: o\r\nContent-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${get('/smuggled')}`,
    );
    assert.deepEqual(
      started.requests.map(({ target }) => target),
      ['/', '/smuggled'],
    );
  });

  it('work in slots: peak in flight and queue', async (t) => {
    const started = await origin(t, { slots: 1, workMs: 1 });
    await Promise.all([1, 2, 3].map(() => exchange(started.port, get('/'))));
    const { work, peakInFlight, inFlight } = started.saw();
    assert.equal(work.completions, 3);
    assert.equal(inFlight, 0);
    assert.equal(peakInFlight, work.peakInFlight);
    started.reset();
    assert.equal(started.saw().requests, 0);
  });
});

describe('origin misbehaves', () => {
  const cases: [string, RegExp, string][] = [
    ['status=503', /^HTTP\/1.1 503 [^]*Content-Length: 0\r\nConnection: close\r\n\r\n$/, ''],
    ['reset', /^$/, 'ECONNRESET'],
    ['close', /^$/, ''],
    ['reset-after=20', /^(HTTP\/1.1 200 OK\r\nCon)?$/, 'ECONNRESET'],
    ['close-after=20', /^HTTP\/1.1 200 OK\r\nCon$/, ''],
    ['truncated', /Content-Length: 64\r\nConnection: close\r\n\r\nt{32}$/, ''],
    ['extra', /\.\nHTTP\/1.1 200 OK\r\nContent-Length: 7/, ''],
    ['both-framings', /Content-Length: 64\r\nTransfer-Encoding: chunked/, ''],
    ['bad-chunk', /\r\n\r\nzz\r\n/, ''],
    ['bad-length', /Content-Length: 12x/, ''],
    ['two-lengths', /Content-Length: 64\r\nContent-Length: 69/, ''],
    ['garbage', /^\x16\x03\x01/, ''],
  ];
  for (const [fault, expected, error] of cases) {
    it(`${fault}, by field and by behaviour`, async (t) => {
      const started = await origin(t);
      const byField = await exchange(started.port, get('/', `x-fault: ${fault}`));
      assert.match(byField.text, expected);
      assert.equal(byField.error, error);
      started.change({ fault });
      const byBehaviour = await exchange(started.port, get('/'));
      assert.match(byBehaviour.text, expected);
      started.change({ fault: undefined });
      assert.match((await exchange(started.port, get('/'))).text, /^HTTP\/1.1 200/);
    });
  }

  it('hang: nothing comes until the client leaves', async (t) => {
    const started = await origin(t);
    const socket: Socket = connect(started.port, '127.0.0.1');
    socket.write(get('/', 'x-fault: hang-after=9'));
    const first = await new Promise<Buffer>((resolve) => socket.once('data', resolve));
    assert.equal(first.toString(), 'HTTP/1.1 ');
    assert.equal(started.saw().inFlight, 1);
    socket.destroy();
    await new Promise((resolve) => socket.once('close', resolve));
  });

  it('early: answers before the body is complete', async (t) => {
    const started = await origin(t);
    const head = 'POST / HTTP/1.1\r\nHost: o\r\nx-fault: early\r\nContent-Length: 100\r\n\r\npart';
    assert.match((await exchange(started.port, head)).text, /^HTTP\/1.1 200 OK/);
  });

  it('an unknown fault is named, by field and by change', async (t) => {
    const started = await origin(t);
    const { text } = await exchange(started.port, get('/', 'x-fault: nonsense'));
    assert.match(text, /^HTTP\/1.1 500 Origin[^]*unknown fault "nonsense"/);
    assert.throws(() => started.change({ fault: 'reset-after=x' }), /unknown fault/);
  });

  it('a share of requests, the same ones for the same seed', async (t) => {
    const struck = async (seed: number): Promise<string> => {
      const started = await origin(t, { seed, fault: 'status=500', faultShare: 0.5 });
      let line = '';
      for (let i = 0; i < 12; i += 1) {
        line += (await exchange(started.port, get('/'))).text.includes(' 500 ') ? 'x' : '.';
      }
      return line;
    };
    const first = await struck(5);
    assert.match(first, /x/);
    assert.match(first, /\./);
    assert.equal(first, await struck(5));
  });

  it('refuses when it stopped listening, keeps open connections, and listens again', async (t) => {
    const started = await origin(t);
    const socket = connect(started.port, '127.0.0.1');
    socket.write('GET /1 HTTP/1.1\r\nHost: o\r\n\r\n');
    await new Promise((resolve) => socket.once('data', resolve));
    await started.stopListening();
    assert.equal((await exchange(started.port, get('/'))).error, 'ECONNREFUSED');
    socket.write('GET /2 HTTP/1.1\r\nHost: o\r\n\r\n');
    await new Promise((resolve) => socket.once('data', resolve));
    await started.listenAgain();
    assert.match((await exchange(started.port, get('/'))).text, /^HTTP\/1.1 200/);
    started.dropConnections(true);
    await assert.rejects(new Promise((_, reject) => socket.once('error', reject)), {
      code: 'ECONNRESET',
    });
  });
});
