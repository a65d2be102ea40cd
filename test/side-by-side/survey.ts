// Many random configurations in nginx and in Weir, one after the other, and what differed.

import type { Both } from './both.ts';
import { render } from './conf-node.ts';
import { unexplained } from './differences.ts';
import { minimise, report } from './minimise.ts';
import { randomConfiguration } from './random-configuration.ts';
import type { Dialogue } from './random-request.ts';

/** Reports are long, and one is worked on at a time. */
const MAX_REPORTS = 5;

/** What a survey came to. */
export interface Survey {
  configurations: number;
  /** Compared, answered by both. */
  requests: number;
  /** Configurations that both refuse: of these nothing was learnt. */
  refused: number;
  /** Requests, or texts, that differ and nothing explains why. */
  unexplained: number;
  /** The first of them, made as small as they can be. */
  readonly reports: string[];
  /** Parts that differ for a reason, by its name. */
  readonly explained: Map<string, number>;
}

/** @param shouldStop asked in between */
export async function survey(
  both: Both,
  seed: number,
  count: number,
  shouldStop: (soFar: Survey) => boolean = () => false,
): Promise<Survey> {
  const sum: Survey = {
    ...{ configurations: 0, requests: 0, refused: 0, unexplained: 0 },
    ...{ reports: [], explained: new Map() },
  };
  for (let index = 0; index < count && !shouldStop(sum); index++) {
    await surveyOne(both, seed, index, sum);
  }
  return sum;
}

async function surveyOne(both: Both, seed: number, index: number, sum: Survey): Promise<void> {
  const configuration = randomConfiguration(seed, index);
  const { nodes } = configuration;
  const { count, differences, refusals } = await both.run(configuration);
  sum.configurations += 1;
  sum.requests += count;
  if (refusals.nginx !== '' && refusals.weir !== '') sum.refused += 1;
  const text = render(nodes);
  const found = new Set<Dialogue | undefined>();
  if ((refusals.nginx === '') !== (refusals.weir === '')) found.add(undefined);
  for (const difference of differences) {
    if (unexplained(difference, text, sum.explained).length === 0) continue;
    sum.unexplained += 1;
    found.add(difference.dialogue);
  }
  if (found.has(undefined)) sum.unexplained += 1;
  for (const dialogue of found) {
    if (sum.reports.length === MAX_REPORTS) return;
    const smallest = await minimise(both, configuration, dialogue);
    const what = smallest === undefined ? 'does not differ again' : report(smallest);
    sum.reports.push(`seed ${seed}, configuration ${index}\n${what}`);
  }
}
