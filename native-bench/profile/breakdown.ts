/** Where the samples of a profile lie: by kind of code, thread, symbol and system call. */
import { unfoldedFrame } from './folded-stacks.ts';
import { FRAME_KINDS, type FrameKind } from './frames.ts';

/** A share of all samples, 0 to 1. */
export interface Share {
  readonly name: string;
  readonly share: number;
}

/** A function: samples in itself, and samples in it or in what it called. */
export interface SymbolShare {
  readonly name: string;
  readonly kind: FrameKind;
  readonly self: number;
  readonly total: number;
}

/** A whole profile in shares, each list with the largest first. */
export interface Breakdown {
  readonly samples: number;
  readonly kinds: Readonly<Record<FrameKind, number>>;
  readonly threads: readonly Share[];
  readonly symbols: readonly SymbolShare[];
  /** Kernel time by the call it was spent in; `(interrupts)` is what belongs to none. */
  readonly systemCalls: readonly Share[];
}

/** Adds up stacks as `StackFolder` makes them. */
export function breakDown(counts: ReadonlyMap<string, number>): Breakdown {
  const kinds: Record<FrameKind, number> = { ...FRAME_KINDS, ...ZERO };
  const threads = new Map<string, number>();
  const calls = new Map<string, number>();
  const self = new Map<string, number>();
  const total = new Map<string, number>();
  let samples = 0;
  for (const [stack, count] of counts) {
    samples += count;
    const [thread = '', ...frames] = stack.split(';');
    add(threads, thread, count);
    kinds[sampleKind(frames)] += count;
    for (const frame of new Set(frames)) add(total, frame, count);
    const leaf = frames.at(-1);
    if (leaf === undefined) continue;
    add(self, leaf, count);
    if (unfoldedFrame(leaf).kind === 'kernel') add(calls, systemCallOf(frames), count);
  }
  const symbols = [...total].map(([frame, inclusive]) => ({
    ...unfoldedFrame(frame),
    self: (self.get(frame) ?? 0) / samples,
    total: inclusive / samples,
  }));
  for (const kind of Object.keys(kinds) as FrameKind[]) kinds[kind] /= Math.max(1, samples);
  return {
    samples,
    kinds,
    threads: shares(threads, samples),
    symbols: symbols.sort((a, b) => b.self - a.self),
    systemCalls: shares(calls, samples),
  };
}

const ZERO = { kernel: 0, native: 0, javascript: 0, builtins: 0, gc: 0 };

/**
 * What a sample's time was spent on. Below the collector all is the collector's, the kernel's part
 * too; else the innermost frame says it.
 */
export function sampleKind(frames: readonly string[]): FrameKind {
  if (frames.some((frame) => frame.endsWith('_[g]'))) return 'gc';
  const leaf = frames.at(-1);
  return leaf === undefined ? 'native' : unfoldedFrame(leaf).kind;
}

/** The system call that a kernel stack belongs to: the frame that the kernel's entry called. */
export function systemCallOf(frames: readonly string[]): string {
  const entry = frames.lastIndexOf('do_syscall_64_[k]');
  if (entry < 0) {
    const isEntry = frames.some((frame) => frame.startsWith('entry_SYSCALL_64'));
    return isEntry ? '(entry)' : '(interrupts)';
  }
  let name = frames[entry + 1];
  if (name === 'x64_sys_call_[k]') name = frames[entry + 2];
  if (name === undefined) return '(entry)';
  const kernelName = unfoldedFrame(name).name.replace(/\..*$/, '');
  const called = kernelName.replace(/^(__x64_sys_|__se_sys_|__do_sys_|ksys_|__sys_|do_)/, '');
  return kernelName.startsWith('syscall_') || called.startsWith('exit_to_') ? '(entry)' : called;
}

function add(counts: Map<string, number>, key: string, count: number): void {
  counts.set(key, (counts.get(key) ?? 0) + count);
}

function shares(counts: ReadonlyMap<string, number>, samples: number): Share[] {
  return [...counts]
    .map(([name, count]) => ({ name, share: count / samples }))
    .sort((a, b) => b.share - a.share);
}
