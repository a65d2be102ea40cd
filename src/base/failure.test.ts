import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ConfigError, FAILURES, type FailureTraits } from './failure.ts';

const all = Object.entries<FailureTraits>(FAILURES);

describe('the table of failures', () => {
  it('blames the client with 4xx, or with what we do not speak or serve in circles', () => {
    for (const [code, { source, status }] of all) {
      if (source !== 'downstream' || status === 0) continue;
      assert.ok((status >= 400 && status < 500) || [501, 505, 508].includes(status), code);
    }
  });

  it('blames an endpoint with 502 or 504; no place at any or at the one is 503', () => {
    const isFull = (code: string) => /_full$|^queue_|^sticky_|^breaker_|^admission_/.test(code);
    for (const [code, { source, status }] of all) {
      if (isFull(code)) assert.equal(status, 503, code);
      else if (source === 'upstream') assert.ok(status === 502 || status === 504, code);
    }
  });

  it('never tries again for what the client or we did wrong', () => {
    for (const [code, { retry, source }] of all) {
      if (source !== 'upstream') assert.equal(retry, 'never', code);
    }
  });

  it('tries again without a look at the method only when nothing was sent', () => {
    const always = all.filter(([, { retry }]) => retry === 'always').map(([code]) => code);
    assert.ok(always.length > 0 && always.every((code) => code.startsWith('upstream_connect_')));
  });
});

describe('a config error', () => {
  it('is an Error with a name of its own', () => {
    const error = new ConfigError('unknown directive');
    assert.ok(error instanceof Error);
    assert.equal(String(error), 'ConfigError: unknown directive');
  });
});
