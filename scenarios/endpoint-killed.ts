import {
  describeHarm,
  failsWithinRules,
  harmOne,
  othersAreFine,
} from '#scenarios/support/harmed-endpoint.ts';
import type { Scenario } from './scenario.ts';

export const scenario: Scenario = {
  name: 'endpoint-killed',
  promise: 'when an endpoint is killed, no client that asks notices',
  target: `2,000 req/s, SIGKILL of one of four endpoints: 0 failed GETs, no POST delivered twice; p99 of the others at most 1.2 times or 1 ms more`,
  run: async (context) => {
    const harmed = await harmOne(context, 'killed');
    const isTimely = context.short || othersAreFine(harmed);
    return {
      measured: describeHarm(harmed),
      pass:
        harmed.postsTwice === 0 &&
        (context.short ? failsWithinRules(harmed) : harmed.failedGets === 0) &&
        isTimely,
      details: { ...harmed },
    };
  },
};
