import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { build, buildWell, locationOf } from '#test/support/configuration.ts';

const withUpstream = (line: string): string =>
  `http { upstream u { server 127.0.0.1:9; ${line} } server { listen 80; location / { proxy_pass http://u; } } }`;
const withLocation = (line: string): string =>
  `http { server { listen 80; location / { proxy_pass http://127.0.0.1:9; ${line} } } }`;

describe('retry_budget', () => {
  it('is 20 % and three per second, for addresses in proxy_pass as well', () => {
    const budgetOf = (text: string) => buildWell(text).upstreams[0]?.retryBudget;
    assert.deepEqual(budgetOf(withUpstream('')), { ratio: 0.2, minPerSec: 3 });
    assert.deepEqual(budgetOf(withLocation('')), { ratio: 0.2, minPerSec: 3 });
    assert.deepEqual(budgetOf(withUpstream('retry_budget 7.5% min=0r/s;')), {
      ratio: 0.075,
      minPerSec: 0,
    });
    assert.equal(budgetOf(withUpstream('retry_budget off;')), null);
  });

  for (const words of ['20', '101%', '-1%', '20% 3', '20% min=3', '20% min=1000000r/s', 'off x']) {
    it(`refuses "${words}"`, () => {
      const { problems } = build(withUpstream(`retry_budget ${words};`));
      assert.equal(problems.length, 1);
      assert.match(problems[0] ?? '', /invalid (?:value|parameter) .*w\.conf:1/);
    });
  }
});

describe('the times of tries', () => {
  it('are what was written', () => {
    const { proxy } = locationOf(
      'location / { proxy_pass http://127.0.0.1:9; proxy_next_upstream_backoff 25ms; proxy_hedge 99.5% min=20ms; }',
    );
    assert.deepEqual(proxy.backoff, { baseMs: 25, maxMs: 250 });
    assert.deepEqual(proxy.hedge, { quantile: 0.995, minMs: 20 });
  });

  for (const line of [
    'proxy_next_upstream_backoff 0;',
    'proxy_next_upstream_backoff 1s max=10ms;',
    'proxy_next_upstream_backoff 1s least=10ms;',
    'proxy_next_upstream_backoff off max=1s;',
    'proxy_hedge 95;',
    'proxy_hedge 100%;',
    'proxy_hedge 49%;',
    'proxy_hedge 95% max=1s;',
    'proxy_hedge off min=1s;',
    'proxy_deadline_header X:Y; proxy_deadline_trusted 10.0.0.1;',
    'proxy_deadline_header Content-Length; proxy_deadline_trusted 10.0.0.1;',
    'proxy_deadline_header X-Time; proxy_deadline_trusted everybody!;',
    'proxy_deadline_header X-Time;',
  ]) {
    it(`refuses "${line}"`, () => {
      const { problems } = build(withLocation(line));
      assert.equal(problems.length, 1);
      assert.match(problems[0] ?? '', /w\.conf:1/);
    });
  }
});
