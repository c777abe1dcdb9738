import { open } from 'node:fs/promises';
import { ConfigError, loadConfigText } from '@tickwright/runtime';
import { z } from 'zod';

/** Names of secrets: TICKWRIGHT_UPSTOX_TOKEN. */
export const SECRET_NAME = /^TICKWRIGHT_[A-Z0-9_]+_TOKEN$/;

const OTHERS_MAY = 0o077;
const MAX_FILE_BYTES = 65_536;

/** A secret and where it came from. The value shows itself only to who calls `reveal`: not in JSON, logs or errors. */
export class Secret {
  readonly name: string;
  readonly origin: string;
  readonly #value: string;

  constructor(secret: { name: string; origin: string; value: string }) {
    this.name = secret.name;
    this.origin = secret.origin;
    this.#value = secret.value;
  }

  reveal(): string {
    return this.#value;
  }

  toString(): string {
    return '***';
  }

  toJSON(): string {
    return '***';
  }
}

/** Secrets by name; the environment goes over the file. Throws a ConfigError when the file is not private or not right. */
export async function readSecrets(sources: {
  env: Readonly<Record<string, string | undefined>>;
  file?: string | undefined;
}): Promise<ReadonlyMap<string, Secret>> {
  const secrets =
    sources.file === undefined ? new Map<string, Secret>() : await readSecretsFile(sources.file);
  for (const [name, value] of Object.entries(sources.env)) {
    if (value === undefined || value === '' || !SECRET_NAME.test(name)) continue;
    secrets.set(name, new Secret({ name, origin: 'environment', value }));
  }
  return secrets;
}

const fileSchema = z.record(
  z.string().regex(SECRET_NAME, { error: 'expected a name like TICKWRIGHT_UPSTOX_TOKEN' }),
  z.string().min(1),
);

/** Secrets of a file by name. Throws a ConfigError for one that others may read, that is not right or not there. */
export async function readSecretsFile(file: string): Promise<Map<string, Secret>> {
  const values = loadConfigText({
    schema: fileSchema,
    text: await readPrivate(file),
    file,
    hidesValues: true,
  }).value;
  return new Map(
    Object.entries(values).map(([name, value]) => [name, new Secret({ name, origin: file, value })]),
  );
}

/** Looks at the opened file, not at its name: between a check and an opening the name could change hands. */
async function readPrivate(file: string): Promise<string> {
  const handle = await open(file, 'r').catch((error: unknown) => {
    throw new ConfigError([`${file}: cannot read the secrets file: ${String(error)}`], { cause: error });
  });
  try {
    const { mode, size } = await handle.stat();
    // Windows reports made-up modes.
    if (process.platform !== 'win32' && (mode & OTHERS_MAY) !== 0) {
      const found = (mode & 0o777).toString(8);
      throw new ConfigError([
        `${file}: others may read this secrets file (mode ${found}): run chmod 600 ${file}`,
      ]);
    }
    if (size > MAX_FILE_BYTES)
      throw new ConfigError([`${file}: a secrets file of ${size} bytes is no secrets file`]);
    return await handle.readFile('utf8');
  } finally {
    await handle.close();
  }
}
