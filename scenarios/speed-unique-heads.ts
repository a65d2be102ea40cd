import { speedScenario } from '#scenarios/support/speed.ts';

export const scenario = speedScenario(
  'unique-heads',
  'a request that nobody has seen before costs Weir no more CPU than nginx',
);
