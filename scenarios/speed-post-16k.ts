import { speedScenario } from '#scenarios/support/speed.ts';

export const scenario = speedScenario(
  'post-16k',
  'an upload of 16 KB costs Weir half of what nginx takes, and hardly more than HAProxy',
);
