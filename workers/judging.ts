/** The judges of a generation's upstreams, in its main thread. */

import type { EndpointEvent } from '#src/shared/endpoint-events.ts';
import type { EndpointTable } from '#src/shared/endpoint-table.ts';
import { sharedNowMs } from '#src/shared/endpoint-times.ts';
import type { JudgeNews } from '#src/upstream/judges/judge-news.ts';
import type { JudgedMember } from '#src/upstream/judges/judged-endpoint.ts';
import { type JudgeRecord, UpstreamJudge } from '#src/upstream/judges/upstream-judge.ts';
import type { Outline } from './messages.ts';

/** Who is in the upstream of that id: the same array as long as nothing has changed. */
export type MembersOf = (upstream: number) => readonly JudgedMember[];

/** Where the judges of one generation speak. */
export interface JudgingHome {
  tell(event: EndpointEvent): void;
  /** An endpoint fails, but too many others do already: worth a line, no event. */
  warn(line: string): void;
}

interface Court {
  readonly id: number;
  readonly judge: UpstreamJudge;
}

export class Judging {
  readonly #courts: Court[];
  readonly #membersOf: MembersOf;

  /** `nowMs`: of the shared clock, here and below. */
  constructor(
    outline: Outline,
    table: EndpointTable,
    membersOf: MembersOf,
    home: JudgingHome,
    nowMs = sharedNowMs(performance.now()),
  ) {
    this.#membersOf = membersOf;
    this.#courts = outline.upstreams.flatMap((name, id) => {
      const judges = outline.upstreamJudges[id] ?? null;
      if (judges === null) return [];
      const listener = {
        onNews: (news: JudgeNews) => home.tell({ ...news, upstream: name, atMs: Date.now() }),
        onSpared: (line: string) => home.warn(`upstream "${name}": ${line}`),
      };
      return [{ id, judge: new UpstreamJudge({ id, name, judges }, table, listener, nowMs) }];
    });
  }

  /** No upstream has any. */
  get isEmpty(): boolean {
    return this.#courts.length === 0;
  }

  /** One look at all of them; when, says judging-pace.ts. */
  look(nowMs = sharedNowMs(performance.now())): void {
    for (const { id, judge } of this.#courts) judge.look(this.#membersOf(id), nowMs);
  }

  /** For the snapshot of a reload. */
  take(): JudgeRecord[] {
    return this.#courts.map(({ judge }) => judge.record);
  }

  /** Goes on with what an older generation knew. */
  restore(records: readonly JudgeRecord[], nowMs = sharedNowMs(performance.now())): void {
    const known = new Map(records.map((record) => [record.upstream, record]));
    for (const { id, judge } of this.#courts) {
      const record = known.get(judge.name);
      if (record !== undefined) judge.restore(record, this.#membersOf(id), nowMs);
    }
  }
}

const NOBODY: readonly JudgedMember[] = [];

/** Who is in the upstreams according to the configuration alone. */
export function configuredMembers(outline: Outline): MembersOf {
  const byUpstream = outline.upstreams.map((): JudgedMember[] => []);
  outline.endpoints.forEach((path, endpoint) => {
    const upstream = outline.endpointUpstreams[endpoint] ?? -1;
    byUpstream[upstream]?.push({
      endpoint,
      name: path.slice((outline.upstreams[upstream]?.length ?? 0) + 1),
      tier: outline.endpointTiers[endpoint] ?? 0,
      startsSlowly: outline.endpointSlowStarts[endpoint] ?? false,
      isWanted: outline.endpointWanted[endpoint] ?? true,
    });
  });
  return (upstream) => byUpstream[upstream] ?? NOBODY;
}
