import { speedScenario } from '#scenarios/support/speed.ts';

export const scenario = speedScenario(
  'log-on-buffered',
  'a logged request costs Weir no more CPU than nginx with a buffered log',
);
