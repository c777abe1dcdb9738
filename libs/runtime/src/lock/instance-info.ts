import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { writeFileAtomic } from '../atomic-file.ts';

/** Who holds a lock: what its socket answers. Anyone on the machine may ask, so it holds no secret. */
const identity = z.object({
  pid: z.int(),
  instanceId: z.string(),
  /** ISO 8601, UTC. */
  startedAt: z.string(),
});

const info = identity.extend({
  /** Addresses by what they serve: `{"http": "http://127.0.0.1:5001"}`. */
  addresses: z.record(z.string(), z.string()),
  /** What a client of those addresses must show. */
  token: z.string().optional(),
});

export type InstanceIdentity = Readonly<z.output<typeof identity>>;

/** The holder of an instance lock and where it can be reached. */
export type InstanceInfo = Readonly<z.output<typeof info>>;

const FILE_NAME = 'instance.json';

/** Only its owner may read it: it can hold a token. */
const PRIVATE = 0o600;

export function instanceFilePath(directory: string): string {
  return join(directory, FILE_NAME);
}

/** Reads an identity off a socket's answer; undefined when it is not one. */
export function parseIdentity(text: string): InstanceIdentity | undefined {
  return parseWith(identity, text);
}

export async function writeInstanceFile(directory: string, content: InstanceInfo): Promise<void> {
  const text = `${JSON.stringify(content, null, 2)}\n`;
  await writeFileAtomic(instanceFilePath(directory), text, { mode: PRIVATE });
}

/** What the file says, true or stale; undefined when it is absent, unreadable or no such file. */
export async function readInstanceFile(directory: string): Promise<InstanceInfo | undefined> {
  try {
    return parseWith(info, await readFile(instanceFilePath(directory), 'utf8'));
  } catch {
    return undefined;
  }
}

function parseWith<T>(schema: z.ZodType<T>, text: string): T | undefined {
  try {
    return schema.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}
