import assert from 'node:assert/strict';
import { test } from 'node:test';
import { buildWell, treeOf } from '#test/support/configuration.ts';
import { buildModel } from './build.ts';

const conf = (upstreams: string): string =>
  `http { ${upstreams} server { location / { proxy_pass http://app; } } }`;
const app = (zone: string): string => `upstream app { ${zone} server 10.0.0.1; server 10.0.0.2; }`;

function problemsOf(upstreams: string): string {
  const { problems } = buildModel(treeOf(conf(upstreams)));
  return problems.map(({ message, severity }) => `${severity}: ${message}`).join();
}

test('a zone makes places by its size, 2 KB each', () => {
  const slots = (upstreams: string) =>
    buildWell(conf(upstreams)).upstreams.map((upstream) => upstream.slots);
  assert.deepEqual(slots(app('')), [undefined]);
  assert.deepEqual(slots(app('zone z 32k;')), [16]);
  assert.deepEqual(slots(app('zone z 1m;')), [512]);
  assert.deepEqual(slots(app('zone z 8192m;')), [16_384]);
  assert.deepEqual(slots(app('zone y 32k; zone z 64k;')), [32]); // nginx takes the last one
});

test('a zone never has fewer places than there are servers', () => {
  const servers = Array.from({ length: 20 }, (_, at) => `server 10.0.1.${at};`).join(' ');
  const { upstreams } = buildWell(conf(`upstream app { zone z 32k; ${servers} }`));
  assert.equal(upstreams[0]?.slots, 20);
});

test('several upstreams may share a zone, and one of them says its size', () => {
  const other = 'upstream other { zone z 64k; server 10.0.0.3; }';
  for (const text of [app('zone z;') + other, other + app('zone z;'), other + app('zone z 64k;')]) {
    const { upstreams } = buildWell(conf(text));
    assert.deepEqual(
      upstreams.map(({ slots }) => slots),
      [32, 32],
    );
  }
});

test('what nginx refuses is refused in its words', () => {
  const cases: readonly (readonly [string, string])[] = [
    ['zone z;', 'zero size shared memory zone "z"'],
    ['zone z 31k;', 'zone "z" is too small'],
    ['zone z 0;', 'zone "z" is too small'],
    ['zone z 32x;', 'invalid zone size "32x"'],
    ['zone "" 64k;', 'invalid zone name ""'],
    ['zone z 64k more;', 'invalid number of arguments in "zone" directive'],
    ['zone;', 'invalid number of arguments in "zone" directive'],
  ];
  for (const [zone, message] of cases) {
    assert.ok(
      problemsOf(app(zone)).startsWith(`emerg: ${message}`),
      `${zone} ${problemsOf(app(zone))}`,
    );
  }
  assert.equal(
    problemsOf(`${app('zone z 128k;')} upstream other { zone z 64k; server 10.0.0.3; }`),
    'emerg: the size 65536 of shared memory zone "z" conflicts with already declared size 131072',
  );
});
