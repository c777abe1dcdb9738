import { join } from 'node:path';
import { ConfigError, writeFileAtomic } from '@tickwright/runtime';
import type { Config } from './schema.ts';
import { readSecretsFile } from './secrets.ts';

const MODE = 0o600;

/** Where secrets are kept: the configured file, or `secrets.yaml` in the data directory. */
export function secretsFileOf(config: Config): string {
  return config.secretsFile ?? join(config.dataDir, 'secrets.yaml');
}

/** The name of a venue's token: `TICKWRIGHT_UPSTOX_TOKEN`. */
export function tokenName(venue: string): string {
  return `TICKWRIGHT_${venue.toUpperCase()}_TOKEN`;
}

/**
 * Puts a secret into a file of secrets, beside those that are there, at once or not at all; the file is its owner's alone.
 * Throws a ConfigError for a file that is there and not right.
 */
export async function writeSecret(file: string, secret: { name: string; value: string }): Promise<void> {
  const values = new Map([...(await secretsIn(file))].map(([name, known]) => [name, known.reveal()]));
  values.set(secret.name, secret.value);
  // A JSON text is a YAML text, whatever stands in it.
  const lines = [...values].map(([name, value]) => `${name}: ${JSON.stringify(value)}\n`);
  await writeFileAtomic(file, lines.join(''), { mode: MODE });
}

/**
 * A venue's token, read again at every use: from the environment, or else from the file of secrets. One that the venue
 * has refused is passed over for the other; after `renewed` the file goes first.
 */
export class StoredToken {
  readonly #name: string;
  readonly #file: string;
  readonly #env: Readonly<Record<string, string | undefined>>;
  readonly #listeners = new Set<() => void>();
  /** At most the environment's and the file's of late. */
  readonly #refused: string[] = [];
  #isFileFirst = false;

  constructor(options: { venue: string; file: string; env: Readonly<Record<string, string | undefined>> }) {
    this.#name = tokenName(options.venue);
    this.#file = options.file;
    this.#env = options.env;
  }

  /** Undefined where there is none. Throws a ConfigError for a file that others may read, or that is not right. */
  async read(): Promise<string | undefined> {
    const stored = (await secretsIn(this.#file)).get(this.#name)?.reveal();
    const given = this.#env[this.#name];
    const both = this.#isFileFirst ? [stored, given] : [given, stored];
    const tokens = both.filter((token) => token !== undefined && token !== '');
    return tokens.find((token) => token !== undefined && !this.#refused.includes(token)) ?? tokens[0];
  }

  refused(token: string): void {
    if (this.#refused.includes(token)) return;
    this.#refused.push(token);
    if (this.#refused.length > 2) this.#refused.shift();
  }

  /** There is a new one in the file. */
  renewed(): void {
    this.#isFileFirst = true;
    this.#refused.length = 0;
    for (const listener of this.#listeners) listener();
  }

  onRenewed(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
}

/** A file that is not there holds none. */
async function secretsIn(file: string): ReturnType<typeof readSecretsFile> {
  try {
    return await readSecretsFile(file);
  } catch (error) {
    const { cause } = error instanceof ConfigError ? error : { cause: undefined };
    if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT') return new Map();
    throw error;
  }
}
