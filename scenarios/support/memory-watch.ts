/** The memory of a Weir while something happens to it. */
import { memoryKb } from '#native-bench/measure/process-usage.ts';

/** How often it looks. */
const EVERY_MS = 50;

/** Looks at the resident memory of a process and its children from the start until `end`. */
export class MemoryWatch {
  /** Resident before anything happened. */
  readonly beforeKb: number;
  readonly samplesKb: number[] = [];
  readonly #pid: number;
  readonly #timer: NodeJS.Timeout;

  constructor(pid: number) {
    this.#pid = pid;
    this.beforeKb = memoryKb(pid).rss;
    this.#timer = setInterval(() => this.#look(), EVERY_MS);
  }

  /** How much it had grown at most, and at the end, in kilobytes. */
  end(): { readonly peakKb: number; readonly endKb: number; readonly sampleCount: number } {
    clearInterval(this.#timer);
    this.#look();
    const growth = this.samplesKb.map((kb) => kb - this.beforeKb);
    return {
      peakKb: Math.max(...growth),
      endKb: growth.at(-1) ?? 0,
      sampleCount: growth.length,
    };
  }

  #look(): void {
    this.samplesKb.push(memoryKb(this.#pid).rss);
  }
}
