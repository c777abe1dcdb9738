import { chmod, mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { ConfigError } from '@tickwright/runtime';
import { StoredToken, writeSecret } from './stored-token.ts';

const NAME = 'TICKWRIGHT_UPSTOX_TOKEN';
let folder: string;
let file: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tickwright-token-'));
  file = join(folder, 'secrets.yaml');
});
afterEach(async () => await rm(folder, { recursive: true }));

const token = (env: Record<string, string> = {}): StoredToken =>
  new StoredToken({ venue: 'upstox', file, env });

test('a token is read again at every use, and there is none where neither place has one', async () => {
  const stored = token();
  expect(await stored.read()).toBeUndefined();
  await writeSecret(file, { name: NAME, value: 'first' });
  expect(await stored.read()).toBe('first');
  await writeSecret(file, { name: NAME, value: 'second' });
  expect(await stored.read()).toBe('second');
});

test('the environment goes over the file until its token is refused, or the file is renewed', async () => {
  await writeSecret(file, { name: NAME, value: 'stored' });
  const refused = token({ [NAME]: 'given' });
  expect(await refused.read()).toBe('given');
  refused.refused('given');
  expect(await refused.read()).toBe('stored');
  refused.refused('stored');
  expect(await refused.read()).toBe('given');
  const renewed = token({ [NAME]: 'given' });
  let told = 0;
  const forget = renewed.onRenewed(() => told++);
  renewed.renewed();
  expect(await renewed.read()).toBe('stored');
  forget();
  renewed.renewed();
  expect(told).toBe(1);
});

test("a written file is its owner's alone, keeps other secrets, and any text that a token may be", async () => {
  await writeSecret(file, { name: 'TICKWRIGHT_OTHER_TOKEN', value: 'kept' });
  await writeSecret(file, { name: NAME, value: 'a: "b" # c' });
  expect((await stat(file)).mode & 0o777).toBe(0o600);
  expect(await token().read()).toBe('a: "b" # c');
  expect(await readFile(file, 'utf8')).toContain('TICKWRIGHT_OTHER_TOKEN: "kept"');
});

test('a file that others may read is refused, and its content is not told', async () => {
  await writeSecret(file, { name: NAME, value: 'very-secret' });
  await chmod(file, 0o644);
  const failed = await token()
    .read()
    .catch((error: unknown) => error);
  expect(failed).toBeInstanceOf(ConfigError);
  expect(String(failed)).toMatch(/chmod 600/);
  expect(String(failed)).not.toMatch(/very-secret/);
});
