import { formatOrigin, redactText } from '@tickwright/runtime';
import type { TickwrightConfig } from './loading.ts';

/** One line of `config show`. */
export interface ConfigRow {
  readonly path: string;
  /** As it may be shown: secrets are `***`. */
  readonly value: string;
  /** `default`, `tickwright.yaml:7`, a variable's name, a flag as given. */
  readonly origin: string;
}

const HIDDEN = '***';
/** Settings whose values give access to something. */
const SECRET_PATHS: ReadonlySet<string> = new Set(['alerts.webhook']);

/** Every value in force and where it came from, in the order of the schema, secrets last. */
export function explainConfig(loaded: TickwrightConfig): readonly ConfigRow[] {
  const settings = loaded.entries.map(({ path, value, origin }): ConfigRow => {
    const isSecret = SECRET_PATHS.has(path) && value !== '';
    return {
      path,
      value: isSecret ? HIDDEN : redactText(typeof value === 'string' ? value : JSON.stringify(value)),
      // A flag's origin repeats its value.
      origin:
        isSecret && origin.kind === 'flag' ? `--set ${path}=${HIDDEN}` : redactText(formatOrigin(origin)),
    };
  });
  const secrets = [...loaded.secrets.values()].map(({ name, origin }): ConfigRow => ({
    path: name,
    value: HIDDEN,
    origin,
  }));
  return [...settings, ...secrets];
}
