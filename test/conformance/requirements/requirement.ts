/** One requirement and what shows that it is kept. */
export type Requirement = {
  /** `RFC-section-number`, the number ours; or the id of a row of features.md. */
  readonly id: string;
  /** In our words. In brackets: where we are stricter, or differ. */
  readonly says: string;
} & (
  | {
      /** Titles of wire cases; `…*` stands for all that begin so. */
      readonly cases: readonly string[];
    }
  | {
      /** Why no wire case shows it. */
      readonly noCase: string;
    }
);
