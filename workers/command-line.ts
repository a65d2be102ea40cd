/** nginx's command line: one-letter options that may be joined (`-tq`, `-cFILE`). */

export type SignalName = 'stop' | 'quit' | 'reopen' | 'reload';

const SIGNAL_NAMES: ReadonlySet<string> = new Set(['stop', 'quit', 'reopen', 'reload']);

/** What the user asked for. Paths are as written: `-c` is relative to `-p`, the others to where we are. */
export interface CommandLine {
  readonly action: 'run' | 'check' | 'dump' | 'signal' | 'version' | 'build' | 'help';
  /** `-q`: `-t` prints only what is wrong. */
  readonly quiet: boolean;
  /** `-c FILE` */
  readonly configFile: string | undefined;
  /** `-p DIRECTORY` */
  readonly prefix: string | undefined;
  /** `-e FILE`: where errors go before the configuration is read; `stderr` is a name, too. */
  readonly errorLog: string | undefined;
  /** `-g DIRECTIVES`: set before the file, in the main context. */
  readonly globals: string | undefined;
  /** `-s NAME` */
  readonly signal: SignalName | undefined;
}

/** Reads the arguments after the program's name; a string says in one line what is wrong. */
export function parseCommandLine(args: readonly string[]): CommandLine | string {
  const found = new Options(args);
  for (let arg = found.next(); arg !== undefined; arg = found.next()) {
    const problem = found.read(arg);
    if (problem !== undefined) return problem;
  }
  return found.result();
}

const NEEDS: Readonly<Record<string, string>> = {
  c: 'file name',
  p: 'directory name',
  e: 'file name',
  g: 'parameter',
  s: 'parameter',
};

class Options {
  readonly #args: readonly string[];
  #at = 0;
  #flags = new Set<string>();
  #values = new Map<string, string>();

  constructor(args: readonly string[]) {
    this.#args = args;
  }

  next(): string | undefined {
    return this.#args[this.#at++];
  }

  read(arg: string): string | undefined {
    if (arg === '--help') return this.#flag('h');
    if (arg === '--version') return this.#flag('v');
    if (!arg.startsWith('-') || arg === '-' || arg.startsWith('--')) {
      return `invalid option: "${arg}" (weir -h lists them)`;
    }
    for (let at = 1; at < arg.length; at++) {
      const letter = arg.charAt(at);
      const need = NEEDS[letter];
      if (need !== undefined) {
        const value = arg.slice(at + 1) || this.next();
        if (value === undefined || value === '') return `option "-${letter}" requires ${need}`;
        return this.#value(letter, value);
      }
      if (!'?hvVtTq'.includes(letter)) {
        return `invalid option: "${letter}" (weir -h lists them)`;
      }
      this.#flags.add(letter);
    }
    return undefined;
  }

  result(): CommandLine {
    return {
      action: this.#action(),
      quiet: this.#flags.has('q'),
      configFile: this.#values.get('c'),
      prefix: this.#values.get('p'),
      errorLog: this.#values.get('e'),
      globals: this.#values.get('g'),
      signal: this.#values.get('s') as SignalName | undefined,
    };
  }

  /** As in nginx: help and version first, then the check, then the signal. */
  #action(): CommandLine['action'] {
    const has = (letter: string) => this.#flags.has(letter);
    if (has('h') || has('?')) return 'help';
    if (has('V')) return 'build';
    if (has('v')) return 'version';
    if (has('T')) return 'dump';
    if (has('t')) return 'check';
    return this.#values.has('s') ? 'signal' : 'run';
  }

  #flag(letter: string): undefined {
    this.#flags.add(letter);
  }

  #value(letter: string, value: string): string | undefined {
    if (letter === 's' && !SIGNAL_NAMES.has(value)) {
      return `invalid option: "-s ${value}" (stop, quit, reopen or reload)`;
    }
    this.#values.set(letter, value);
    return undefined;
  }
}

/** What `weir -h` prints. `configFile` is the one used without `-c`. */
export function usage(configFile: string): string {
  return `Usage: weir [-?hvVtTq] [-s signal] [-p prefix] [-e filename] [-c filename] [-g directives]
       weir COMMAND ...

Commands, each with its own --help:
  proxy         : serve what endpoints answer, without a configuration file
  init          : write a first configuration file
  config        : print the configuration with defaults and inheritance written out
  ctl COMMAND   : look at a running Weir, and steer its upstreams
  explain URL   : what becomes of a request, and why; opens no socket
  test FILE...  : test the configuration: what becomes of requests; opens no socket

Options:
  -?,-h         : this help
  -v            : show version and exit
  -V            : show version, Node.js and transport, and exit
  -t            : test configuration and exit
  -T            : test configuration, dump it and exit
  -q            : suppress non-error messages during configuration testing
  -s signal     : send signal to the master process: stop, quit, reopen, reload
  -p prefix     : set prefix path (default: the folder above the configuration file's)
  -e filename   : set error log file (default: stderr)
  -c filename   : set configuration file, relative to the prefix when -p is given
                  (default: ${configFile})
  -g directives : set global directives out of configuration file

Weir stays in the foreground unless the configuration says "daemon on;".
`;
}
