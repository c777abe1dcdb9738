import { describe, expect, test } from 'vitest';
import { ExitCode, TickwrightError } from './errors.ts';
import type { Log } from './log.ts';
import { ManualClock } from './manual-clock.ts';
import type { Service } from './service.ts';
import { Supervisor } from './supervisor.ts';
import type { SupervisorOptions } from './supervisor.ts';
import { CrashLoopError, DrainError } from './supervisor-errors.ts';

/** Resolves when the signal is aborted: what a service does that just serves. */
async function aborted(signal: AbortSignal): Promise<void> {
  await new Promise<void>((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener('abort', () => {
      resolve();
    });
  });
}

/** Never settles, whatever is asked of it. */
async function hang(): Promise<void> {
  await new Promise<void>(() => undefined);
}

function listLog(lines: string[]): Log {
  const write = (_fields: object, message: string): void => void lines.push(message);
  return { debug: write, info: write, warn: write, error: write };
}

/** Services that write down what happens to them, under a supervisor on a manual clock. */
function stage(options: Partial<SupervisorOptions> = {}) {
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

describe('starting and stopping', () => {
  test('services start in order, each when the one before is ready, and drain in reverse order', async () => {
    const { events, clock, abort, actor, run } = stage();
    const slow = actor('journal', { start: async () => await clock.sleep(100) });
    const { over } = run([slow, actor('flush'), actor('stream')]);
    await clock.advance(99);
    expect(events).toEqual(['journal start']);
    await clock.advance(1);
    const started = [
      'journal start',
      'journal run',
      'flush start',
      'flush run',
      'stream start',
      'stream run',
    ];
    expect(events).toEqual([...started, 'all up']);
    abort.abort();
    await over;
    expect(events.slice(7)).toEqual([
      'stream drain',
      'stream end',
      'flush drain',
      'flush end',
      'journal drain',
      'journal end',
    ]);
    expect(clock.sleeping).toBe(0);
  });

  test('a service is drained while it still runs, and the next one only after it has ended', async () => {
    const { events, clock, abort, actor, run } = stage();
    const flush = actor('flush', { drain: async () => await clock.sleep(1_000) });
    const { over } = run([actor('journal'), flush]);
    await clock.advance(0);
    abort.abort();
    await clock.advance(999);
    expect(events.slice(-2)).toEqual(['all up', 'flush drain']);
    await clock.advance(1);
    await over;
    expect(events.slice(-4)).toEqual(['flush drain', 'flush end', 'journal drain', 'journal end']);
  });

  test('a stop before the first start starts nothing', async () => {
    const { events, abort, actor, run } = stage();
    abort.abort();
    await run([actor('journal')]).over;
    expect(events).toEqual([]);
  });

  test('a stop during the start drains only what was begun', async () => {
    const { events, clock, abort, actor, run } = stage();
    const stuck = actor('http', { start: async (signal) => await aborted(signal) });
    const { over } = run([actor('journal'), stuck, actor('stream')]);
    await clock.advance(0);
    abort.abort();
    await over;
    expect(events).toEqual(['journal start', 'journal run', 'http start', 'journal drain', 'journal end']);
  });

  test('it is over when every service has ended by itself', async () => {
    const { actor, run } = stage();
    const task = actor('replay', { endsByItself: true, run: async () => await Promise.resolve() });
    const { supervisor, over } = run([task]);
    await over;
    expect(supervisor.status()).toEqual([{ name: 'replay', state: 'ended', restarts: 0 }]);
  });
});

describe('a drain that is not clean', () => {
  test('is over after 5 s in all, names the service that hangs, and does not rob the others of their drain', async () => {
    const { events, clock, abort, actor, run } = stage();
    const hanging = actor('stream', { drain: hang });
    const { over } = run([actor('journal'), actor('flush'), hanging]);
    await clock.advance(0);
    abort.abort();
    const settled = expect(over).rejects.toMatchObject({
      name: 'DrainError',
      late: ['stream'],
      failed: [],
      message: 'stopped, but not cleanly: "stream" did not end within 5 s',
    });
    await clock.advance(4_999);
    expect(events).toContain('journal drain');
    expect(events).toContain('flush end');
    expect(events).not.toContain('stream end');
    await clock.advance(1);
    await settled;
    expect(clock.monotonicMs()).toBe(5_000);
  });

  test('a slow drain may use all of the time that the others leave', async () => {
    const { events, clock, abort, actor, run } = stage();
    const slow = actor('flush', { drain: async () => await clock.sleep(4_500) });
    const { over } = run([actor('journal'), slow]);
    await clock.advance(0);
    abort.abort();
    await clock.advance(4_500);
    await over;
    expect(events).toContain('flush end');
  });

  test('a run that does not end after its drain is named too', async () => {
    const { clock, abort, actor, run } = stage();
    const { over } = run([actor('deaf', { run: hang }), actor('good')]);
    await clock.advance(0);
    abort.abort();
    const settled = expect(over).rejects.toMatchObject({ late: ['deaf'] });
    await clock.advance(5_000);
    await settled;
  });

  test('a drain that fails is told, and the service is ended all the same', async () => {
    const { events, clock, abort, actor, run } = stage();
    const broken = actor('flush', {
      drain: async () => {
        await Promise.reject(new Error('disk full'));
      },
    });
    const { over } = run([actor('journal'), broken]);
    await clock.advance(0);
    abort.abort();
    await expect(over).rejects.toThrow('stopped, but not cleanly: "flush" failed to drain: disk full');
    await expect(over).rejects.toBeInstanceOf(DrainError);
    expect(events.slice(-3)).toEqual(['flush end', 'journal drain', 'journal end']);
  });

  test('a service that fails while it is drained is not started again', async () => {
    const { events, clock, abort, actor, run, logged } = stage();
    let fail: (error: Error) => void = () => undefined;
    const flush = actor('flush', {
      run: async () => {
        await new Promise<void>((_resolve, reject) => {
          fail = reject;
        });
      },
      drain: async () => {
        fail(new Error('broken pipe'));
        await clock.sleep(3_000);
      },
    });
    const { over } = run([flush]);
    await clock.advance(0);
    abort.abort();
    await clock.advance(3_000);
    await over;
    expect(events.filter((event) => event === 'flush start')).toHaveLength(1);
    expect(logged).toEqual(['service failed while it was being stopped']);
  });
});

describe('a service that fails', () => {
  test('is started again after growing waits while the others stay up', async () => {
    const { events, clock, abort, actor, run } = stage({ random: () => 1 });
    const startedAtMs: number[] = [];
    const shaky = actor('stream', {
      run: async (signal) => {
        startedAtMs.push(clock.monotonicMs());
        if (startedAtMs.length < 4) throw new Error('connection lost');
        await aborted(signal);
      },
    });
    const { supervisor, over } = run([actor('journal'), shaky]);
    await clock.advance(5_000);
    expect(startedAtMs).toEqual([0, 200, 600, 1_400]);
    expect(events.filter((event) => event.startsWith('journal'))).toEqual(['journal start', 'journal run']);
    expect(supervisor.status()[1]).toEqual({
      name: 'stream',
      state: 'running',
      restarts: 3,
      lastFailure: 'connection lost',
    });
    abort.abort();
    await over;
  });

  test('a service that returns unasked has failed', async () => {
    const { clock, abort, actor, run } = stage();
    const { supervisor, over } = run([actor('loop', { run: async () => await Promise.resolve() })]);
    await clock.advance(50);
    expect(supervisor.status()[0]).toMatchObject({
      state: 'backing off',
      lastFailure: 'service "loop" ended although nobody stopped it',
    });
    abort.abort();
    await over;
  });

  test('at the fifth failure within a minute it is given up, the rest is drained, and the error says why', async () => {
    const { events, clock, actor, run } = stage();
    const cause = new TickwrightError('port 5001 is taken', {
      code: 'port',
      canRetry: true,
      exitCode: ExitCode.port,
    });
    const { over } = run([
      actor('journal'),
      actor('http', {
        run: async () => {
          await Promise.reject(cause);
        },
      }),
    ]);
    await clock.advance(60_000);
    await expect(over).rejects.toBeInstanceOf(CrashLoopError);
    await expect(over).rejects.toMatchObject({
      service: 'http',
      exitCode: ExitCode.port,
      cause,
      message:
        'service "http" failed 5 times within 60 s and was given up; the last failure was: port 5001 is taken',
    });
    expect(events.filter((event) => event === 'http run')).toHaveLength(5);
    expect(events.slice(-2)).toEqual(['journal drain', 'journal end']);
  });

  test('failures further apart than the window go on for ever', async () => {
    const { clock, abort, actor, run } = stage({ crashLoop: { failures: 3, windowMs: 10_000 } });
    let runs = 0;
    const seldom = actor('stream', {
      run: async (signal) => {
        runs += 1;
        await clock.sleep(6_000, signal);
        throw new Error('connection lost');
      },
    });
    const { over } = run([seldom]);
    await clock.advance(120_000);
    expect(runs).toBeGreaterThan(15);
    abort.abort();
    await over;
  });

  test('a first start that no retry can mend is told at once and as it is', async () => {
    const { events, clock, actor, run } = stage();
    const taken = new TickwrightError('port 5001 is taken', { code: 'port', exitCode: ExitCode.port });
    const { over } = run([
      actor('journal'),
      actor('http', {
        start: async () => {
          await Promise.reject(taken);
        },
      }),
      actor('stream'),
    ]);
    await clock.advance(0);
    await expect(over).rejects.toBe(taken);
    expect(events).toEqual(['journal start', 'journal run', 'http start', 'journal drain', 'journal end']);
  });

  test('a stop while it waits for its restart ends it at once', async () => {
    const { clock, abort, actor, run } = stage({ restartBackoff: { minMs: 5_000, maxMs: 5_000 } });
    const { over } = run([
      actor('stream', {
        run: async () => {
          await Promise.reject(new Error('lost'));
        },
      }),
    ]);
    await clock.advance(10);
    abort.abort();
    await over;
    expect(clock.monotonicMs()).toBe(10);
    expect(clock.sleeping).toBe(0);
  });
});
