import type { Model } from '#src/config/model.ts';
import type { Inspect } from '#src/config/model-builder.ts';
import { type HostLookup, loadConfiguration as load } from '#src/config/read-configuration.ts';
import type { ConfigTree, Source } from '#src/config/tree.ts';
import type { Problem } from '#src/schema/problem.ts';
import { evaluateConfig } from './evaluate-config.ts';

/** Where the configuration is and what the command line adds to it. Paths are absolute. */
export interface ConfigPlace {
  readonly file: string;
  /** Undefined: the folder above the file's. */
  readonly prefix: string | undefined;
  readonly globals: string | undefined;
  /** `-e`: where errors go unless `error_log` says otherwise. */
  readonly errorLog: string | undefined;
  /** In place of the system's resolver, for commands that start nothing. */
  readonly lookup?: HostLookup;
}

/** A configuration that was read; usable when it has a model. */
export interface Configuration {
  readonly tree: ConfigTree;
  readonly model: Model | undefined;
  readonly problems: readonly Problem[];
  readonly sources: readonly Source[];
}

/** Reads and checks everything that can be checked without touching the system. */
export async function loadConfiguration(
  place: ConfigPlace,
  inspect?: Inspect,
): Promise<Configuration> {
  const evaluate = (file: string) => evaluateConfig(file, place.globals);
  return await load({ ...place, evaluate }, inspect);
}
