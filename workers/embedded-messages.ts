/** What a program that embeds Weir and its master say to each other. All are plain data. */
import type { StatusReport } from '#src/shared/status-report.ts';

/** Where the configuration of an embedded Weir is. Paths are absolute. */
export interface EmbeddedPlace {
  /** nginx.conf or weir.config.ts; undefined: `text` is all. */
  readonly file: string | undefined;
  /** Directives of nginx.conf, in the main context. */
  readonly text: string | undefined;
  readonly prefix: string | undefined;
}

/** Of the program. */
export type ToEmbedded =
  /** The first message. The answer is `serving`, or `refused` and its end. */
  | { readonly type: 'start'; readonly place: EmbeddedPlace }
  | { readonly type: 'reload'; readonly place: EmbeddedPlace }
  | { readonly type: 'status' }
  /** `quit` finishes what is open, `stop` does not; both end the process. */
  | { readonly type: 'quit' | 'stop' };

/** Of the master. Answers come in the order of the questions of their kind. */
export type FromEmbedded =
  | { readonly type: 'serving' }
  | { readonly type: 'refused'; readonly lines: readonly string[] }
  /** `lines` say why the old configuration serves on; none when it does not. */
  | { readonly type: 'reloaded'; readonly lines: readonly string[] }
  /** Undefined while no generation serves. */
  | { readonly type: 'status'; readonly status: StatusReport | undefined };
