// Reasons that are tried out instead of told: nginx runs once more with the text changed so that it
// means what Weir means by the one in question. What differs then has another reason, or none.

import { isChunked, type Outcome } from './compare.ts';
import type { Asked } from './random-request.ts';

/** One reason, and the text in which it has no effect. */
export interface Twin {
  readonly name: string;
  /** Whether it can be the reason of a difference. */
  readonly holds: (asked: Asked, nginx: Outcome, weir: Outcome) => boolean;
  /** Makes the text for nginx; the same one where there is nothing to try. */
  readonly change: (text: string) => string;
}

/** docs/differences.md has a row for each. */
export const TWINS: readonly Twin[] = [
  {
    name: '$content_length of a chunked body is not known',
    holds: isChunked,
    // A chunked request has no field of that name.
    change: (text) => text.replace(/(\$\{?)content_length\b/g, '$1http_content_length'),
  },
  {
    name: 'client_max_body_size does not hold for a body that an error page does not get',
    holds: ({ body }, nginx, weir) => body !== '' && isTooLarge(nginx) && !isTooLarge(weir),
    change: (text) =>
      text.includes('error_page')
        ? text.replace(/client_max_body_size \S+;/g, 'client_max_body_size 0;')
        : text,
  },
];

function isTooLarge({ answered }: Outcome): boolean {
  return answered.line.startsWith('HTTP/1.1 413');
}
