import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { loadConfiguration } from '#src/config/read-configuration.ts';
import type { Problem } from '#src/schema/problem.ts';
import { endpointConfig } from '#test/support/memory-upstream.ts';
import { stateServers, stateText, writeStateFile } from './state-file.ts';
import type { SteeredMember } from './steered-upstream.ts';

function folderOf(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'weir-state-'));
  t.after(() => rmSync(folder, { recursive: true }));
  return folder;
}

function member(slot: number, config: SteeredMember['config'], more: Partial<SteeredMember> = {}) {
  return { slot, config, admin: 'up', source: 'api', state: 'up', ...more } as const;
}

/** Notices are about what has no effect. */
function seriousOf(problems: readonly Problem[]): string[] {
  return problems.flatMap(({ message, severity }) => (severity === 'notice' ? [] : [message]));
}

const MEMBERS: readonly SteeredMember[] = [
  member(0, endpointConfig('127.0.0.1:8001')),
  member(
    1,
    endpointConfig('[::1]:8002', {
      weight: 5,
      maxConns: 7,
      maxFails: 0,
      failTimeoutMs: 1_500,
      slowStartMs: 30_000,
      tier: 2,
      locality: 'east',
      route: 'b',
    }),
    { admin: 'drain' },
  ),
  member(2, endpointConfig('unix:/run/app.sock', { tier: 1 }), { admin: 'down' }),
  member(3, endpointConfig('127.0.0.1:8004'), { source: 'dns:app.example' }),
];

describe('a state file', () => {
  it('has server lines, without those that name servers give', () => {
    assert.equal(
      stateText(stateServers(MEMBERS)),
      'server 127.0.0.1:8001;\n' +
        'server [::1]:8002 weight=5 max_conns=7 max_fails=0 fail_timeout=1500ms slow_start=30s ' +
        'route=b locality=east backup=2 drain;\n' +
        'server unix:/run/app.sock backup down;\n',
    );
  });

  it('is read as what was written', async (t) => {
    const folder = folderOf(t);
    writeStateFile(join(folder, 'app.state'), stateServers(MEMBERS));
    const file = join(folder, 'weir.conf');
    writeFileSync(file, 'events {} http { upstream app { zone app 64k; state app.state; } }');
    const { model, problems } = await loadConfiguration({ file, prefix: folder });
    assert.deepEqual(seriousOf(problems), []);
    const [upstream] = model?.upstreams ?? [];
    const shown = upstream?.endpoints.map(({ down, drain, name, slowStartMs, tier, weight }) => {
      return [name, weight, tier, slowStartMs, down, drain];
    });
    assert.deepEqual(shown, [
      ['127.0.0.1:8001', 1, 0, 0, false, false],
      ['[::1]:8002', 5, 2, 30_000, false, true],
      ['unix:/run/app.sock', 1, 1, 0, true, false],
    ]);
  });

  it('keeps names that are followed, which the configuration reads again', async (t) => {
    const folder = folderOf(t);
    const file = join(folder, 'weir.conf');
    const path = join(folder, 'app.state');
    const text =
      'server 127.0.0.1:8001;\n' +
      'server app.test:8080 weight=3 max_fails=2 backup resolve;\n' +
      'server app.test down service=_http._tcp resolve;\n';
    writeFileSync(path, text);
    const upstream = 'zone app 64k; state app.state; resolver 127.0.0.1;';
    writeFileSync(file, `events {} http { upstream app { ${upstream} } }`);
    const { model, problems } = await loadConfiguration({ file, prefix: folder });
    assert.deepEqual(seriousOf(problems), []);
    const [{ discovery = [], endpoints = [] } = {}] = model?.upstreams ?? [];
    assert.equal(discovery.length, 2);
    const members = endpoints.map((config, slot) => {
      return { slot, config, admin: 'up', source: 'configuration', state: 'up' } as const;
    });
    const learned = members.map((member) => ({ ...member, source: 'dns:app.test:8080' }));
    writeStateFile(path, stateServers([...members, ...learned], discovery));
    assert.equal(readFileSync(path, 'utf8'), text);
  });

  it('takes the place of the one before, and nothing else is left', (t) => {
    const folder = folderOf(t);
    const path = join(folder, 'app.state');
    writeStateFile(path, stateServers(MEMBERS));
    writeStateFile(path, stateServers(MEMBERS.slice(0, 1)));
    assert.equal(readFileSync(path, 'utf8'), 'server 127.0.0.1:8001;\n');
    assert.deepEqual(readdirSync(folder), ['app.state']);
    assert.throws(() => writeStateFile(join(folder, 'none/app.state'), []), { code: 'ENOENT' });
  });

  it('never has what would be another directive', () => {
    for (const name of ['a; include /etc/passwd', 'a{', 'a"b', 'a\nb', '$host', '']) {
      const server = { ...stateServers(MEMBERS)[0], name } as ReturnType<
        typeof stateServers
      >[number];
      assert.throws(() => stateText([server]), /cannot be written/, name);
    }
  });
});

describe('"state"', () => {
  const read = async (t: TestContext, upstream: string, state?: string) => {
    const folder = folderOf(t);
    const file = join(folder, 'weir.conf');
    writeFileSync(file, `events {} http { upstream app { ${upstream} } }`);
    if (state !== undefined) writeFileSync(join(folder, 'app.state'), state);
    const { model, problems } = await loadConfiguration({ file, prefix: folder });
    return {
      endpoints: model?.upstreams[0]?.endpoints,
      texts: seriousOf(problems),
    };
  };

  it('may name a file that is not there yet', async (t) => {
    const { endpoints } = await read(t, 'zone app 64k; state app.state;');
    assert.deepEqual(endpoints, []);
  });

  it('does not stand beside servers', async (t) => {
    const { texts } = await read(t, 'zone app 64k; state app.state; server 127.0.0.1:1;');
    assert.deepEqual(texts, ['"state" cannot be used along with "server" in upstream "app"']);
  });

  it('needs a zone', async (t) => {
    const { texts } = await read(t, 'state app.state;');
    assert.match(texts[0] ?? '', /"state" needs a "zone"/);
  });

  it('takes nothing but servers from its file', async (t) => {
    const { texts } = await read(
      t,
      'zone app 64k; state app.state;',
      'server 127.0.0.1:1; include x;',
    );
    assert.deepEqual(texts, ['"include" cannot stand in a state file: it has "server" lines only']);
  });
});
