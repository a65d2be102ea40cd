/** What a configuration needs of the system, checked and made ready before anything is started. */
import { accessSync, constants, existsSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Model } from '#src/config/model.ts';
import type { Problem, Severity } from '#src/schema/problem.ts';
import { NUMBERS_PER_LISTENER } from './bound-sockets.ts';
import { usableCpus } from './cpus.ts';
import {
  type DescriptorBudget,
  describeBudget,
  descriptorBudget,
  descriptorLimit,
  setDescriptorLimit,
} from './descriptor-limit.ts';
import { entryPath } from './entry.ts';
import { openError } from './file-error.ts';
import { DEFAULT_USER, findIdentity, type Identity, unreadableFor } from './identity.ts';
import { createLogFiles } from './log-files.ts';
import { createTempDirectory } from './temp-directories.ts';

/** How a generation of a configuration is to be started. */
export interface Preparation {
  readonly threadCount: number;
  /** Whom it runs as; undefined means as the master. */
  readonly identity: Identity | undefined;
  readonly budget: DescriptorBudget;
  /** `proxy_bind … transparent`: who serves needs CAP_NET_RAW. */
  readonly needsRawSockets: boolean;
}

/**
 * Looks up the user, counts CPUs and descriptors, creates the log files and the directories for
 * temporary files. Reports everything that is wrong; the preparation is undefined when any of it
 * refuses the configuration.
 */
export function prepare(model: Model): {
  preparation: Preparation | undefined;
  problems: readonly Problem[];
} {
  const { main } = model;
  const problems: Problem[] = [];
  const say = (severity: Severity, message: string, place = NOWHERE) =>
    problems.push({ severity, message, ...place });
  const identity = chooseIdentity(model, say);
  const threadCount = main.workerProcesses === 'auto' ? usableCpus() : main.workerProcesses;
  const listenerCount = model.listens.length * threadCount * NUMBERS_PER_LISTENER;
  const limit = allowedLimit(main.workerRlimitNofile, say);
  const budget = descriptorBudget(limit, threadCount, main.workerConnections, listenerCount);
  const shortage = describeBudget(budget, main.workerConnections);
  if (shortage !== undefined) say(shortage.severity, shortage.message);
  const attempt = (create: () => void) => {
    try {
      create();
    } catch (error) {
      say('emerg', (error as Error).message);
    }
  };
  for (const path of logPaths(model)) attempt(() => createLogFiles([path], identity));
  for (const path of model.tempDirectories) attempt(() => createTempDirectory(path, identity));
  if (main.pidFile !== '' && !canCreate(main.pidFile)) {
    const denied = Object.assign(new Error(), { errno: -13 });
    say('emerg', openError(main.pidFile, denied).message);
  }
  for (const { statePath = null } of model.upstreams) {
    if (statePath === null || canCreate(statePath)) continue;
    const denied = Object.assign(new Error(), { errno: existsSync(dirname(statePath)) ? -13 : -2 });
    say('emerg', openError(statePath, denied).message);
  }
  const isRefused = problems.some(({ severity }) => severity === 'emerg');
  const needsRawSockets = callsTransparently(model);
  const preparation = { threadCount, identity, budget, needsRawSockets };
  return { preparation: isRefused ? undefined : preparation, problems };
}

function callsTransparently({ servers }: Model): boolean {
  return servers.some(({ conditional, fallback, locations }) =>
    [fallback, ...locations, ...conditional].some(({ proxy: { bind } }) => {
      return bind !== 'off' && bind.isTransparent;
    }),
  );
}

const NOWHERE = { file: '', line: 0, column: 0 };

/** Every file that the master creates and threads append to. */
export function logPaths(model: Pick<Model, 'main' | 'logFiles'>): string[] {
  const paths = model.main.errorLogs.flatMap(({ target }) => {
    return typeof target === 'string' && target !== 'stderr' ? [target] : [];
  });
  return [...new Set([...paths, ...model.logFiles])];
}

type Say = (severity: Severity, message: string, place?: Problem | typeof NOWHERE) => void;

function chooseIdentity(model: Model, say: Say): Identity | undefined {
  const { user } = model.main;
  if (process.getuid?.() !== 0) {
    if (user !== undefined) {
      const { file, line, column } = user.place;
      const message =
        'the "user" directive makes sense only if the master process runs with super-user ' +
        'privileges, ignored';
      say('warn', message, { file, line, column });
    }
    return undefined;
  }
  const identity = findIdentity(user?.name ?? DEFAULT_USER, user?.group);
  if (typeof identity === 'string') {
    const { file, line, column } = user?.place ?? NOWHERE;
    say('emerg', identity, { file, line, column });
    return undefined;
  }
  const closed = unreadableFor(identity, [entryPath('generation'), process.execPath]);
  if (closed === undefined) return identity;
  const reason = `user "${identity.name}" cannot read ${closed}, where Weir is installed`;
  if (user !== undefined) {
    const { file, line, column } = user.place;
    say('emerg', `${reason}; install it where this user may read it`, { file, line, column });
  } else {
    say('warn', `${reason}: traffic is served as root; install it elsewhere and set "user"`);
  }
  return undefined;
}

/** `worker_rlimit_nofile`: root may raise the limit, anyone may lower it. */
function allowedLimit(wanted: number | undefined, say: Say): number {
  const { soft, hard } = descriptorLimit();
  if (wanted === undefined) return soft;
  if (wanted <= hard) return wanted;
  // The generation inherits the master's limit.
  const reason = setDescriptorLimit(process.pid, wanted);
  if (reason === undefined) return wanted;
  const message =
    `worker_rlimit_nofile ${wanted} is above the hard limit ${hard}, which only root with ` +
    `CAP_SYS_RESOURCE may raise (ulimit -Hn, systemd: LimitNOFILE=): ${reason}`;
  say('emerg', message);
  return soft;
}

function canCreate(path: string): boolean {
  try {
    accessSync(path, constants.W_OK);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') return false;
  }
  try {
    accessSync(dirname(path), constants.W_OK);
    return true;
  } catch {
    return false;
  }
}
