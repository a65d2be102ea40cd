/** A configuration that was read → the rehearsal of it, its functions loaded. */

import { setgid, setgroups, setuid } from 'node:process';
import type { ConfigTree } from '#src/config/tree.ts';
import { loadFunctions } from '#src/config/typed/program.ts';
import type { OfflineHosts } from '#src/explain/offline-hosts.ts';
import { Rehearsal } from '#src/explain/rehearsal.ts';
import type { ConfigPlace } from './configuration.ts';
import { evaluatorOf } from './evaluate-config.ts';
import { say } from './say.ts';

/**
 * Functions run in this process: as root it becomes first who evaluates weir.config.ts, for good.
 * Undefined: it cannot run; if functions cannot be loaded, that was said.
 */
export async function rehearsalOf(
  tree: ConfigTree,
  { globals }: ConfigPlace,
  hosts: OfflineHosts,
): Promise<Rehearsal | undefined> {
  const { program } = tree;
  if (program !== undefined) become(globals);
  try {
    const functions = program === undefined ? [] : await loadFunctions(program);
    const rehearsal = Rehearsal.of(tree, functions, hosts);
    return rehearsal instanceof Rehearsal ? rehearsal : undefined;
  } catch (error) {
    say('emerg', (error as Error).message);
    return undefined;
  }
}

function become(globals: string | undefined): void {
  const identity = evaluatorOf(globals);
  if (identity === undefined) return;
  setgroups?.([identity.gid]);
  setgid?.(identity.gid);
  setuid?.(identity.uid);
}
