/** What is read from files and handed from the master to every process and thread. Plain data. */
import type { FunctionFacts } from '#src/functions/function-host.ts';
import type { SharedPart } from '#src/functions/shared-parts.ts';
import type { ConfigNode } from '#src/schema/tree.ts';

/** A configuration as read, with what reading found out about its surroundings. */
export interface ConfigTree {
  /** The main file, absolute. */
  readonly file: string;
  /** What relative paths other than those of `include` are taken from, absolute. */
  readonly prefix: string;
  readonly nodes: readonly ConfigNode[];
  /** Host name → its IP addresses when the files were read; a name without any is left out. */
  readonly hosts: Readonly<Record<string, readonly string[]>>;
  /** `-e`: where errors go without `error_log`; absolute, or `stderr`. */
  readonly errorLog: string;
  /** The port of a server without `listen`: 80 for root, 8000 for others, as in nginx. */
  readonly defaultPort: number;
  /** What weir.config.ts has beside its directives; absent for nginx.conf. */
  readonly program?: Program;
}

/** The functions of a weir.config.ts, and what is needed to have them in a thread. */
export interface Program {
  /** Absolute. */
  readonly file: string;
  /** In the order in which they stand in the configuration. */
  readonly functions: readonly FunctionFacts[];
  /** The memory that its functions share over threads. */
  readonly parts: readonly SharedPart[];
  /** The texts of its modules as they were evaluated: threads run these, whatever is on disk. */
  readonly modules: readonly ProgramModule[];
  /** Of its own directives: another evaluation must give the same. */
  readonly hash: string;
}

/** One module of a program. */
export interface ProgramModule {
  readonly url: string;
  /** As Node names it: `module`, `module-typescript`. */
  readonly format: string;
  readonly text: string;
}

/** One file as it was read, for `-T`. */
export interface Source {
  readonly file: string;
  readonly text: string;
}
