/**
 * Text with `$names`, as directives take it; `src/variables` compiles it against an exchange. Both
 * results hold one char per byte, like the heads they go into: write them as Latin-1.
 */
export interface ComplexValue<S> {
  /** The text itself when it holds no variable; then nothing needs evaluating. */
  readonly constant: string | undefined;
  /**
   * The same for every subject of one client connection that names the same host and brings no
   * X-Forwarded-For.
   */
  readonly isOfConnection: boolean;
  /** The text with every variable replaced by its value for `subject`. */
  evaluate(subject: S): string;
}
