/** `ok`: nothing to do; `note`: worth knowing; `warning`: works, and may not for long; `error`: something does not work. */
export type Severity = 'ok' | 'note' | 'warning' | 'error';

/** What a check found of a subject. */
export interface Finding {
  /** `node`, `threads`, `disk`, `clock`, `port`, `token`, `instruments`, `calendar`, `yesterday`, `configuration`, `schema`, `journal`, `database`, `part`, `candles`. */
  readonly check: string;
  readonly subject: string;
  readonly severity: Severity;
  /** One line. */
  readonly found: string;
  /** What to do about it; empty when nothing is. */
  readonly toDo: string;
  /** Whether `tickwright doctor --repair` does it. */
  readonly canRepair: boolean;
  /** What a repair works on. */
  readonly target?: RepairTarget;
  /** An error that cannot be mended and does not stand in the way of mending others. */
  readonly isAlone?: boolean;
}

/** Offsets `firstOffset <= offset < endOffset`. */
export interface OffsetRange {
  readonly firstOffset: number;
  readonly endOffset: number;
}

export type RepairTarget =
  | { readonly kind: 'database'; readonly path: string }
  | { readonly kind: 'journal'; readonly path: string; readonly missing: readonly OffsetRange[] }
  | { readonly kind: 'part'; readonly path: string }
  | { readonly kind: 'candles'; readonly path: string };

export function ok(check: string, subject: string, found: string): Finding {
  return { check, subject, severity: 'ok', found, toDo: '', canRepair: false };
}

export function note(check: string, subject: string, found: string): Finding {
  return { check, subject, severity: 'note', found, toDo: '', canRepair: false };
}

/** A fault of what is stored that a repair deals with. */
export function damaged(check: string, target: RepairTarget, found: string): Finding {
  const toDo = 'tickwright doctor --repair sets it aside and rebuilds it';
  return { check, subject: target.path, severity: 'error', found, toDo, canRepair: true, target };
}

/** A fault that only its reader can do something about. */
export function fault(told: {
  check: string;
  subject: string;
  severity: 'warning' | 'error';
  found: string;
  toDo: string;
}): Finding {
  return { ...told, canRepair: false };
}

/** The first line of an error's message. */
export function reasonOf(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text.split('\n')[0] ?? '';
}
