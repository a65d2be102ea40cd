import { speedScenario } from '#scenarios/support/speed.ts';

export const scenario = speedScenario(
  '16k',
  'an answer of 16 KB costs Weir hardly more CPU than nginx',
);
