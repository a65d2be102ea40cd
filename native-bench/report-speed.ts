/** The parts of BENCHMARKS.md that are about the speed table: verdicts, techniques, pictures. */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Comparison } from './compare.ts';
import { markdownTable } from './tables.ts';
import { judge, MIN_PAIRS, MIN_SECONDS, SPEED_TARGETS, targetText } from './targets.ts';
import type { MissedTarget, Technique } from './techniques.ts';

/** A workload's newest comparison, and a link to where it is kept. */
export interface Measured {
  readonly comparison: Comparison;
  readonly source: string;
}

/** Every row of the speed table with its verdict, whatever has been measured so far. */
export function targetSection(measured: ReadonlyMap<string, Measured>): string {
  const rows = SPEED_TARGETS.map((target) => {
    const found = measured.get(target.workload);
    const name = target.peer === 'weir' ? target.workload : `${target.workload}: ${target.peer}`;
    if (found === undefined) return [name, targetText(target), 'not measured', '–', ''];
    const { pass, measured: figures, reason } = judge(target, found.comparison);
    const verdict = pass ? 'pass' : `**fail**: ${reason}`;
    return [name, targetText(target), figures, verdict, found.source];
  });
  return [
    '## Targets\n',
    `CPU per request. Met when the median meets it, over at least ${MIN_PAIRS} pairs of ${MIN_SECONDS} s, without errors, and with an interval that is narrow enough.\n`,
    markdownTable([['workload', 'target', 'measured', '', 'run'], ...rows]),
    '',
  ].join('\n');
}

/** The targets of a workload with their verdicts, one line each; for under its table. */
export function verdictLines(comparison: Comparison): string[] {
  return SPEED_TARGETS.filter(({ workload }) => workload === comparison.workload.name).map(
    (target) => {
      const { pass, reason } = judge(target, comparison);
      const who = target.peer === 'weir' ? '' : `${target.peer} `;
      return `Target: ${who}${targetText(target)}: ${pass ? 'pass' : `**fail** (${reason})`}.`;
    },
  );
}

/** What each technique gave; empty when there is nothing to tell. */
export function techniqueSection(techniques: readonly Technique[]): string {
  if (techniques.length === 0) return '';
  const header = ['technique', 'before', 'after', 'measured by', ''];
  const rows = techniques.map(({ technique, before, after, measuredBy, verdict }) => [
    technique,
    before,
    after,
    measuredBy,
    verdict,
  ]);
  return `## What each technique gave\n\n${markdownTable([header, ...rows])}\n`;
}

/** Profile and attempts of each target that the newest result misses. */
export function missedSection(
  missed: readonly MissedTarget[],
  measured: ReadonlyMap<string, Measured>,
): string {
  const parts = missed.flatMap(({ workload, against, profile, attempts }) => {
    const target = SPEED_TARGETS.find(
      (other) => other.workload === workload && other.against === against,
    );
    const found = measured.get(workload);
    if (target === undefined) throw new Error(`no target of ${workload} is about ${against}`);
    if (found === undefined) return [];
    const verdict = judge(target, found.comparison);
    if (verdict.pass) return [];
    return [
      `### ${workload} against ${against}\n`,
      `Target ${targetText(target)}, measured ${verdict.measured}. ${profile}\n`,
      ...attempts.map((attempt) => `- ${attempt}`),
      '',
    ];
  });
  return parts.length === 0 ? '' : ['## Missed, and why\n', ...parts].join('\n');
}

/** Every picture of a folder, by name; empty when there is none. */
export function pictureSection(root: string, folder = 'docs/pictures'): string {
  const path = join(root, folder);
  const names = existsSync(path) ? readdirSync(path).filter((name) => name.endsWith('.svg')) : [];
  if (names.length === 0) return '';
  const pictures = names.sort().map((name) => {
    const title = name.slice(0, -'.svg'.length).replaceAll('-', ' ');
    return `### ${title}\n\n![${title}](${folder}/${name})\n`;
  });
  return ['## Flame graphs\n', ...pictures].join('\n');
}
