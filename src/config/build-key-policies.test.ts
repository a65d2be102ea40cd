// What configuration says of the policies that map keys to endpoints.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parse } from '#src/config/syntax/parser.ts';
import { Problems } from '#src/schema/problem.ts';
import { buildModel } from './build.ts';

/** Messages for an `upstream` with that content, or how it balances. */
function build(content: string): string[] | readonly string[] {
  const problems = new Problems();
  const text = `events {} http { upstream u { ${content} } server { location / { proxy_pass http://u; } } }`;
  const nodes = parse(text, 'a.conf', problems);
  const tree = { file: '/a.conf', prefix: '/', nodes, hosts: {}, errorLog: 'stderr' };
  const { model, problems: found } = buildModel({ ...tree, defaultPort: 1 });
  const all = [...problems.list, ...found];
  if (all.length > 0) return all.map(({ message, suggestion = '' }) => `${message}: ${suggestion}`);
  const { keyText, name, words } = model?.upstreams[0]?.policy ?? assert.fail('no upstream');
  return [name, keyText, ...words];
}

describe('policies of keys', () => {
  it('know their key', () => {
    const servers = 'server 127.0.0.1:81; server 127.0.0.1:82 down;';
    assert.deepEqual(build(`ip_hash; ${servers}`), ['ip_hash', '$binary_remote_addr']);
    const words = ['$host$uri', 'consistent', 'balance_factor=150'];
    assert.deepEqual(build(`hash ${words.join(' ')}; ${servers}`), ['hash', '$host$uri', ...words]);
    for (const name of ['maglev', 'rendezvous']) {
      assert.deepEqual(build(`${name} a$arg_k; ${servers}`), [name, 'a$arg_k', 'a$arg_k']);
    }
  });

  it('are refused beside backup, as in nginx', () => {
    for (const policy of ['ip_hash', 'hash $uri', 'hash $uri consistent', 'maglev $uri']) {
      const [said = ''] = build(`${policy}; server 127.0.0.1:81; server 127.0.0.1:82 backup;`);
      const [name] = policy.split(' ');
      assert.ok(said.startsWith(`balancing method "${name}" does not support parameter "backup"`));
    }
  });

  it('say what is wrong with their words, and what to write', () => {
    const cases: readonly (readonly [string, RegExp])[] = [
      ['hash;', /invalid number of arguments in "hash" directive/],
      ['hash $nothing;', /unknown "nothing" variable/],
      ['hash $uri ketama;', /"ketama".*known are consistent and balance_factor=percent/],
      ['hash $uri balance_factor=100;', /"balance_factor=100".*more than 100/],
      ['hash $uri consistent consistent;', /twice/],
      [
        'ip_hash 24;',
        /"24".*known are ipv4_prefix=bits and ipv6_prefix=bits and balance_factor=percent/,
      ],
      ['rendezvous $uri consistent;', /"consistent".*known are balance_factor=percent/],
      ['maglev $uri balance_factor=x;', /"balance_factor=x"/],
      ['hash $uri; ip_hash;', /load balancing method redefined/],
    ];
    for (const [text, expected] of cases) {
      const [said = '', ...more] = build(`${text} server 127.0.0.1:81;`);
      assert.match(said, expected);
      assert.deepEqual(more, []);
    }
  });
});
