/** A text as the arguments of one directive: what nginx.conf would make of it. */
import { Lexer } from '#src/config/syntax/lexer.ts';

/** Blanks part, quotes hold together; undefined when it holds more than arguments. */
export function splitWords(text: string): string[] | undefined {
  const lexer = new Lexer(text);
  const words: string[] = [];
  for (;;) {
    const token = lexer.next();
    if (token.kind === 'end') return token.openQuote === undefined ? words : undefined;
    if (token.kind !== 'word') return undefined;
    words.push(token.text);
  }
}
