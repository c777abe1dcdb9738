import type { Log } from '../log/log.ts';
import { ManualClock } from '../clock/manual-clock.ts';
import type { Service } from '../service/service.ts';
import { Supervisor } from '../service/supervisor.ts';
import type { SupervisorOptions } from '../service/supervisor.ts';

/** Resolves when the signal is aborted: what a service does that just serves. */
export async function aborted(signal: AbortSignal): Promise<void> {
  await new Promise<void>((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener('abort', () => {
      resolve();
    });
  });
}

/** Never settles, whatever is asked of it. */
export async function hang(): Promise<void> {
  await new Promise<void>(() => undefined);
}

function listLog(lines: string[]): Log {
  const write = (_fields: object, message: string): void => void lines.push(message);
  return { debug: write, info: write, warn: write, error: write };
}

/** Services that write down what happens to them, under a supervisor on a manual clock. */
export function stage(options: Partial<SupervisorOptions> = {}) {
  const events: string[] = [];
  const clock = new ManualClock();
  const abort = new AbortController();
  const logged: string[] = [];
  const actor = (name: string, part: Partial<Service> = {}): Service => ({
    name,
    start: async (signal) => {
      events.push(`${name} start`);
      await part.start?.(signal);
    },
    run: async (signal) => {
      events.push(`${name} run`);
      await (part.run ?? aborted)(signal);
      events.push(`${name} end`);
    },
    drain: async () => {
      events.push(`${name} drain`);
      await part.drain?.();
    },
    ...(part.endsByItself === undefined ? {} : { endsByItself: part.endsByItself }),
  });
  const run = (services: readonly Service[]) => {
    const supervisor = new Supervisor({
      services,
      clock,
      log: listLog(logged),
      random: () => 0,
      ...options,
    });
    const over = supervisor.run(abort.signal, () => events.push('all up'));
    over.catch(() => undefined);
    return { supervisor, over };
  };
  return { events, clock, abort, logged, actor, run };
}
