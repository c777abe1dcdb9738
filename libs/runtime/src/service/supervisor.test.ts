import { describe, expect, test } from 'vitest';
import { ExitCode, TickwrightError } from '../errors.ts';
import { CrashLoopError } from './supervisor-errors.ts';
import { aborted, stage } from '../testing/service-stage.ts';

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

  test('a failure that its service calls final is told at once and as it is, though the service was up', async () => {
    const { events, clock, actor, run } = stage();
    const other = new TickwrightError('they speak another version', { code: 'version' });
    const feed = actor('feed', { run: async () => await Promise.reject(other) });
    const { over } = run([actor('journal'), { ...feed, isFinal: (error) => error === other }]);
    await clock.advance(0);
    await expect(over).rejects.toBe(other);
    expect(events.filter((event) => event.startsWith('feed'))).toEqual(['feed start', 'feed run']);
  });

  test('an error that no retry can mend is restarted once the service was up: recovery is the start path', async () => {
    const { clock, abort, actor, run } = stage();
    let runs = 0;
    const shaky = actor('flush', {
      run: async (signal) => {
        runs += 1;
        if (runs < 3) throw new TickwrightError('the commit is doubtful', { code: 'doubtful' });
        await aborted(signal);
      },
    });
    const { over } = run([shaky]);
    await clock.advance(10_000);
    expect(runs).toBe(3);
    abort.abort();
    await over;
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
