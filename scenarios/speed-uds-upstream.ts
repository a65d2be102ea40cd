import { speedScenario } from '#scenarios/support/speed.ts';

export const scenario = speedScenario(
  'uds-upstream',
  'over a unix socket a request costs Weir no more CPU than nginx over one',
);
