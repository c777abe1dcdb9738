import { readFile } from 'node:fs/promises';
import { ConfigError, loadConfigText, parseSetFlag } from '@tickwright/runtime';
import type { ConfigEntry } from '@tickwright/runtime';
import { configSchema } from './schema.ts';
import type { Config } from './schema.ts';
import { readSecrets, SECRET_NAME } from './secrets.ts';
import type { Secret } from './secrets.ts';

/** Variables with our prefix that are no settings. */
const OTHER_ENV = [SECRET_NAME, /^TICKWRIGHT_RECORDINGS$/];

export interface ConfigInput {
  /** A YAML file. Absent: the defaults. */
  readonly file?: string;
  /** Each as `--set` takes it, `a.b=c`; a later one wins. */
  readonly flags?: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
}

export interface TickwrightConfig {
  readonly config: Config;
  readonly secrets: ReadonlyMap<string, Secret>;
  /** Every value in force with its origin. */
  readonly entries: readonly ConfigEntry[];
}

/**
 * Loads and checks the whole configuration: flags over `TICKWRIGHT_*` over the file over the defaults. Throws a
 * ConfigError (exit code 3) with one line a problem.
 */
export async function loadConfig(input: ConfigInput): Promise<TickwrightConfig> {
  const { file, flags = [], env } = input;
  const { value, entries } = loadConfigText({
    schema: configSchema,
    ...(file === undefined ? {} : { file, text: await readConfigFile(file) }),
    flags: flags.map((flag) => parseSetFlag(flag)),
    env,
    otherEnv: OTHER_ENV,
  });
  const secrets = await readSecrets({ env, file: value.secretsFile });
  return { config: value, secrets, entries };
}

async function readConfigFile(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    const why = code === 'ENOENT' ? 'no such file' : String(error);
    throw new ConfigError([`${file}: cannot read the configuration: ${why}`], { cause: error });
  }
}
