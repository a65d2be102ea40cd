import { speedScenario } from '#scenarios/support/speed.ts';

export const scenario = speedScenario(
  'connection-per-request',
  'a connection for every request costs Weir not much more CPU than nginx',
);
