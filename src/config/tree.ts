/** What is read from files and handed from the master to every process and thread. Plain data. */
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
}

/** One file as it was read, for `-T`. */
export interface Source {
  readonly file: string;
  readonly text: string;
}
