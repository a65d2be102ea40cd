/** Memory of a Weir over a long time: what it holds, and whether that grows. */
import { readdirSync, readFileSync } from 'node:fs';
import { processTree } from '#native-bench/measure/process-usage.ts';

/** What all processes of a tree hold, in kilobytes of PSS. */
export interface TreeMemory {
  readonly pssKb: number;
  /**
   * The part of it that is not mapped from files: heaps, buffers, stacks, shared arrays. The rest
   * is Node's program file, whose pages are divided by all who run it: another Node that starts or
   * ends on the machine moves it by megabytes, a leak does not.
   */
  readonly ownKb: number;
  readonly processCount: number;
}

/** Reads it from /proc (Linux 5.9 or newer). Throws when the root is gone. */
export function treeMemory(root: number): TreeMemory {
  let pssKb = 0;
  let ownKb = 0;
  let processCount = 0;
  for (const pid of processTree(root)) {
    let text: string;
    try {
      text = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8');
    } catch {
      if (pid === root) throw new Error(`process ${root} is gone`);
      continue; // ended meanwhile
    }
    const field = (name: string): number =>
      Number(new RegExp(`^${name}: +(\\d+)`, 'm').exec(text)?.[1] ?? Number.NaN);
    pssKb += field('Pss');
    ownKb += field('Pss_Anon') + field('Pss_Shmem');
    processCount += 1;
  }
  return { pssKb, ownKb, processCount };
}

/** Open descriptors of a process. */
export function descriptorCount(pid: number): number {
  return readdirSync(`/proc/${pid}/fd`).length;
}

/** Slope of the straight line through points by least squares: y per x. NaN below two points. */
export function slope(points: readonly { readonly x: number; readonly y: number }[]): number {
  const meanX = points.reduce((sum, { x }) => sum + x, 0) / points.length;
  const meanY = points.reduce((sum, { y }) => sum + y, 0) / points.length;
  let covariance = 0;
  let variance = 0;
  for (const { x, y } of points) {
    covariance += (x - meanX) * (y - meanY);
    variance += (x - meanX) ** 2;
  }
  return covariance / variance;
}
