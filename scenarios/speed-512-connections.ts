import { speedScenario } from '#scenarios/support/speed.ts';

export const scenario = speedScenario(
  '512-connections',
  'with many clients at once a request costs Weir no more CPU than nginx',
);
