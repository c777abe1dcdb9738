import { open, stat } from 'node:fs/promises';
import { writeFileAtomic } from '@tickwright/runtime';
import { isFeedKey, makeFeedKeys } from './curve.ts';
import { FeedKeysError } from './feed-errors.ts';
import type { FeedKeys } from './feed-keys.ts';

const MODE = 0o600;
const OTHERS_MAY = 0o077;
const MAX_FILE_BYTES = 4_096;

/** Makes a pair of keys and writes it to a new file that its owner alone can read. Errors: FeedKeysError. */
export async function writeFeedKeyFile(file: string): Promise<{ readonly publicKey: string }> {
  if (await exists(file))
    throw new FeedKeysError(`${file} exists, and keys that are in use are not replaced: name another file`);
  const { publicKey, secretKey } = makeFeedKeys();
  try {
    await writeFileAtomic(file, `${JSON.stringify({ publicKey, secretKey }, null, 2)}\n`, { mode: MODE });
  } catch (error) {
    throw new FeedKeysError(`cannot write the keys of the feed to ${file}: ${String(error)}`, {
      cause: error,
    });
  }
  return { publicKey };
}

/** The keys that a configuration names; undefined when it names none. Errors: FeedKeysError. */
export async function loadFeedKeys(config: {
  readonly keyFile?: string | undefined;
  readonly serverPublicKey?: string | undefined;
}): Promise<FeedKeys | undefined> {
  const { keyFile, serverPublicKey } = config;
  if (keyFile === undefined && serverPublicKey === undefined) return undefined;
  const pair = keyFile === undefined ? undefined : await readPair(keyFile);
  return {
    ...(pair === undefined ? {} : { pair }),
    ...(serverPublicKey === undefined ? {} : { serverPublicKey }),
  };
}

async function readPair(file: string): Promise<NonNullable<FeedKeys['pair']>> {
  const text = await readPrivate(file);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    value = undefined;
  }
  const { publicKey, secretKey } = (value ?? {}) as Record<string, unknown>;
  if (typeof publicKey === 'string' && typeof secretKey === 'string')
    if (isFeedKey(publicKey) && isFeedKey(secretKey)) return { publicKey, secretKey };
  // The content is not repeated: it may hold the secret.
  throw new FeedKeysError(`${file} holds no pair of keys: make one with "tickwright feed keys FILE"`);
}

/** Looks at the opened file, not at its name: between a check and an opening the name could change hands. */
async function readPrivate(file: string): Promise<string> {
  const handle = await open(file, 'r').catch((error: unknown) => {
    throw new FeedKeysError(`cannot read the keys of the feed in ${file}: ${String(error)}`, {
      cause: error,
    });
  });
  try {
    const { mode, size } = await handle.stat();
    // Windows reports made-up modes.
    if (process.platform !== 'win32' && (mode & OTHERS_MAY) !== 0)
      throw new FeedKeysError(`${file} holds a secret key, and others may read it: run chmod 600 ${file}`);
    if (size > MAX_FILE_BYTES) throw new FeedKeysError(`${file} holds no pair of keys: it has ${size} bytes`);
    return await handle.readFile('utf8');
  } finally {
    await handle.close();
  }
}

async function exists(file: string): Promise<boolean> {
  return await stat(file).then(
    () => true,
    () => false,
  );
}
