// weir.config.ts in tests: a running bin/weir with one, and requests to it.

import { type Outcome, type RunOptions, runWeir, startWeir, type Weir } from './weir.ts';

/** What stands around the servers. */
export function typedConf(http: string, main = '', before = ''): string {
  return `import { defineConfig } from 'weir'; ${before}
const kept: import('weir').RequestContext[] = [];
void kept;
export default defineConfig({ ${main} errorLog: 'stderr info', events: {}, http: { ${http} } });
`;
}

/** One server at that port with these locations. */
export function typedServer(port: number, locations: string): string {
  return `server: [{ listen: '127.0.0.1:${port}', location: { ${locations} } }],`;
}

/** Starts bin/weir with a weir.config.ts of these locations, on one port. */
export async function startTyped(
  locations: string | ((port: number) => string),
  options: {
    main?: string;
    before?: string;
    files?: Record<string, string>;
    env?: NodeJS.ProcessEnv;
  } = {},
): Promise<Weir> {
  const { before = '', main = '', ...rest } = options;
  const write = typeof locations === 'string' ? () => locations : locations;
  return await startWeir({
    ...rest,
    name: 'weir.config.ts',
    conf: (port) => typedConf(typedServer(port, write(port)), main, before),
  });
}

/** `weir -t` of a weir.config.ts. */
export async function checkTyped(conf: string, options: RunOptions = {}): Promise<Outcome> {
  return await runWeir(['-t'], { ...options, conf, name: 'weir.config.ts' });
}

/** A request on a connection of its own. */
export async function ask(
  weir: Weir,
  path: string,
  init: RequestInit = {},
): Promise<{ status: number; headers: Headers; body: string }> {
  const headers = { connection: 'close', ...(init.headers as Record<string, string>) };
  const answer = await fetch(weir.url(path), { ...init, headers });
  return { status: answer.status, headers: answer.headers, body: await answer.text() };
}
