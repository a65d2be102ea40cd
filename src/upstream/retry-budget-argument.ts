/** The words of `retry_budget` in an `upstream` block. */
import { reportInvalid } from '#src/schema/arguments.ts';
import type { ParseContext } from '#src/schema/directive.ts';
import type { Word } from '#src/schema/tree.ts';
import type { RetryBudgetConfig } from '#src/shared/retry-budgets.ts';
import { USUAL_RETRY_BUDGET } from '#src/upstream/endpoint/upstream-config.ts';

/** More than one further try for each of a second's requests would be no budget. */
const MAX_PER_SEC = 100_000;

/** Reads `off | percent% [min=rate]`, undefined after reporting what is wrong. */
export function parseRetryBudget(
  words: readonly Word[],
  context: ParseContext,
): RetryBudgetConfig | 'off' | undefined {
  const [share, least] = words;
  if (share === undefined) return undefined;
  if (share.text === 'off') {
    if (least === undefined) return 'off';
    return reportInvalid(context, least, 'parameter', '"off" takes none');
  }
  const percent = /^(\d{1,3}(?:\.\d{1,2})?)%$/.exec(share.text)?.[1];
  if (percent === undefined || Number(percent) > 100) {
    return reportInvalid(context, share, 'value', 'it must be "off" or 0% to 100%, such as 20%');
  }
  const ratio = Number(percent) / 100;
  if (least === undefined) return { ratio, minPerSec: USUAL_RETRY_BUDGET.minPerSec };
  const minPerSec = Number(/^min=(\d{1,6})r\/s$/.exec(least.text)?.[1] ?? -1);
  if (minPerSec < 0 || minPerSec > MAX_PER_SEC) {
    return reportInvalid(context, least, 'parameter', 'known is min=, such as min=3r/s');
  }
  return { ratio, minPerSec };
}
