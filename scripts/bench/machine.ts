import { availableParallelism, cpus, freemem, loadavg, platform, release, totalmem } from 'node:os';

/** The machine that figures were measured on: without it they mean nothing. */
export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGiB: number;
  readonly freeGiB: number;
  readonly system: string;
  readonly node: string;
  /** One, five and fifteen minutes, before anything was measured. Figures of a busy machine are worth little. */
  readonly load: readonly number[];
}

export function machine(): Machine {
  const gib = (bytes: number): number => Math.round((bytes / 2 ** 30) * 10) / 10;
  return {
    cpu: cpus()[0]?.model ?? 'unknown',
    cores: availableParallelism(),
    memoryGiB: gib(totalmem()),
    freeGiB: gib(freemem()),
    system: `${platform()} ${release()}`,
    node: process.version,
    load: loadavg().map((value) => Math.round(value * 100) / 100),
  };
}

export function machineLine(found: Machine): string {
  const memory = `${found.memoryGiB} GiB (${found.freeGiB} free)`;
  return `${found.cpu}, ${found.cores} cores, ${memory}, ${found.system}, node ${found.node}, load before ${found.load.join(' ')}`;
}
