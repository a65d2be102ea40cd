// What a configuration is printed as: as it was written (-T), and as it holds (weir config).

import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { findPeer, requirePeer } from '#test/support/peers.ts';
import { run, runWeir, WEIR } from '#test/support/weir.ts';

const CONF = `# one comment
pid nginx.pid; error_log stderr;
events{}
http {
  access_log off;
  client_body_temp_path body; proxy_temp_path proxy;
  include parts/*.conf;
  include none/*.conf;
}
`;
/** No line break at the end, CRLF, a hidden file. */
const PARTS = {
  'parts/b.conf': '\tserver { listen 127.0.0.1:8081; return 204; }',
  'parts/a.conf': 'map $uri $a { default 1; }\r\n\r\n# end\r\n',
  'parts/.hidden.conf': 'broken',
};

function folderWith(t: TestContext, files: Readonly<Record<string, string>>): string {
  const folder = mkdtempSync(join(tmpdir(), 'weir-config-'));
  t.after(() => rmSync(folder, { recursive: true }));
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(join(folder, name, '..'), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
  return folder;
}

describe('weir -T', () => {
  it('prints byte for byte what nginx does', requirePeer('nginx'), async (t) => {
    const folder = folderWith(t, { ...PARTS, 'x.conf': CONF });
    chmodSync(folder, 0o755); // root's nginx and Weir make folders there for another user
    const args = ['-T', '-p', folder, '-c', 'x.conf', '-e', 'stderr'];
    const theirs = await run(findPeer('nginx') ?? 'nginx', args);
    const ours = await run(WEIR, args);
    assert.equal(theirs.code, 0, theirs.stderr);
    assert.equal(ours.code, 0, ours.stderr);
    assert.equal(ours.stdout, theirs.stdout);
    assert.match(ours.stderr, /syntax is ok\n.*test is successful\n$/s);
    const quiet = await run(WEIR, ['-q', ...args]);
    assert.deepEqual([quiet.stdout, quiet.stderr], [theirs.stdout, '']);
  });

  it('prints nothing of a configuration that cannot be used', async () => {
    const { code, stdout } = await runWeir(['-T'], { conf: 'events {} broken;' });
    assert.deepEqual([code, stdout], [1, '']);
  });
});

describe('weir -c', () => {
  it('is relative to -p, and to the current directory without it', async (t) => {
    const folder = folderWith(t, { 'conf/w.conf': 'events {}\n' });
    const inPrefix = await run(WEIR, ['-T', '-p', folder, '-c', 'conf/w.conf'], { cwd: '/' });
    assert.match(inPrefix.stdout, new RegExp(`^# configuration file ${folder}/conf/w.conf:$`, 'm'));
    const here = await run(WEIR, ['-T', '-c', 'w.conf'], { cwd: join(folder, 'conf') });
    assert.equal(here.stdout, inPrefix.stdout);
    const elsewhere = await run(WEIR, ['-t', '-p', folder, '-c', 'w.conf'], {
      cwd: join(folder, 'conf'),
    });
    assert.equal(elsewhere.code, 1);
    assert.match(elsewhere.stderr, /open\(\) ".*\/w\.conf" failed \(2: No such file/);
  });
});

describe('weir config', () => {
  it('prints what holds, which loads and prints the same', async (t) => {
    const folder = folderWith(t, {
      'w.conf':
        'events {} http { server { listen 8080; location / { proxy_pass http://127.0.0.1:1; proxy_set_header Authorization "Bearer hunter2"; } } }',
    });
    const first = await run(WEIR, ['config', '--effective', '-p', folder, '-c', 'w.conf']);
    assert.deepEqual([first.code, first.stderr], [0, '']);
    assert.match(first.stdout, /^ {6}proxy_set_header Authorization "Bearer <secret>";$/m);
    assert.match(first.stdout, new RegExp(`^pid ${folder}/weir.pid;$`, 'm'));
    const file = join(folder, 'again.conf');
    writeFileSync(file, first.stdout);
    const second = await run(WEIR, ['config', '--effective', '-c', file]);
    assert.equal(second.stdout, first.stdout);
    assert.equal((await run(WEIR, ['-tq', '-c', file])).stderr, '');
  });

  it('gives JSON with the places of what was written', async () => {
    const { stdout } = await runWeirConfig('events {}\nhttp { send_timeout 3s; }', '--json');
    const nodes = JSON.parse(stdout) as readonly {
      directive: string;
      line?: number;
      block?: readonly { directive: string; args: readonly string[]; line?: number }[];
    }[];
    const http = nodes.find(({ directive }) => directive === 'http');
    const written = http?.block?.find(({ directive }) => directive === 'send_timeout');
    assert.deepEqual([written?.args, written?.line], [['3s'], 2]);
    const unwritten = http?.block?.find(({ directive }) => directive === 'proxy_read_timeout');
    assert.deepEqual([unwritten?.args, unwritten?.line], [['60s'], undefined]);
  });

  it('shows the functions of a weir.config.ts by name, and says that it cannot be read again', async (t) => {
    const folder = folderWith(t, {
      'weir.config.ts': `import { defineConfig } from 'weir';
        export default defineConfig({ events: {}, http: { server: {
          listen: 8080, location: { '/': { handler: function greet() { return 'x'; } } },
        } } });`,
    });
    chmodSync(folder, 0o755); // it is evaluated as another user
    const place = ['-c', join(folder, 'weir.config.ts')];
    const { stdout } = await run(WEIR, ['config', '--effective', ...place]);
    assert.match(stdout, /^# functions are shown by their names: .* not for -c\n/);
    assert.match(stdout, /^ {6}handler "function greet";$/m);
    const json = await run(WEIR, ['config', '--effective', '--json', ...place]);
    assert.match(json.stderr, /\[notice\] functions are shown by their names/);
    assert.ok(JSON.stringify(JSON.parse(json.stdout)).includes('"function greet"'));
  });

  it('says what is wrong with a configuration or with the command', async () => {
    const broken = await runWeirConfig('events {}\nbroken;');
    assert.equal(broken.code, 1);
    assert.match(
      broken.stderr,
      /unknown directive "broken" in .*w\.conf:2:1\n.*cannot be used\n$/s,
    );
    for (const [args, line] of [
      [['config'], 'weir: config what? weir config --effective\n'],
      [['config', '--x'], 'weir: invalid option: "--x" (--help lists them)\n'],
      [['config', 'x'], 'weir: what is "x"? (weir config --help)\n'],
    ] as const) {
      assert.deepEqual((await runWeir(args)).stderr, line);
    }
    assert.match((await runWeir(['config', '--help'])).stdout, /^Usage: weir config --effective/);
  });
});

async function runWeirConfig(conf: string, ...args: string[]) {
  const folder = mkdtempSync(join(tmpdir(), 'weir-config-'));
  const file = join(folder, 'w.conf');
  writeFileSync(file, conf);
  try {
    return await run(WEIR, ['config', '--effective', '-c', file, ...args]);
  } finally {
    rmSync(folder, { recursive: true });
  }
}
