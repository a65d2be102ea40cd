import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { print } from '#src/config/syntax/print.ts';
import { dumpSources } from './dump.ts';
import { loadConfiguration, type ReadOptions, readConfiguration } from './read-configuration.ts';

/** A folder with these files, gone after the test. */
function folderOf(
  context: { after(hook: () => void): void },
  files: Readonly<Record<string, string | Buffer>>,
): string {
  const folder = mkdtempSync(join(tmpdir(), 'weir-config-'));
  context.after(() => rmSync(folder, { recursive: true }));
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
  return folder;
}

async function read(options: ReadOptions): Promise<{ text: string; problems: string[] }> {
  const { tree, problems } = await readConfiguration({ lookup: async () => [], ...options });
  return { text: print(tree.nodes), problems: problems.map((p) => `${p.line}: ${p.message}`) };
}

test('patterns are read in byte order, hidden files are not, and no match is no problem', async (t) => {
  const folder = folderOf(t, {
    'main.conf': 'include d/*.conf;\nhttp { include none/*.conf; include e/[ab]?.inc; }',
    'd/b.conf': 'b;',
    'd/a.conf': 'a;',
    'd/B.conf': 'B;',
    'd/.hidden.conf': 'hidden;',
    'd/c.conf.bak': 'bak;',
    'e/a1.inc': 'a1;',
    'e/c1.inc': 'c1;',
  });
  assert.deepEqual(await read({ file: join(folder, 'main.conf') }), {
    text: 'B;\na;\nb;\nhttp {\n  a1;\n}\n',
    problems: [],
  });
});

test('includes are relative to the main file, also inside included files', async (t) => {
  const folder = folderOf(t, {
    'conf/main.conf': 'include sub/one.conf;',
    'conf/sub/one.conf': 'one; include sub/two.conf;',
    'conf/sub/two.conf': 'two;',
  });
  const { text } = await read({ file: 'conf/main.conf', prefix: folder });
  assert.equal(text, 'one;\ntwo;\n');
});

test('a problem in an included file names that file and its line', async (t) => {
  const folder = folderOf(t, { 'main.conf': 'include part.inc;', 'part.inc': '\n\n}' });
  const { problems } = await readConfiguration({ file: join(folder, 'main.conf') });
  assert.deepEqual(
    problems.map(({ file, line, message }) => [file, line, message]),
    [[join(folder, 'part.inc'), 3, 'unexpected "}"']],
  );
});

test('a missing, an unreadable and a looping include are each told where they are asked for', async (t) => {
  const folder = folderOf(t, {
    'main.conf': 'include a.inc;\ninclude missing.inc;\ninclude folder;',
    'a.inc': 'x;\ninclude main.conf;',
    'folder/x': '',
  });
  const { problems } = await read({ file: join(folder, 'main.conf') });
  assert.deepEqual(
    problems.map((line) => line.replaceAll(folder, '…')),
    [
      '2: include loop: …/main.conf → …/a.inc → …/main.conf',
      '2: open() "…/missing.inc" failed (2: No such file or directory)',
      '3: open() "…/folder" failed (21: Is a directory)',
    ],
  );
});

