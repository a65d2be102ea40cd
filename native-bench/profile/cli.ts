/** `npm run profile`: where the time of a request goes, in a proxy under load. */
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { PROXY_KINDS } from '#native-bench/baselines/proxies.ts';
import { missingPrograms } from '#native-bench/measure/machine.ts';
import { WORKLOADS } from '#native-bench/workloads.ts';
import { breakDown } from './breakdown.ts';
import { type FlameGraphOptions, flameGraph, smallFlameGraph } from './flame-graph.ts';
import { foldedText } from './folded-stacks.ts';
import { type OutsidePass, watchFromInside, watchFromOutside } from './passes.ts';
import { insideReport, outsideReport } from './report.ts';

const HELP = `usage: npm run profile [-- options]

Puts a proxy under one workload of "npm run bench" and says where the time of a
request goes. Settings, load and cores are the bench's. Two passes, each with a
proxy of its own:
  outside  perf: CPU per request, sampled stacks (kernel included) as a flame
           graph, shares by kind of code, thread, system call and symbol, and
           system calls per request
  inside   Weir only, V8's profilers in each proxy thread: CPU by function,
           bytes allocated per request and by which function
Needs root (perf), perf, wrk, nginx. The figures say where time goes, not how
fast a proxy is: that is "npm run bench".

  --proxy NAME     ${PROXY_KINDS.join(', ')} (default weir)
  --weir PATH      another tree of Weir, for instance a worktree of an older commit
  --workload NAME  ${WORKLOADS.map(({ name }) => name).join(', ')}
                   (default ${WORKLOADS[0]?.name})
  --passes LIST    outside,inside (default: both)
  --seconds N      of each measured stretch (default 5)
  --threads N      proxy threads (default 1), all on the cores that the workload gives the proxy
  --out FOLDER     for report.txt, flame.svg, stacks.folded, *.cpuprofile and
                   *.heapprofile (for Chrome's DevTools); default: a new
                   folder in ${tmpdir()}
  --picture FILE   writes the flame graph there too, at most 200 KB
  --label TEXT     in the picture's title instead of the proxy's name
  --help           this text
`;

const PRUNE_BELOW = 0.002;
const PICTURE_BYTES = 200_000;

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      proxy: { type: 'string', default: 'weir' },
      weir: { type: 'string' },
      workload: { type: 'string', default: WORKLOADS[0]?.name ?? '' },
      passes: { type: 'string', default: 'outside,inside' },
      seconds: { type: 'string', default: '5' },
      threads: { type: 'string', default: '1' },
      out: { type: 'string' },
      picture: { type: 'string' },
      label: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    process.stdout.write(HELP);
    return 0;
  }
  const kind = one(PROXY_KINDS, values.proxy);
  const workload = WORKLOADS.find(({ name }) => name === values.workload);
  if (workload === undefined) throw new Error(`there is no workload ${values.workload}`);
  const passes = values.passes.split(',').map((name) => one(['outside', 'inside'], name));
  const missing = missingPrograms(['nginx', 'wrk', 'taskset', 'perf']);
  if (missing.length > 0) throw new Error(`${missing.join(', ')} not installed`);

  const folder = values.out ?? mkdtempSync(join(tmpdir(), 'weir-profile-'));
  mkdirSync(folder, { recursive: true });
  const [seconds, threads] = [count(values.seconds), count(values.threads)];
  const options = { kind, weir: values.weir, workload, threads, seconds, folder };
  const label = values.label ?? (kind === 'weir' ? 'Weir' : kind);
  const report = [`${label}, ${workload.name}: ${workload.about}`];
  if (passes.includes('outside')) {
    const pass = await watchFromOutside(options);
    const breakdown = breakDown(pass.stacks);
    report.push(outsideReport(breakdown, pass));
    const about = { title: `${label}: ${workload.name}`, kinds: breakdown.kinds };
    writePictures(pass, about, folder, values.picture);
  }
  if (passes.includes('inside') && kind === 'weir') {
    report.push(
      insideReport(await watchFromInside({ ...options, folder: join(folder, 'threads') })),
    );
  }
  const text = `${report.join('\n\n')}\n`;
  writeFileSync(join(folder, 'report.txt'), text);
  process.stdout.write(`${text}\nwritten: ${folder}\n`);
  return 0;
}

function writePictures(
  { stacks, plain }: OutsidePass,
  about: Pick<FlameGraphOptions, 'title' | 'kinds'>,
  folder: string,
  picture: string | undefined,
): void {
  const options = {
    ...about,
    subtitle:
      `${plain.cpuUsPerRequest.toFixed(2)} µs of CPU per request. Width: share of CPU time; below: ` +
      'who called. Hover for figures.',
    microsPerRequest: plain.cpuUsPerRequest,
    pruneBelow: PRUNE_BELOW,
  };
  writeFileSync(join(folder, 'stacks.folded'), foldedText(stacks));
  writeFileSync(join(folder, 'flame.svg'), flameGraph(stacks, { ...options, pruneBelow: 0.0002 }));
  if (picture !== undefined) {
    writeFileSync(picture, smallFlameGraph(stacks, options, PICTURE_BYTES));
  }
}

function one<Name extends string>(names: readonly Name[], name: string): Name {
  const found = names.find((other) => other === name);
  if (found === undefined) throw new Error(`there is no ${name}; there are: ${names.join(', ')}`);
  return found;
}

function count(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) throw new Error(`"${text}" is no count`);
  return value;
}

try {
  process.exitCode = await main();
} catch (error) {
  console.error(`profile: ${(error as Error).message}`);
  process.exitCode = 1;
}
