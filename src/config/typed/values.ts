/** What may stand as arguments of a directive in weir.config.ts. */
import type { VariableFunction } from '#src/functions/contexts.ts';

/** One argument, as it is: nothing in it is split. Numbers are in nginx's unit (`30` is 30 s). */
export type Word = string | number | boolean;

/** The arguments of a directive: a list, or a text that is split as nginx.conf would be. */
export type Words = Word | readonly Word[];

/** Several of one directive; in an object the key is the first argument, the value the others. */
export type Rows =
  | Word
  | readonly (Word | readonly Word[])[]
  | Readonly<Record<string, Word | readonly Word[] | undefined>>;

/** An argument with `$names`, or a function that works it out for each request. */
export type Text = Word | VariableFunction;

/** As `Words`, of texts. */
export type Texts = Text | readonly Text[];

/** As `Rows`, of texts. */
export type TextRows =
  | Text
  | readonly (Text | readonly Text[])[]
  | Readonly<Record<string, Text | readonly Text[] | undefined>>;

export type Flag = boolean | 'on' | 'off';

type TimeUnit = 'ms' | 's' | 'm' | 'h' | 'd' | 'w' | 'M' | 'y';

/** `'500ms'`, `'1h 30m'`; a bare number counts seconds, as in nginx. */
export type Time = number | `${number}` | `${number}${TimeUnit}` | `${number}${TimeUnit} ${string}`;

/** `'8k'`, `'1m'`; a bare number counts bytes. */
export type Size = number | `${number}` | `${number}${'k' | 'K' | 'm' | 'M' | 'g' | 'G'}`;

/** One, or several. */
export type Several<T> = T | readonly T[];

/** The directives of a block; a list is one block in parts, where their order counts. */
export type Block<B> = B | readonly B[];

/** Blocks by what stands in front of them: paths, names, conditions. */
export type NamedBlocks<B> = Readonly<Record<string, Block<B> | undefined>>;

/** `map`, `geo` or `split_clients`: the lines of one. */
export interface Table {
  /** Where its value is taken from, such as `$host`; what it is without: see the directive. */
  readonly from?: string | VariableFunction;
  /** Key → value. */
  readonly values?: Readonly<Record<string, Text>>;
  readonly default?: Text;
  readonly hostnames?: boolean;
  readonly volatile?: boolean;
  readonly ranges?: boolean;
  readonly proxy?: string;
  readonly delete?: string;
  readonly include?: string;
}

/** Variable (`$name`) → its table. */
export type Tables = Readonly<Record<`$${string}`, Table>>;

/** Media type → extensions. */
export type MediaTypes = Readonly<Record<string, string | readonly string[]>>;
