import { Both } from '#test/side-by-side/both.ts';
import { REASONS } from '#test/side-by-side/differences.ts';
import { REQUESTS } from '#test/side-by-side/random-configuration.ts';
import { survey } from '#test/side-by-side/survey.ts';
import type { Scenario } from './scenario.ts';

const CONFIGURATIONS = 2000;
const SHORT_CONFIGURATIONS = 20;
/** Of configurations that both refuse nothing is learnt. */
const MAX_REFUSED_RATIO = 0.05;
const PROGRESS_EVERY = 250;

export const scenario: Scenario = {
  name: 'side-by-side',
  promise:
    "a configuration means to Weir what it means to Debian's nginx, or docs/differences.md says why not",
  target:
    `${CONFIGURATIONS.toLocaleString('en')} random configurations with ${REQUESTS} requests or more, ` +
    'each on a connection of its own, one after the other, or at once: status, fields, body and what the origin saw are equal, or the difference has a reason',
  needs: ['nginx'],
  run: async (context) => {
    const { seed, short } = context;
    const wanted = short ? SHORT_CONFIGURATIONS : CONFIGURATIONS;
    const both = await Both.start();
    context.defer(() => both.close());
    const startedAt = performance.now();
    const sum = await survey(both, seed, wanted, ({ configurations, unexplained }) => {
      if (configurations % PROGRESS_EVERY === 0 && configurations > 0) {
        context.progress(`${configurations} configurations, ${unexplained} differences`);
      }
      return context.signal.aborted;
    });
    const seconds = (performance.now() - startedAt) / 1000;
    const { configurations, explained, refused, reports, requests, unexplained } = sum;
    // Some occur in one configuration of thousands: told, not judged.
    const unused = REASONS.filter((name) => !explained.has(name));
    const parts = [...explained.values()].reduce((total, count) => total + count, 0);
    return {
      measured:
        `${configurations.toLocaleString('en')} configurations, ${requests.toLocaleString('en')} ` +
        `requests, ${unexplained} differ without a reason, ${parts} parts differ for ` +
        `${explained.size} of ${REASONS.length} reasons${reports.length > 0 ? `\n${reports[0]}` : ''}`,
      pass: unexplained === 0 && configurations === wanted && refused <= wanted * MAX_REFUSED_RATIO,
      details: {
        ...{ seed, seconds, configurations, requests, refused, unexplained, reports, unused },
        explained: Object.fromEntries(explained),
      },
    };
  },
};
