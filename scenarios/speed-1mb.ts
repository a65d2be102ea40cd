import { speedScenario } from '#scenarios/support/speed.ts';

export const scenario = speedScenario(
  '1mb',
  'an answer of 1 MB costs Weir hardly more CPU than nginx',
);
