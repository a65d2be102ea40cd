/** Text with `$names`, as directives take it. `src/variables` compiles it against an exchange. */
export interface ComplexValue<S> {
  /** The text itself when it holds no variable; then nothing needs evaluating. */
  readonly constant: string | undefined;
  /** The text with every variable replaced by its value for `subject`. */
  evaluate(subject: S): string;
}

/** A complex value that is the same for every subject. */
export function constantValue(text: string): ComplexValue<unknown> {
  return { constant: text, evaluate: () => text };
}
