import { describeFrame, FRAME_KINDS, type Frame, type FrameKind } from './frames.ts';

const KIND_BY_LETTER = new Map(
  Object.entries(FRAME_KINDS).map(([kind, letter]) => [letter as string, kind as FrameKind]),
);
/** `weir-0 15224 `: the thread's name, which may hold spaces, and its number. */
const HEADER = /^(\S.*?)\s+(\d+)\s*$/;
/** `  7f960c12 JS:*'#take file:///a.ts:1:2 (/tmp/perf-1.map)`: address, symbol, object. */
const FRAME = /^\s+[0-9a-f]+ (.*) \(([^()]*(?:\([^()]*\))?[^()]*)\)$/;

/** One frame of a folded stack: `name_[k]`. The format of Brendan Gregg's tools. */
export function foldedFrame({ name, kind }: Frame): string {
  return `${name.replaceAll(';', ':')}_[${FRAME_KINDS[kind]}]`;
}

/** The other way. */
export function unfoldedFrame(text: string): Frame {
  const letter = text.at(-2) ?? '';
  const kind = text.endsWith(']') ? KIND_BY_LETTER.get(letter) : undefined;
  return kind === undefined ? { name: text, kind: 'native' } : { name: text.slice(0, -4), kind };
}

/**
 * Samples of `perf script -F comm,tid,ip,sym,dso`, added up by stack. Feed it line by line; a
 * stack's text has its outermost frame first, and before that the thread's name.
 */
export class StackFolder {
  /** Stack → number of samples. */
  readonly counts = new Map<string, number>();
  #thread = '';
  /** Innermost first, as perf prints them. */
  #frames: string[] = [];

  add(line: string): void {
    if (line === '') return this.end();
    if (line.startsWith('#')) return;
    const frame = FRAME.exec(line);
    if (frame !== null) {
      const described = describeFrame(frame[1] ?? '', frame[2] ?? '');
      if (described !== undefined) this.#frames.push(foldedFrame(described));
      return;
    }
    const header = HEADER.exec(line);
    if (header === null) return;
    this.end(); // a sample without a stack is followed by no empty line
    this.#thread = threadName(header[1] ?? '');
  }

  /** Ends the last sample. */
  end(): void {
    if (this.#thread !== '') {
      const stack = [this.#thread, ...this.#frames.reverse()].join(';');
      this.counts.set(stack, (this.counts.get(stack) ?? 0) + 1);
    }
    this.#thread = '';
    this.#frames = [];
  }
}

/** Threads that do the same work are one: V8Worker-1, V8Worker-2 … */
function threadName(comm: string): string {
  return comm.replaceAll(';', ':').replace(/^(V8Worker|libuv-worker|node-V8Worker)[-:]?\d+$/, '$1');
}

/** The text of a folded file: one stack and its samples per line. */
export function foldedText(counts: ReadonlyMap<string, number>): string {
  return [...counts].map(([stack, count]) => `${stack} ${count}\n`).join('');
}
