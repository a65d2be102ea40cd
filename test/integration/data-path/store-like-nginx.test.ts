// proxy_store, beside nginx: which answers of an endpoint become files, and which never do.

import assert from 'node:assert/strict';
import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { isDeepStrictEqual } from 'node:util';
import { type Asked, differencesFromNginx } from '#test/support/beside-nginx.ts';
import { requirePeer } from '#test/support/peers.ts';
import type { OriginConnection } from '#test/support/raw-origin.ts';
import { onBothTiers, setStage } from '#test/support/stage.ts';
import { TinyDisk } from '#test/support/tiny-disk.ts';

const DATE = 'Thu, 01 Jan 2015 00:00:00 GMT';

/** By the last letters of the path. */
const ANSWERS: Readonly<Record<string, string>> = {
  usual: `200 OK\r\nLast-Modified: ${DATE}\r\nContent-Length: 10\r\n\r\n0123456789`,
  empty: '200 OK\r\nContent-Length: 0\r\n\r\n',
  chunked: '200 OK\r\nTransfer-Encoding: chunked\r\n\r\na\r\n0123456789\r\n0\r\n\r\n',
  hidden: `200 OK\r\nLast-Modified: junk\r\nSet-Cookie: a=1\r\nContent-Length: 3\r\n\r\nabc`,
  missing: '404 Not Found\r\nContent-Length: 4\r\n\r\nnone',
  partial: '206 Partial Content\r\nContent-Range: bytes 0-3/9\r\nContent-Length: 4\r\n\r\n0123',
  created: '201 Created\r\nContent-Length: 4\r\n\r\nmade',
  none: '204 No Content\r\n\r\n',
};

function folderOf(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'weir-store-'));
  t.after(() => rmSync(folder, { recursive: true }));
  return folder;
}

/** `path mode size time`, of all that is there, as far as the configuration decides it. */
function filesIn(folder: string): string[] {
  const names = readdirSync(folder, { recursive: true, encoding: 'latin1' });
  return names.sort().map((name) => {
    const { mode, mtime, size } = statSync(join(folder, Buffer.from(name, 'latin1').toString()));
    const isFolder = (mode & 0o040000) !== 0;
    const time = mtime.getUTCFullYear() === 2015 ? mtime.toUTCString() : 'now';
    return `${name} ${(mode & 0o777).toString(8)} ${isFolder ? 'folder' : `${size} ${time}`}`;
  });
}

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setImmediate(resolve));
}

/** Weir stores beside its serving: a file may be renamed while we look, and the last be the first. */
async function settled(holds: () => boolean): Promise<void> {
  for (let turn = 0; turn < 2_000; turn++) {
    try {
      if (holds()) return;
    } catch (error) {
      assert.equal((error as NodeJS.ErrnoException).code, 'ENOENT');
    }
    await new Promise((resolve) => setImmediate(resolve));
  }
}

const ASKED: readonly Asked[] = [
  ...Object.keys(ANSWERS).flatMap((key) =>
    ['/a/', '/b/deep/er/', '/access/', '/off/', '/unbuffered/in/', '/error/'].map((path) => {
      return { host: 'a.test', target: `${path}${key}` };
    }),
  ),
  { host: 'a.test', target: '/a/post/usual', method: 'POST', body: 'x' },
  { host: 'a.test', target: '/a/%C3%A9%20x?y=usual' },
  { host: 'a.test', target: '/a/x/%2e%2e/y/usual' },
  { host: 'a.test', target: '/a/last/usual' }, // when nginx has this one it has all
];

test('nginx and Weir store the same files', requirePeer('nginx'), async (t) => {
  const [theirs, ours] = [folderOf(t), folderOf(t)];
  const differences = await differencesFromNginx(t, {
    conf: `server {
      listen LISTEN;
      proxy_store FOLDER/all$uri;
      location / { proxy_pass ORIGIN; }
      location /access/ { proxy_pass ORIGIN; proxy_store FOLDER$uri; proxy_store_access group:rw all:r; }
      location /off/ { proxy_pass ORIGIN; proxy_store off; }
      location /unbuffered/ { proxy_pass ORIGIN; proxy_store $arg_none/$arg_none/FOLDER/variable$uri; }
      location /error/ { error_page 404 /a/from-error/usual; return 404; }
    }`,
    folders: [theirs, ours],
    asked: ASKED,
    answer: ({ line }) => `HTTP/1.1 ${ANSWERS[/(\w+) HTTP/.exec(line)?.[1] ?? '']}`,
  });
  assert.deepEqual(differences, []);
  const isDone = (folder: string): boolean =>
    filesIn(folder).some((line) => /last\/usual/.test(line));
  await until(() => isDone(theirs));
  await settled(() => isDeepStrictEqual(filesIn(ours), filesIn(theirs)));
  assert.deepEqual(filesIn(ours), filesIn(theirs));
  assert.ok(filesIn(ours).length > 20);
});

const BODY = Buffer.from(Array.from({ length: 3_000_000 }, (_, at) => at % 251));

function get(target: string, more = ''): string {
  return `GET ${target} HTTP/1.1\r\nHost: a.test\r\n${more}\r\n`;
}

