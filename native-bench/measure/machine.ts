import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { availableParallelism, cpus, release, totalmem } from 'node:os';

/** The machine of a run: enough to judge whether two results may be compared. */
export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly memoryMb: number;
  readonly kernel: string;
  readonly system: string;
  readonly node: string;
}

/** Describes this machine. */
export function describeMachine(): Machine {
  return {
    cpu: cpus()[0]?.model ?? 'unknown',
    cores: availableParallelism(),
    memoryMb: Math.round(totalmem() / 1024 / 1024),
    kernel: release(),
    system: systemName(),
    node: process.version,
  };
}

/** True when a program of that name is on the PATH. */
export function hasProgram(name: string): boolean {
  return (process.env['PATH'] ?? '').split(':').some((folder) => existsSync(`${folder}/${name}`));
}

/** The programs of a list that are not installed. */
export function missingPrograms(names: readonly string[]): string[] {
  return names.filter((name) => !hasProgram(name));
}

/** What a program says of its version: the first x.y.z it prints, or 'unknown'. */
export function programVersion(name: string, ...flags: string[]): string {
  try {
    // nginx writes its version to stderr.
    const text = execFileSync('sh', ['-c', '"$@" 2>&1', 'sh', name, ...flags], {
      encoding: 'utf8',
    });
    return /\d+\.\d+(\.\d+)?/.exec(text)?.[0] ?? 'unknown';
  } catch {
    return 'unknown';
  }
}

function systemName(): string {
  try {
    return (
      /^PRETTY_NAME="?([^"\n]*)/m.exec(readFileSync('/etc/os-release', 'utf8'))?.[1] ?? 'unknown'
    );
  } catch {
    return process.platform;
  }
}
