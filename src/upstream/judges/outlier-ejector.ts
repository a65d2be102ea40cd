/** `outlier_ejection`: takes out for a while whoever fails where others do not (semantics.md §16). */
import type { OutlierConfig } from '#src/upstream/endpoint/judge-config.ts';
import { addSample, type Candidate, emptySample, failuresOf, mayTakeOut } from './candidate.ts';
import { type Outlier, outliersOf } from './outlier-rules.ts';

/** What a look decided about one endpoint. */
export interface OutlierVerdict<C> {
  readonly candidate: C;
  /** `spared`: it would be out, but half of its group is. Told once. */
  readonly act: 'eject' | 'return' | 'spared';
  readonly why: string;
  /** When it comes back; 0 for others than `eject`. Shared clock. */
  readonly untilMs: number;
}

/** What is known of one; survives a reload. */
export interface OutlierRecord {
  /** 0: it is not out. */
  readonly untilMs: number;
  /** How often lately: one more per ejection, one less per interval without. */
  readonly ejections: number;
}

class Course implements OutlierRecord {
  untilMs = 0;
  ejections = 0;
  /** Errors since the last good answer, and of these those without any answer since the last one. */
  run = 0;
  lostRun = 0;
  wasSpared = false;
  /** It has been out within this interval. */
  wasOut = false;
  readonly interval = emptySample();

  clear(): void {
    this.run = 0;
    this.lostRun = 0;
    Object.assign(this.interval, emptySample());
  }
}

/**
 * Of the endpoints of one rank of an upstream. "In a row" is counted in looks: a look that saw a good
 * answer begins anew, since within a look nobody knows which came first.
 */
export class OutlierEjector<C extends Candidate> {
  readonly #config: OutlierConfig;
  readonly #courses = new WeakMap<C, Course>();
  #intervalFromMs: number;

  /** Times are of the shared clock. */
  constructor(config: OutlierConfig, nowMs: number) {
    this.#config = config;
    this.#intervalFromMs = nowMs;
  }

  isOut(candidate: C): boolean {
    return this.#of(candidate).untilMs > 0;
  }

  /** For the snapshot of a reload. */
  record(candidate: C): OutlierRecord {
    const { ejections, untilMs } = this.#of(candidate);
    return { ejections, untilMs };
  }

  /** Goes on with what an older generation knew; may come twice, and late. */
  restore(candidate: C, { ejections, untilMs }: OutlierRecord): void {
    const course = this.#of(candidate);
    course.ejections = Math.max(course.ejections, ejections);
    course.untilMs = Math.max(course.untilMs, untilMs);
  }

  /** Somebody else has taken it out for good: it counts no more. */
  forget(candidate: C): void {
    this.#courses.delete(candidate);
  }

  /** One look at all endpoints of the group. */
  look(group: readonly C[], nowMs: number): OutlierVerdict<C>[] {
    const verdicts = this.#returns(group, nowMs);
    for (const candidate of group) this.#take(candidate);
    const suspects = this.#inARow(group);
    if (nowMs - this.#intervalFromMs >= this.#config.intervalMs) {
      this.#intervalFromMs = nowMs;
      suspects.push(...this.#overInterval(group));
    }
    return [...verdicts, ...this.#eject(group, suspects, nowMs)];
  }

  #returns(group: readonly C[], nowMs: number): OutlierVerdict<C>[] {
    return group.flatMap((candidate) => {
      const course = this.#of(candidate);
      if (course.untilMs === 0 || nowMs < course.untilMs) return [];
      course.untilMs = 0;
      course.wasOut = true;
      course.clear();
      return [{ candidate, act: 'return' as const, why: 'its time is over', untilMs: 0 }];
    });
  }

  /** Takes in what came since the last look; what comes of one that is out was on its way before. */
  #take(candidate: C): void {
    const course = this.#of(candidate);
    if (course.untilMs > 0) return;
    const { sample } = candidate;
    addSample(course.interval, sample);
    if (sample.good > 0) {
      course.run = 0;
      course.wasSpared = false;
    } else course.run += failuresOf(sample);
    if (sample.good > 0 || sample.errors > 0) course.lostRun = 0;
    else course.lostRun += sample.lost;
  }

  #inARow(group: readonly C[]): Outlier[] {
    const { consecutive5xx, consecutiveLocalOrigin } = this.#config;
    const found = group.flatMap((candidate, at): Outlier[] => {
      const { lostRun, run, untilMs } = this.#of(candidate);
      if (untilMs > 0) return [];
      if (consecutive5xx > 0 && run >= consecutive5xx) {
        return [{ at, why: `${run} errors in a row`, excess: run }];
      }
      if (consecutiveLocalOrigin === 0 || lostRun < consecutiveLocalOrigin) return [];
      return [{ at, why: `${lostRun} attempts in a row without an answer`, excess: lostRun }];
    });
    return found.sort((a, b) => b.excess - a.excess);
  }

  #overInterval(group: readonly C[]): Outlier[] {
    const here = group.map((candidate, at) => ({ at, course: this.#of(candidate) }));
    const judged = here.filter(({ course }) => course.untilMs === 0);
    const outliers = outliersOf(
      judged.map(({ course }) => course.interval),
      this.#config,
    ).map((outlier) => ({ ...outlier, at: judged[outlier.at]?.at as number }));
    for (const { course } of judged) {
      if (!course.wasOut && course.ejections > 0) course.ejections -= 1;
      course.wasOut = false;
      Object.assign(course.interval, emptySample());
    }
    return outliers;
  }

  #eject(group: readonly C[], suspects: readonly Outlier[], nowMs: number): OutlierVerdict<C>[] {
    const { baseEjectionMs, maxEjectionMs, maxEjectionShare } = this.#config;
    let outCount = 0;
    for (const one of group) if (one.isOutOtherwise || this.isOut(one)) outCount += 1;
    return suspects.flatMap(({ at, why }): OutlierVerdict<C>[] => {
      const candidate = group[at] as C;
      const course = this.#of(candidate);
      if (course.untilMs > 0) return [];
      // Who is out already for another reason does not make one more.
      const more = candidate.isOutOtherwise ? outCount - 1 : outCount;
      if (!mayTakeOut(group.length, more, maxEjectionShare)) {
        if (course.wasSpared) return [];
        course.wasSpared = true;
        return [{ candidate, act: 'spared', why, untilMs: 0 }];
      }
      outCount = more + 1;
      course.ejections += 1;
      const forMs = Math.min(
        baseEjectionMs * course.ejections,
        Math.max(baseEjectionMs, maxEjectionMs),
      );
      course.untilMs = nowMs + forMs;
      course.wasOut = true;
      course.wasSpared = false;
      course.clear();
      return [{ candidate, act: 'eject', why, untilMs: course.untilMs }];
    });
  }

  #of(candidate: C): Course {
    let course = this.#courses.get(candidate);
    if (course === undefined) this.#courses.set(candidate, (course = new Course()));
    return course;
  }
}