test('the main file that cannot be read is a problem, not an exception', async (t) => {
  const folder = folderOf(t, { 'secret.conf': 'x;' });
  chmodSync(join(folder, 'secret.conf'), 0);
  const missing = await read({ file: join(folder, 'no.conf') });
  assert.match(missing.problems[0] ?? '', /open\(\) ".*no\.conf" failed \(2: No such file/);
  if (process.geteuid?.() === 0) return; // root reads everything
  const secret = await read({ file: join(folder, 'secret.conf') });
  assert.match(secret.problems[0] ?? '', /13: Permission denied/);
});

test('a byte order mark and CRLF are taken; bytes that are not UTF-8 are refused outside comments', async (t) => {
  const folder = folderOf(t, {
    'bom.conf': '\uFEFFa b;\r\n# c\r\nd;\r\n',
    'comment.conf': Buffer.from('# caf\xe9\na;', 'latin1'),
    'word.conf': Buffer.from('a;\nb caf\xe9;', 'latin1'),
  });
  assert.deepEqual(await read({ file: join(folder, 'bom.conf') }), {
    text: 'a b;\nd;\n',
    problems: [],
  });
  assert.deepEqual((await read({ file: join(folder, 'comment.conf') })).problems, []);
  assert.deepEqual((await read({ file: join(folder, 'word.conf') })).problems, [
    '2: the text is not valid UTF-8',
  ]);
});

test('-g comes first, with or without its semicolon, and its problems name the command line', async (t) => {
  const folder = folderOf(t, { 'main.conf': 'http { }' });
  const file = join(folder, 'main.conf');
  for (const globals of ['daemon off;', 'daemon off', ' daemon  off ; ']) {
    assert.equal((await read({ file, globals })).text, 'daemon off;\nhttp {\n}\n');
  }
  const { problems } = await loadConfiguration({ file, globals: 'demon off;' });
  assert.deepEqual(
    problems.map(({ file, line, message, suggestion }) => [file, line, message, suggestion]),
    [['command line', 1, 'unknown directive "demon"', 'did you mean "daemon"?']],
  );
});

test('prefix: given, or the folder above that of the main file', async (t) => {
  const folder = folderOf(t, { 'conf/main.conf': 'pid a.pid; http { }' });
  const file = join(folder, 'conf/main.conf');
  assert.equal((await loadConfiguration({ file })).model?.main.pidFile, join(folder, 'a.pid'));
  const other = await loadConfiguration({ file, prefix: '/srv' });
  assert.equal(other.model?.main.pidFile, '/srv/a.pid');
});

test('host names are looked up once each, and names of upstreams are not', async (t) => {
  const folder = folderOf(t, {
    'main.conf': `http {
      upstream app { server one.test:81; server one.test:82; server 127.0.0.1; }
      server { listen two.test:80; location / { proxy_pass http://app; }
        location /b { proxy_pass http://three.test:1/x; } } }`,
  });
  const asked: string[] = [];
  const lookup = async (name: string): Promise<readonly string[]> => {
    asked.push(name);
    return [`192.0.2.${asked.length}`];
  };
  const { tree } = await readConfiguration({ file: join(folder, 'main.conf'), lookup });
  assert.deepEqual(asked.sort(), ['one.test', 'three.test', 'two.test']);
  assert.deepEqual(Object.keys(tree.hosts).sort(), asked);
});

test('localhost is found on any machine', async (t) => {
  const folder = folderOf(t, { 'main.conf': 'http { server { listen localhost:0; } }' });
  const { tree } = await readConfiguration({ file: join(folder, 'main.conf') });
  assert.deepEqual(tree.hosts, {});
  const good = folderOf(t, { 'main.conf': 'http { server { listen localhost:81; } }' });
  const found = await readConfiguration({ file: join(good, 'main.conf') });
  assert.ok(found.tree.hosts['localhost']?.includes('127.0.0.1'));
});

test('-T shows every file once, as it was read', async (t) => {
  const folder = folderOf(t, {
    'main.conf': 'include a.inc; # twice\ninclude a.inc;\n',
    'a.inc': 'a;',
  });
  const { sources } = await readConfiguration({ file: join(folder, 'main.conf') });
  assert.equal(
    dumpSources(sources).replaceAll(folder, ''),
    '# configuration file /main.conf:\ninclude a.inc; # twice\ninclude a.inc;\n\n# configuration file /a.inc:\na;\n',
  );
});

test('problems of reading and of building come in the order of the files', async (t) => {
  const folder = folderOf(t, {
    'main.conf': 'pid;\nhttp {\n  include a.inc;\n  gzip on\n}\n',
    'a.inc': 'send_timeout x;\n;\n',
  });
  const { problems } = await loadConfiguration({ file: join(folder, 'main.conf') });
  assert.deepEqual(
    problems.map(({ file, line }) => `${file.slice(folder.length + 1)}:${line}`),
    ['main.conf:1', 'main.conf:4', 'main.conf:5', 'a.inc:1', 'a.inc:2'],
  );
});
