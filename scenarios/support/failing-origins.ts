/** Four origins, each a process: they can be killed, stopped, and made black holes. */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import type { ScenarioContext } from '#scenarios/scenario.ts';

const COUNT = 4;
/** More than the queue of an origin takes. */
const FILLING_CONNECTIONS = 320;

/** What is done to an origin. */
export type Harm = 'killed' | 'stopped' | 'black hole';

interface OriginProcess {
  readonly child: ChildProcess;
  readonly port: number;
  readonly file: string;
}

/** Origins that note the POSTs they were given. */
export class FailingOrigins {
  readonly #all: readonly OriginProcess[];
  readonly #context: ScenarioContext;

  private constructor(all: readonly OriginProcess[], context: ScenarioContext) {
    this.#all = all;
    this.#context = context;
  }

  /** Starts them; they end with the scenario. */
  static async start(context: ScenarioContext): Promise<FailingOrigins> {
    const all: OriginProcess[] = [];
    for (let at = 0; at < COUNT; at++) {
      const file = join(context.directory, `posts-${at}`);
      writeFileSync(file, '');
      const child = start(context, file);
      all.push({ child, port: Number(await firstLine(child)), file });
    }
    return new FailingOrigins(all, context);
  }

  /** Where they listen, in the order of their start. */
  get ports(): readonly number[] {
    return this.#all.map(({ port }) => port);
  }

  /** Does it to the last one. */
  harm(harm: Harm): void {
    const { child, port } = this.#all.at(-1) as OriginProcess;
    if (harm === 'stopped') child.kill('SIGSTOP');
    else if (harm === 'killed') child.kill('SIGKILL');
    else {
      child.send('hole');
      const fillers = Array.from({ length: FILLING_CONNECTIONS }, () => filler(port));
      this.#context.defer(() => {
        for (const socket of fillers) socket.destroy();
      });
    }
  }

  /** The last one goes on as if nothing had been. */
  goOn(): void {
    this.#all.at(-1)?.child.kill('SIGCONT');
  }

  /** Targets of POSTs that arrived more than once, anywhere. */
  postsTwice(): string[] {
    const seen = new Set<string>();
    const targets = this.#all.flatMap(({ file }) => readFileSync(file, 'utf8').split('\n'));
    return targets.filter((target) => {
      if (target === '') return false;
      const isSecond = seen.has(target);
      seen.add(target);
      return isSecond;
    });
  }
}

function start(context: ScenarioContext, file: string): ChildProcess {
  const path = join(import.meta.dirname, 'noting-origin.ts');
  const child = fork(path, [file], { stdio: ['ignore', 'pipe', 'inherit', 'ipc'] });
  context.defer(() => {
    child.kill('SIGKILL');
  });
  return child;
}

async function firstLine({ stdout }: ChildProcess): Promise<string> {
  if (stdout === null) throw new Error('no pipe');
  const [bytes] = (await once(stdout, 'data')) as [Buffer];
  return bytes.toString().trim();
}

function filler(port: number): Socket {
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => {});
  return socket;
}
