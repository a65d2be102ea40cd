/** CPU and allocation profiles of V8, one per thread, as lists of functions. */
import { basename } from 'node:path';

/** A function's place in V8's profiles. */
interface CallFrame {
  readonly functionName: string;
  readonly url: string;
  readonly lineNumber: number;
}

/** A `.cpuprofile`: `Profiler.stop` of the inspector's protocol. */
export interface CpuProfile {
  readonly nodes: readonly { readonly id: number; readonly callFrame: CallFrame }[];
  readonly samples?: readonly number[];
  readonly timeDeltas?: readonly number[];
}

/** A node of `HeapProfiler.stopSampling`: sampled bytes of one function below its callers. */
export interface AllocationNode {
  readonly callFrame: CallFrame;
  readonly selfSize: number;
  readonly children: readonly AllocationNode[];
}

/** What thread-hook.ts writes of a thread's allocations. */
export interface AllocationProfile {
  /** All bytes by V8's own count, exact. */
  readonly bytes: number;
  readonly head: AllocationNode;
}

/** A function and its part of a profile: microseconds or bytes. */
export interface FunctionPart {
  readonly name: string;
  readonly amount: number;
}

/** Pauses of the collector of one kind. */
export interface CollectionSum {
  readonly kind: string;
  readonly count: number;
  readonly totalMs: number;
  readonly longestMs: number;
}

/** Adds up pauses by kind, the kind that took most time first. */
export function sumCollections(pauses: readonly { kind: string; ms: number }[]): CollectionSum[] {
  const kinds = new Set(pauses.map(({ kind }) => kind));
  const sums = [...kinds].map((kind) => {
    const times = pauses.filter((pause) => pause.kind === kind).map(({ ms }) => ms);
    const totalMs = times.reduce((sum, ms) => sum + ms, 0);
    return { kind, count: times.length, totalMs, longestMs: Math.max(...times) };
  });
  return sums.sort((a, b) => b.totalMs - a.totalMs);
}

/** Microseconds per function itself, the most expensive first; V8's `(idle)` is not counted. */
export function cpuByFunction(profile: CpuProfile): FunctionPart[] {
  const names = new Map(profile.nodes.map(({ id, callFrame }) => [id, frameName(callFrame)]));
  const micros = new Map<string, number>();
  const { samples = [], timeDeltas = [] } = profile;
  for (const [index, id] of samples.entries()) {
    const name = names.get(id) ?? '(unknown)';
    // A delta is the time before its sample: the time of a sample ends with the next one.
    const time = timeDeltas[index + 1] ?? 0;
    if (name !== '(idle)') micros.set(name, (micros.get(name) ?? 0) + time);
  }
  return sorted(micros);
}

/** Bytes that each function itself allocated, scaled to the exact sum; the largest first. */
export function allocationsByFunction({ bytes, head }: AllocationProfile): FunctionPart[] {
  const sampled = new Map<string, number>();
  let sum = 0;
  const waiting = [head];
  for (let node = waiting.pop(); node !== undefined; node = waiting.pop()) {
    const name = frameName(node.callFrame);
    sampled.set(name, (sampled.get(name) ?? 0) + node.selfSize);
    sum += node.selfSize;
    waiting.push(...node.children);
  }
  const scale = sum === 0 ? 0 : bytes / sum;
  return sorted(new Map([...sampled].map(([name, size]) => [name, size * scale])));
}

function frameName({ functionName, url, lineNumber }: CallFrame): string {
  if (url === '') return functionName; // (program), (garbage collector), natives
  const name = functionName === '' ? '(anonymous)' : functionName;
  return `${url.startsWith('node:') ? url : basename(url)}:${lineNumber + 1} ${name}`;
}

function sorted(parts: ReadonlyMap<string, number>): FunctionPart[] {
  return [...parts]
    .filter(([, amount]) => amount > 0)
    .map(([name, amount]) => ({ name, amount }))
    .sort((a, b) => b.amount - a.amount);
}
