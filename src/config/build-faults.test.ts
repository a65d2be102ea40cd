import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { build, locationOf } from '#test/support/configuration.ts';

const PASS = 'proxy_pass http://127.0.0.1:9;';

function rulesOf(text: string, http = ''): unknown[] {
  const { faults } = locationOf(text, http).proxy;
  return faults.map((rule) => {
    if (rule === 'off') return rule;
    const { condition, place: _, ...rest } = rule;
    return condition === undefined ? rest : { ...rest, condition: true };
  });
}

const NONE = { status: 0, delayMs: 0, bytesPerSec: 0, percent: 100 };

describe('fault', () => {
  it('is what was written', () => {
    const text = `location / { ${PASS} fault delay=200ms percent=5; fault rate=16k if=$http_x abort=503 percent=0.5; }`;
    assert.deepEqual(rulesOf(text), [
      { ...NONE, delayMs: 200, percent: 5 },
      { ...NONE, bytesPerSec: 16_384, status: 503, percent: 0.5, condition: true },
    ]);
  });

  it('is inherited by levels that have none, and cancelled by "off"', () => {
    const http = 'fault abort=500;';
    assert.deepEqual(rulesOf(`location / { ${PASS} }`, http), [{ ...NONE, status: 500 }]);
    assert.deepEqual(rulesOf(`location / { ${PASS} fault off; }`, http), ['off']);
  });

  for (const words of [
    'percent=10',
    'abort=200',
    'abort=600',
    'abort',
    'abort=',
    'delay=0',
    'rate=0',
    'abort=503 percent=0',
    'abort=503 percent=101',
    'abort=503 percent=10%',
    'abort=503 abort=502',
    'abort=503 chance=10',
    'abort=503 if=$nothing_of_that_name',
    'off percent=10',
  ]) {
    it(`refuses "${words}"`, () => {
      const { problems } = build(
        `http { server { listen 80; location / { ${PASS} fault ${words}; } } }`,
      );
      assert.equal(problems.length, 1, problems.join());
      assert.match(problems[0] ?? '', /emerg.*w\.conf:1/);
    });
  }

  it('refuses "off" beside another one', () => {
    const text = `http { server { listen 80; location / { ${PASS} fault off; fault abort=503; } } }`;
    assert.match(build(text).problems.join(), /"fault" directive is duplicate/);
  });
});
