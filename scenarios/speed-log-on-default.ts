import { speedScenario } from '#scenarios/support/speed.ts';

export const scenario = speedScenario(
  'log-on-default',
  'a logged request costs Weir less CPU than nginx with its default log',
);
