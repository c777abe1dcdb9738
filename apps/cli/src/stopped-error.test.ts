import { expect, test } from 'vitest';
import { StoppedError, unlessStopped } from './stopped-error.ts';

test('work that is never done ends with the reason of the signal', async () => {
  const stopping = new AbortController();
  const reason = new StoppedError('SIGINT', 130);
  const work = unlessStopped(stopping.signal, new Promise(() => undefined));
  stopping.abort(reason);
  await expect(work).rejects.toBe(reason);
  await expect(unlessStopped(stopping.signal, Promise.resolve(1))).rejects.toBe(reason);
});

test('work that is done or fails gives its own result', async () => {
  const { signal } = new AbortController();
  await expect(unlessStopped(signal, Promise.resolve(1))).resolves.toBe(1);
  await expect(unlessStopped(signal, Promise.reject(new Error('broken')))).rejects.toThrow('broken');
});
