import { readFileSync, readdirSync } from 'node:fs';

/** Ticks of the kernel's clock in /proc, a second: 100 on every Linux that Node runs on. */
const CLOCK_TICKS = 100;

/** CPU time of a process with all its threads, microseconds; undefined where there is no /proc. */
export function cpuMicros(pid: number): number | undefined {
  const text = read(`/proc/${pid}/stat`);
  if (text === undefined) return undefined;
  // The name in parentheses may hold spaces: fields are counted behind it. User and system time are the 14th and 15th.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return ((Number(fields[11]) + Number(fields[12])) / CLOCK_TICKS) * 1e6;
}

/** Resident memory of a process, bytes. */
export function residentBytes(pid: number): number | undefined {
  const found = /^VmRSS:\s+(\d+) kB/m.exec(read(`/proc/${pid}/status`) ?? '');
  return found === null ? undefined : Number(found[1]) * 1024;
}

/** Files and sockets that a process has open. */
export function openHandles(pid: number): number | undefined {
  try {
    return readdirSync(`/proc/${pid}/fd`).length;
  } catch {
    return undefined;
  }
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
