/** Runs a steady load (steady-generator.ts) in a process of its own, on a core of its own. */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import type { SteadyOptions, SteadyReport } from './steady-generator.ts';

const PROGRAM = join(import.meta.dirname, 'steady-program.ts');

/** Rejects with what it printed when it gives no report. `core` undefined: any. */
export function runSteady(options: SteadyOptions, core: number | undefined): Promise<SteadyReport> {
  const command = [process.execPath, PROGRAM, JSON.stringify(options)];
  const full = core === undefined ? command : ['taskset', '-c', String(core), ...command];
  return new Promise((resolve, reject) => {
    const child = spawn(full[0] ?? '', full.slice(1), { stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    let complaints = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      complaints += text;
    });
    child.once('error', reject);
    child.once('close', () => {
      if (output.startsWith('{')) resolve(JSON.parse(output) as SteadyReport);
      else reject(new Error(`the steady load gave no report:\n${output}${complaints}`));
    });
  });
}
