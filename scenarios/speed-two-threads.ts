import { speedScenario } from '#scenarios/support/speed.ts';

export const scenario = speedScenario(
  'two-threads',
  'a second thread does not make the work dearer',
);
