/** The judges of a generation's upstreams, in its main thread. */

import type { EndpointEvent } from '#src/shared/endpoint-events.ts';
import type { EndpointTable } from '#src/shared/endpoint-table.ts';
import { sharedNowMs } from '#src/shared/endpoint-times.ts';
import type { JudgeNews } from '#src/upstream/judges/judge-news.ts';
import { type JudgeRecord, UpstreamJudge } from '#src/upstream/judges/upstream-judge.ts';
import type { JudgedMembers } from './judged-members.ts';
import { JudgingPace } from './judging-pace.ts';
import type { Outline } from './messages.ts';

/** Where the judges of one generation speak. */
export interface JudgingHome {
  tell(event: EndpointEvent): void;
  /** An endpoint fails, but too many others do already: worth a line, no event. */
  warn(line: string): void;
}

/** Judges from now on, until the process ends. */
export function judge(
  outline: Outline,
  endpoints: EndpointTable,
  members: JudgedMembers,
  home: JudgingHome,
): Judging {
  const judging = new Judging(outline, endpoints, members, home);
  new JudgingPace(endpoints.alarm, () => judging.look()).start();
  return judging;
}

interface Court {
  readonly id: number;
  readonly judge: UpstreamJudge;
}

export class Judging {
  readonly #courts: Court[];
  readonly #members: JudgedMembers;

  /** `nowMs`: of the shared clock, here and below. */
  constructor(
    outline: Outline,
    table: EndpointTable,
    members: JudgedMembers,
    home: JudgingHome,
    nowMs = sharedNowMs(performance.now()),
  ) {
    this.#members = members;
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

  /** One look at all of them; when, says judging-pace.ts. */
  look(nowMs = sharedNowMs(performance.now())): void {
    for (const { id, judge } of this.#courts) judge.look(this.#members.of(id), nowMs);
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
      if (record !== undefined) judge.restore(record, this.#members.of(id), nowMs);
    }
  }
}
