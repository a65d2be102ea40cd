import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MAX_ENTRIES, readList, readListText } from './server-list.ts';

const PLACE = { file: 'servers', line: 1, column: 1 };
const names = (text: string) => readListText(text, PLACE).endpoints.map(({ name }) => name);

test('lines as in nginx.conf, or as behind "server"', () => {
  const { endpoints, faults } = readListText(
    `# comment
     server 10.0.0.1:81 weight=3 max_conns=7;
     10.0.0.2 backup   # another

     [::1]:90 slow_start=10s route=a;
     unix:/run/app.sock`,
    PLACE,
  );
  assert.deepEqual(faults, []);
  assert.deepEqual(
    endpoints.map(({ maxConns, name, route, slowStartMs, tier, weight }) => {
      return [name, weight, maxConns, tier, slowStartMs, route];
    }),
    [
      ['10.0.0.1:81', 3, 7, 0, 0, ''],
      ['10.0.0.2:80', 1, 0, 1, 0, ''],
      ['[::1]:90', 1, 0, 0, 10_000, 'a'],
      ['unix:/run/app.sock', 1, 0, 0, 0, ''],
    ],
  );
});

test('JSON: a list, or an object; texts and objects; names of both styles', () => {
  assert.deepEqual(names('["10.0.0.1:80", "10.0.0.2:80 weight=2"]'), [
    '10.0.0.1:80',
    '10.0.0.2:80',
  ]);
  const { endpoints } = readListText(
    JSON.stringify({
      servers: [
        {
          server: '10.0.0.1:80',
          maxConns: 5,
          backup: true,
          failTimeout: '3s',
          route: '',
          down: false,
        },
        { id: 4, server: '10.0.0.2:80', max_conns: 6, fail_timeout: '4s', backup: false },
        { address: '10.0.0.3' },
      ],
    }),
    PLACE,
  );
  assert.deepEqual(
    endpoints.map(({ failTimeoutMs, maxConns, name, tier }) => [
      name,
      maxConns,
      tier,
      failTimeoutMs,
    ]),
    [
      ['10.0.0.1:80', 5, 1, 3_000],
      ['10.0.0.2:80', 6, 0, 4_000],
      ['10.0.0.3:80', 0, 0, 10_000],
    ],
  );
});

test('bad entries are named and left out, the others are taken', () => {
  const { endpoints, faults } = readList(
    [
      '10.0.0.1:80',
      'app.test:80',
      '10.0.0.2:99999',
      '10.0.0.3 weigth=1',
      { server: '10.0.0.4', weight: -1 },
      { server: '10.0.0.5', weight: [] },
      { weight: 1 },
      null,
      7,
      '',
      '10.0.0.1:80',
      '10.0.0.6 resolve',
      'x'.repeat(5_000),
      '10.0.0.7:80',
    ],
    PLACE,
  );
  assert.deepEqual(
    endpoints.map(({ name }) => name),
    ['10.0.0.1:80', '10.0.0.7:80'],
  );
  assert.deepEqual(faults, [
    '"app.test:80" is no address: write ip:port or unix:/path',
    '"10.0.0.2:99999" is no address: write ip:port or unix:/path',
    'invalid parameter "weigth=1" in "server" directive',
    'invalid number "-1" in "server" directive',
    '10.0.0.5: "weight" is neither a text nor a number',
    'an entry without "server"',
    'null is no server',
    '7 is no server',
    'an empty entry',
    '10.0.0.1:80 is named twice',
    '10.0.0.6: "resolve" stands in the configuration only',
    `"${'x'.repeat(40)}…" is too long`,
  ]);
});

test('that there is no server has to be said', () => {
  const isConfirmed = (text: string) => readListText(text, PLACE).isConfirmed;
  assert.equal(isConfirmed('[]'), false);
  assert.equal(isConfirmed(''), false);
  assert.equal(isConfirmed('{"servers": []}'), false);
  assert.equal(isConfirmed('{"servers": [], "empty": true}'), true);
  assert.equal(isConfirmed('# none today\nempty;\n'), true);
  assert.equal(isConfirmed('{"servers": ["nonsense"], "empty": true}'), false);
});

test('what is no list throws', () => {
  for (const text of ['{', '[', '{"servers": 1}', '{"server": []}', '{}']) {
    assert.throws(() => readListText(text, PLACE), SyntaxError, text);
  }
});

test('a list has a longest length', () => {
  const many = Array.from(
    { length: MAX_ENTRIES + 5 },
    (_, i) => `10.${i >> 16}.${(i >> 8) & 255}.${i & 255}`,
  );
  const { endpoints, faults } = readList(many, PLACE);
  assert.equal(endpoints.length, MAX_ENTRIES);
  assert.deepEqual(faults, ['all behind the first 10000 servers']);
});
