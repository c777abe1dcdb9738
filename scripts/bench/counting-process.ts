/** What a client process answers when it is asked how far it is. */
export interface Sample {
  readonly type: 'sample';
  readonly count: number;
  /** By the client's own clock, read with the count. */
  readonly atMs: number;
  readonly cpuMicros: number;
}

/** Answers every message of the parent with a sample, and ends with it. */
export function answerSamples(count: () => number): void {
  process.on('message', () => {
    const { user, system } = process.cpuUsage();
    const sample: Sample = {
      type: 'sample',
      count: count(),
      atMs: performance.now(),
      cpuMicros: user + system,
    };
    process.send?.(sample);
  });
  process.on('disconnect', () => process.exit(0));
}
