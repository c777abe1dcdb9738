import { describe, expect, test } from 'vitest';
import { DrainError } from './supervisor-errors.ts';
import { hang, stage } from '../testing/service-stage.ts';

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
