/** The block of `geo`. Runs at load. */
import type { Exchange } from '#src/exchange/exchange.ts';
import { clientAddressOf } from '#src/exchange/real-ip.ts';
import { compileWord } from '#src/schema/arguments.ts';
import type { ComplexValue } from '#src/schema/complex-value.ts';
import type { ParseContext } from '#src/schema/directive.ts';
import { type ConfigNode, placeOfWord, type Word } from '#src/schema/tree.ts';
import { GeoNetworks, type Network, parseNetwork } from '#src/tables/geo-networks.ts';
import { type AddressRange, GeoRanges, parseRange } from '#src/tables/geo-ranges.ts';
import { GeoTable, TrustedProxies } from '#src/tables/geo-table.ts';
import { parseVariableName, type TableLine, tableLines, ValueList } from './table-lines.ts';
import { geoReader, type TableVariable } from './table-variables.ts';
import type { VariableReader } from './variable.ts';

/** `default` of networks: every address of either family. */
const EVERYWHERE = ['0.0.0.0/0', '::/0'] as const;

/** Reads a `geo` block; undefined after reporting what is wrong with it. */
export function parseGeo(words: readonly Word[], context: ParseContext): TableVariable | undefined {
  const [first, second] = words;
  const source = second === undefined ? REMOTE_ADDRESS : first;
  const name = parseVariableName(second ?? first, context);
  const address = source && compileAddress(source, context);
  const block = new GeoBlock(context);
  block.read();
  if (name === undefined || address === undefined || !block.isGood) return undefined;
  const { values } = block;
  // nginx asks for the client's address itself, not for what `$remote_addr` was when first used.
  const readAddress: VariableReader =
    second === undefined ? clientAddressOf : (exchange) => address.evaluate(exchange);
  return {
    name,
    read: geoReader(readAddress, block.finish(), values),
    isVolatile: block.isVolatile,
    isOfConnection: address.isOfConnection,
  };
}

/** What `geo` looks at unless told. */
const REMOTE_ADDRESS: Word = { text: '$remote_addr', line: 0, column: 0 };

function compileAddress(word: Word, context: ParseContext): ComplexValue<Exchange> | undefined {
  return word === REMOTE_ADDRESS || parseVariableName(word, context) !== undefined
    ? compileWord<Exchange>(word, context)
    : undefined;
}

class GeoBlock {
  isVolatile = false;
  isGood = true;
  readonly #context: ParseContext;
  readonly #list = new ValueList();
  readonly #networks = new GeoNetworks();
  readonly #ranges = new GeoRanges();
  readonly #proxies = new GeoNetworks();
  #hasNetworks = false;
  #hasProxies = false;
  #isRecursive = false;
  #usesRanges = false;
  /** With `ranges`; networks have it among them. */
  #fallback: number | undefined;

  constructor(context: ParseContext) {
    this.#context = context;
  }

  /** By the index that the table gives. */
  get values(): readonly string[] {
    const { values } = this.#list;
    return values;
  }

  read(): void {
    const flags = ['ranges', 'proxy_recursive', 'volatile'];
    for (const line of tableLines(this.#context, flags, (flag, node) => this.#onFlag(flag, node))) {
      if (line.key === 'proxy') this.#addProxy(line);
      else if (this.#usesRanges) this.#onRange(line);
      else this.#onNetwork(line);
    }
  }

  finish(): GeoTable {
    const v4 = this.#usesRanges ? this.#ranges.finish(this.#fallback) : this.#networks.finishIpv4();
    return new GeoTable({
      v4,
      v6: this.#usesRanges ? undefined : this.#networks.finishIpv6(),
      proxies: this.#hasProxies
        ? new TrustedProxies(this.#proxies.finishIpv4(), this.#proxies.finishIpv6())
        : undefined,
      isRecursive: this.#isRecursive,
    });
  }

  #onFlag(flag: string, node: ConfigNode): void {
    if (flag === 'volatile') this.isVolatile = true;
    else if (flag === 'proxy_recursive') this.#isRecursive = true;
    else if (this.#hasNetworks) {
      this.#refuse(node, 'the "ranges" directive must be the first directive inside "geo" block');
    } else this.#usesRanges = true;
  }

  #addProxy({ node, value }: TableLine): void {
    const network = this.#parseNetwork(value.text, node, value);
    if (network === undefined) return;
    this.#proxies.add(network, 1);
    this.#hasProxies = true;
  }

  #onNetwork({ node, key, value }: TableLine): void {
    this.#hasNetworks = true;
    if (key === 'default') {
      for (const text of EVERYWHERE) this.#addNetwork(text, key, node, value);
      return;
    }
    if (key !== 'delete') {
      this.#addNetwork(key, key, node, value);
      return;
    }
    const network = this.#parseNetwork(value.text, node, value);
    if (network !== undefined && !this.#networks.delete(network)) {
      this.#context.problems.warn(node, `no network "${value.text}" to delete`);
    }
  }

  /** `name` is what the network is called in the file. */
  #addNetwork(text: string, name: string, node: ConfigNode, value: Word): void {
    const network = this.#parseNetwork(text, node);
    if (network === undefined) return;
    const before = this.values[this.#networks.add(network, this.#list.indexOf(value.text))];
    if (before === undefined) return;
    const message = `duplicate network "${name}", value: "${value.text}", old value: "${before}"`;
    this.#context.problems.warn(node, message);
  }

  #onRange({ node, key, value }: TableLine): void {
    const { problems } = this.#context;
    if (key === 'default') {
      const before = this.#fallback === undefined ? undefined : this.values[this.#fallback];
      this.#fallback = this.#list.indexOf(value.text);
      if (before === undefined) return;
      const message = `duplicate default geo range value: "${value.text}", old value: "${before}"`;
      problems.warn(node, message);
      return;
    }
    const text = key === 'delete' ? value.text : key;
    const range = parseRange(text);
    if (range === undefined) this.#refuse(node, `invalid range "${text}"`);
    else if (key !== 'delete') this.#addRange(range, text, node, value);
    else if (!this.#ranges.delete(range)) {
      problems.warn(node, `no address range "${text}" to delete`);
    }
  }

  #addRange(range: AddressRange, text: string, node: ConfigNode, value: Word): void {
    const outcome = this.#ranges.add(range, this.#list.indexOf(value.text));
    if (outcome.kind === 'overlap') {
      const { start, end } = outcome.with;
      this.#refuse(node, `range "${text}" overlaps "${dotted(start)}-${dotted(end)}"`);
    } else if (outcome.kind === 'duplicate') {
      const before = this.values[outcome.value];
      const message = `duplicate range "${text}", value: "${value.text}", old value: "${before}"`;
      this.#context.problems.warn(node, message);
    }
  }

  /** nginx takes no host names here either. */
  #parseNetwork(text: string, node: ConfigNode, word?: Word): Network | undefined {
    const network = parseNetwork(text);
    const place = placeOfWord(node, word);
    if (network === undefined) {
      this.#context.problems.emerg(
        place,
        `invalid network "${text}"`,
        'write an address, or one with a prefix as in "192.0.2.0/24"',
      );
      this.isGood = false;
    } else if (network.hadLowBits) {
      this.#context.problems.warn(place, `low address bits of ${text} are meaningless`);
    }
    return network;
  }

  #refuse(node: ConfigNode, message: string): void {
    this.#context.problems.emerg(node, message);
    this.isGood = false;
  }
}

function dotted(address: number): string {
  return [24, 16, 8, 0].map((shift) => (address >>> shift) & 0xff).join('.');
}
