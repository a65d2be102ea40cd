import { describeHarm, harmOne, othersAreFine } from '#scenarios/support/harmed-endpoint.ts';
import type { Scenario } from './scenario.ts';

const MAX_FAILED = 150;
const MAX_WAIT_MS = 2_000;
const MAX_OUT_MS = 1_500;
const REASONS = [
  'retry_budget',
  'upstream_header_timeout',
  'upstream_send_timeout',
  'upstream_connect_timeout',
];

export const scenario: Scenario = {
  name: 'endpoint-stopped',
  promise: 'an endpoint that hangs costs little, and soon nothing',
  target: `2,000 req/s, SIGSTOP of one of four endpoints, proxy_read_timeout 1s: at most ${MAX_FAILED} fail, each for a timeout or the budget of retries, none waits more than ${MAX_WAIT_MS} ms, out within ${MAX_OUT_MS} ms, no POST delivered twice; p99 of the others at most 1.2 times or 1 ms more`,
  run: async (context) => {
    const harmed = await harmOne(context, 'stopped');
    const isTimely =
      context.short ||
      (harmed.worstMs <= MAX_WAIT_MS && harmed.outAfterMs <= MAX_OUT_MS && othersAreFine(harmed));
    return {
      measured: describeHarm(harmed),
      pass:
        harmed.postsTwice === 0 &&
        (context.short || harmed.failedGets + harmed.failedPosts <= MAX_FAILED) &&
        Object.keys(harmed.reasons).every((reason) => REASONS.includes(reason)) &&
        isTimely,
      details: { ...harmed },
    };
  },
};
