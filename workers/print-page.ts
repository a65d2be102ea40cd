/** Prints what a command was asked for. Whoever reads it may have enough of it (`| head`). */
export function printPage(text: string): void {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
  });
  process.stdout.write(text);
}
