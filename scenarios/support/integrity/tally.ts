/** What came out of exchanges, counted; sent between threads, so plain data. */

/** The verdicts on an exchange. */
export type Verdict =
  | 'ok'
  /** The client went away by itself. */
  | 'aborted'
  /** An error status, or a cut that the client can recognise. */
  | 'failed';

/** What must never occur. */
export type Offence =
  /** A byte, a field or an answer of another exchange, or of nobody. */
  | 'mixed'
  /** A request that may not be repeated twice at the origin, or an answer twice at the client. */
  | 'duplicated'
  /** A part that could be taken for the whole. */
  | 'truncated'
  /** No HTTP. */
  | 'malformed'
  /** Neither an answer nor an end within the time. */
  | 'stuck'
  /** It failed although nobody did anything wrong. */
  | 'unexpected';

export const OFFENCES: readonly Offence[] = [
  'mixed',
  'duplicated',
  'truncated',
  'malformed',
  'stuck',
  'unexpected',
];

/** So many offences are told in full. */
const MAX_STORIES = 20;

export interface TallyReport {
  readonly verdicts: Record<Verdict, number>;
  readonly offences: Record<Offence, number>;
  /** By what names: `answer chunked`, `fault client-request fin`, `status 502`, … */
  readonly counts: Readonly<Record<string, number>>;
  /** The first offences, each with the number of its conversation. */
  readonly stories: readonly string[];
}

export class Tally {
  readonly #verdicts: Record<Verdict, number> = { ok: 0, aborted: 0, failed: 0 };
  readonly #offences: Record<Offence, number> = {
    mixed: 0,
    duplicated: 0,
    truncated: 0,
    malformed: 0,
    stuck: 0,
    unexpected: 0,
  };
  readonly #counts = new Map<string, number>();
  readonly #stories: string[] = [];

  verdict(verdict: Verdict): void {
    this.#verdicts[verdict] += 1;
  }

  offence(offence: Offence, id: string, story: string): void {
    this.#offences[offence] += 1;
    if (this.#stories.length < MAX_STORIES) this.#stories.push(`${offence}: ${id}: ${story}`);
  }

  count(name: string, by = 1): void {
    this.#counts.set(name, (this.#counts.get(name) ?? 0) + by);
  }

  /** Exchanges that have come to an end. */
  get exchanges(): number {
    const { ok, aborted, failed } = this.#verdicts;
    return ok + aborted + failed;
  }

  get offences(): number {
    return OFFENCES.reduce((sum, offence) => sum + this.#offences[offence], 0);
  }

  report(): TallyReport {
    return {
      verdicts: { ...this.#verdicts },
      offences: { ...this.#offences },
      counts: Object.fromEntries([...this.#counts].sort(([a], [b]) => (a < b ? -1 : 1))),
      stories: [...this.#stories],
    };
  }

  /** Adds what another thread counted. */
  merge(report: TallyReport): void {
    for (const key of ['ok', 'aborted', 'failed'] as const) {
      this.#verdicts[key] += report.verdicts[key];
    }
    for (const key of OFFENCES) this.#offences[key] += report.offences[key];
    for (const [name, by] of Object.entries(report.counts)) this.count(name, by);
    this.#stories.push(...report.stories.slice(0, MAX_STORIES - this.#stories.length));
  }
}
