import {
  describeHarm,
  failsWithinRules,
  harmOne,
  othersAreFine,
} from '#scenarios/support/harmed-endpoint.ts';
import type { Scenario } from './scenario.ts';

const MAX_FAILED = 20;

export const scenario: Scenario = {
  name: 'endpoint-black-hole',
  promise: 'an endpoint that cannot be connected to any more costs little',
  target: `2,000 req/s, one of four endpoints becomes a black hole (its queue is full), proxy_connect_timeout 1s: at most ${MAX_FAILED} fail, no POST delivered twice; p99 of the others at most 1.2 times or 1 ms more`,
  run: async (context) => {
    const harmed = await harmOne(context, 'black hole');
    const isTimely = context.short || othersAreFine(harmed);
    return {
      measured: describeHarm(harmed),
      pass:
        harmed.postsTwice === 0 &&
        (context.short
          ? failsWithinRules(harmed)
          : harmed.failedGets + harmed.failedPosts <= MAX_FAILED) &&
        isTimely,
      details: { ...harmed },
    };
  },
};
