// All cases by theme.

import type { SmugglingCase } from '#test/conformance/smuggling/case.ts';
import { CHUNK_CASES } from './chunks.ts';
import { CODINGS } from './codings.ts';
import { FOLDS } from './folds.ts';
import { LENGTHS } from './lengths.ts';
import { LINE_ENDS } from './line-ends.ts';
import { OPTIONS } from './options.ts';
import { REQUEST_LINES } from './request-lines.ts';
import { SITES } from './sites.ts';
import { STRAY_BYTES } from './stray-bytes.ts';
import { TARGETS } from './targets.ts';
import { UPGRADES } from './upgrades.ts';

/** What each theme is called, and its cases. */
export const THEMES: readonly (readonly [theme: string, cases: readonly SmugglingCase[]])[] = [
  ['Transfer-Encoding', CODINGS],
  ['bytes around the framing fields', STRAY_BYTES],
  ['Content-Length', LENGTHS],
  ['line ends', LINE_ENDS],
  ['folds, nameless lines, NUL', FOLDS],
  ['chunks and trailers', CHUNK_CASES],
  ['request line and methods', REQUEST_LINES],
  ['Host', SITES],
  ['targets and paths', TARGETS],
  ['Connection and what it names', OPTIONS],
  ['Upgrade and Expect', UPGRADES],
];

/** Every case of every theme. */
export const CASES: readonly SmugglingCase[] = THEMES.flatMap(([, cases]) => cases);
