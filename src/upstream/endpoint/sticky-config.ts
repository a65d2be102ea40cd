/** What `sticky` of an `upstream` compiles to. Plain but for the compiled texts. */
import type { ComplexValue } from '#src/schema/complex-value.ts';
import type { Place } from '#src/schema/problem.ts';

/** Text with `$names`. */
export interface StickyText {
  readonly text: string;
  /** The same, compiled; null, which survives JSON, in a model that is packed. */
  readonly value: ComplexValue<object> | null;
}

/** The cookie that names the endpoint. */
export interface StickyCookie {
  readonly name: string;
  /** Seconds; `max`: ten years; null: as long as the browser runs. */
  readonly expires: number | 'max' | null;
  readonly domain: StickyText | null;
  readonly sameSite: StickyText | null;
  /** '': none. */
  readonly path: string;
  readonly httpOnly: boolean;
  readonly secure: boolean;
}

/** Where sessions are kept that were learned. */
export interface StickyZone {
  readonly name: string;
  readonly bytes: number;
}

export interface StickyConfig {
  /** Of `sticky cookie`; null for `route` and `learn`. */
  readonly cookie: StickyCookie | null;
  /** What tells the endpoint, or the session of `learn`; the first that is not empty counts. */
  readonly lookup: readonly StickyText[];
  /** `learn`: what tells of a new session. */
  readonly create: readonly StickyText[];
  /** `learn`. */
  readonly zone: StickyZone | null;
  /** `learn`: a session is forgotten so long after its last use. */
  readonly timeoutMs: number;
  /** `learn`: as soon as the head of the answer has come. */
  readonly learnsFromHead: boolean;
  /** Of the names of endpoints; '': names are as in nginx. */
  readonly secret: string;
  /** 503 when the endpoint cannot be taken; else the policy chooses another one. */
  readonly isStrict: boolean;
  readonly place: Place;
}

/** The same with other texts: without what is compiled, or compiled again. */
export function mapTexts(
  config: StickyConfig,
  change: (text: StickyText) => StickyText,
): StickyConfig {
  const { cookie, create, lookup } = config;
  const optional = (text: StickyText | null) => (text === null ? null : change(text));
  return {
    ...config,
    cookie: cookie && {
      ...cookie,
      domain: optional(cookie.domain),
      sameSite: optional(cookie.sameSite),
    },
    create: create.map(change),
    lookup: lookup.map(change),
  };
}