onBothTiers('proxy_store', (it) => {
  for (const more of ['', 'proxy_buffering off;', 'limit_rate 900m;', 'proxy_force_ranges on;']) {
    it(`keeps all of a long answer (${more})`, async (t, tier) => {
      const folder = folderOf(t);
      const script = {
        onRequest: (_: unknown, connection: OriginConnection) => {
          connection.send(`HTTP/1.1 200 OK\r\nContent-Length: ${BODY.length}\r\n\r\n`);
          connection.stream(BODY);
          return undefined;
        },
      };
      const location = `proxy_store ${folder}$uri; ${more}`;
      const stage = await setStage(t, tier, { scripts: [script], location });
      const client = await stage.client(get('/one/x', 'Range: bytes=5-9\r\n'));
      const { body } = await client.response();
      assert.ok(more.includes('ranges') ? body.equals(BODY.subarray(5, 10)) : body.equals(BODY));
      await until(() => existsSync(join(folder, 'one/x')));
      assert.ok(readFileSync(join(folder, 'one/x')).equals(BODY));
      client.send(get('/two'));
      await client.response();
    });
  }

  it('goes on when the client has left', async (t, tier) => {
    const folder = folderOf(t);
    const script = { onRequest: () => 'HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\nhalf' };
    const location = `proxy_store ${folder}$uri;`;
    const stage = await setStage(t, tier, { scripts: [script], location });
    const client = await stage.client(get('/x'));
    await client.until('half');
    client.reset();
    await client.closed();
    await until(() => readdirSync(folder).length === 1);
    (await stage.origin.connection(0)).send('rest');
    await until(() => readdirSync(folder).join() === 'x');
    assert.equal(readFileSync(join(folder, 'x'), 'latin1'), 'halfrest');
  });

  it('keeps nothing of an answer that breaks off, and no file of its own', async (t, tier) => {
    const folder = folderOf(t);
    const script = {
      onRequest: ({ line }: { line: string }, connection: OriginConnection) => {
        if (line.includes('/whole')) return 'HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nw';
        connection.send('HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\nhalf');
        connection.end();
        return undefined;
      },
    };
    const location = `proxy_store ${folder}$uri;`;
    const stage = await setStage(t, tier, { scripts: [script], location });
    const client = await stage.client(get('/x'));
    assert.equal((await client.response()).isWhole, false);
    const next = await stage.client(get('/whole'));
    await next.response();
    await until(() => readdirSync(folder).join() === 'whole');
  });

  it('does not follow a client out of its folder', async (t, tier) => {
    const folder = folderOf(t);
    writeFileSync(join(folder, 'secret'), 'mine');
    const script = {
      onRequest: () => 'HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nhostile'.slice(0, -1),
    };
    const stage = await setStage(t, tier, {
      scripts: [script],
      conf: (port) => `server { listen 127.0.0.1:1;
        location / { proxy_pass http://127.0.0.1:${port}; proxy_store ${folder}/in/$arg_f; }
        location /bare { proxy_pass http://127.0.0.1:${port}; proxy_store $arg_f; }
        location /uri { proxy_pass http://127.0.0.1:${port}; proxy_store ${folder}/in$request_uri; } }`,
    });
    const client = await stage.client();
    const targets = [
      ...['/?f=../secret', '/?f=x/../../secret', '/?f=..', '/?f=', '/?f=x/', '/uri/a/../secret'],
      ...['/bare?f=secret', '/bare?f=', `/bare?f=${folder}/in/../secret`, '/?f=/../secret'],
    ];
    for (const target of targets) {
      client.send(get(target));
      assert.equal((await client.response()).status, 200, target);
    }
    client.send(get('/?f=good'));
    await client.response();
    await until(
      () => readdirSync(folder).length === 2 && readdirSync(join(folder, 'in')).length === 1,
    );
    await until(() => readdirSync(join(folder, 'in')).join() === 'good');
    assert.equal(readFileSync(join(folder, 'secret'), 'latin1'), 'mine');
    const told = stage.edge.errors.filter((line) => line.includes('was not stored: it is no path'));
    assert.equal(told.length, targets.length);
  });

  it('serves on when the disk is full, and keeps nothing', async (t, tier) => {
    const disk = await TinyDisk.mount(1024 * 1024);
    if (typeof disk === 'string') assert.fail(disk);
    t.after(() => disk.close());
    const script = {
      onRequest: ({ line }: { line: string }, connection: OriginConnection) => {
        const body = line.includes('/small') ? Buffer.alloc(1000) : BODY;
        connection.send(`HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n`);
        connection.stream(body);
        return undefined;
      },
    };
    const location = `proxy_store ${disk.directory}$uri;`;
    const stage = await setStage(t, tier, { scripts: [script], location });
    stage.edge.expectErrors();
    const client = await stage.client(get('/long'));
    assert.ok((await client.response()).body.equals(BODY));
    await until(() => stage.edge.errors.some((line) => /was not stored: ENOSPC/.test(line)));
    await until(() => readdirSync(disk.directory).length === 0);
    client.send(get('/small'));
    await client.response();
    await until(() => readdirSync(disk.directory).join() === 'small');
  });

  it('takes the last of those who come at once, whole', async (t, tier) => {
    const folder = folderOf(t);
    const held: OriginConnection[] = [];
    const script = {
      onRequest: (_: unknown, connection: OriginConnection) => {
        held.push(connection);
        connection.send('HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\na');
        return undefined;
      },
    };
    const location = `proxy_store ${folder}/same;`;
    const stage = await setStage(t, tier, { scripts: [script], location });
    const clients = await Promise.all([0, 1].map(() => stage.client(get('/'))));
    await Promise.all(clients.map((client) => client.until('\r\n\r\na')));
    await until(() => readdirSync(folder).length === 2);
    held[1]?.send('222');
    await until(() => readdirSync(folder).includes('same'));
    assert.equal(readFileSync(join(folder, 'same'), 'latin1'), 'a222');
    held[0]?.send('111');
    await until(() => readFileSync(join(folder, 'same'), 'latin1') === 'a111');
    await until(() => readdirSync(folder).join() === 'same');
  });
});
