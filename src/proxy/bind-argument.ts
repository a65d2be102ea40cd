/** The words of `proxy_bind`. */
import type { Exchange } from '#src/exchange/exchange.ts';
import { compileWord, reportInvalid } from '#src/schema/arguments.ts';
import type { ComplexValue } from '#src/schema/complex-value.ts';
import type { ParseContext } from '#src/schema/directive.ts';
import { reportNotBuilt } from '#src/schema/not-built.ts';
import type { Word } from '#src/schema/tree.ts';
import { parseLocalAddress } from '#src/upstream/local-address.ts';

/** Where connections come from; `off`: the system decides. */
export type BindArgument = 'off' | ComplexValue<Exchange>;

/** Reads `proxy_bind address [transparent] | off`; undefined after reporting what is wrong. */
export function parseBind(
  [address, flag]: readonly Word[],
  context: ParseContext,
): BindArgument | undefined {
  if (address === undefined) return undefined;
  if (address.text === 'off' && flag === undefined) return 'off';
  if (flag?.text === 'transparent') {
    return reportNotBuilt('"proxy_bind … transparent"', flag, context);
  }
  if (flag !== undefined) return reportInvalid(context, flag, 'parameter');
  const value = compileWord<Exchange>(address, context);
  if (value?.constant === undefined || parseLocalAddress(value.constant) !== undefined) {
    return value;
  }
  const advice = 'write an IP address, with a port or without; [::1]:80 if it is IPv6';
  return reportInvalid(context, address, 'address', advice);
}
