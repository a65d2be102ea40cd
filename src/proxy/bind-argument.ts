/** The words of `proxy_bind`. */
import type { Exchange } from '#src/exchange/exchange.ts';
import { compileWord, reportInvalid } from '#src/schema/arguments.ts';
import type { ComplexValue } from '#src/schema/complex-value.ts';
import type { ParseContext } from '#src/schema/directive.ts';
import type { Word } from '#src/schema/tree.ts';
import { parseLocalAddress } from '#src/upstream/local-address.ts';

/** Where connections come from; `off`: the system decides. */
export type BindArgument = 'off' | Bind;

export interface Bind {
  readonly address: ComplexValue<Exchange>;
  /** The address need not be one of this machine. */
  readonly isTransparent: boolean;
}

/** Reads `proxy_bind address [transparent] | off`; undefined after reporting what is wrong. */
export function parseBind(
  [address, flag]: readonly Word[],
  context: ParseContext,
): BindArgument | undefined {
  if (address === undefined) return undefined;
  if (address.text === 'off' && flag === undefined) return 'off';
  if (flag !== undefined && flag.text !== 'transparent') {
    return reportInvalid(context, flag, 'parameter', 'only "transparent" may follow the address');
  }
  const value = compileWord<Exchange>(address, context);
  if (value === undefined) return undefined;
  if (value.constant === undefined || parseLocalAddress(value.constant) !== undefined) {
    return { address: value, isTransparent: flag !== undefined };
  }
  const advice = 'write an IP address, with a port or without; [::1]:80 if it is IPv6';
  return reportInvalid(context, address, 'address', advice);
}
