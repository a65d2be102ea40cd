/**
 * SIGUSR1 reopens logs; Node's own answer, which opens a debugger port, is replaced from here on.
 * (--disable-sigusr1 blocks the signal altogether, handlers included.) Import it before all else.
 */
process.on('SIGUSR1', () => {});
