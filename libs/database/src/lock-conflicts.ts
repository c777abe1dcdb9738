let conflicts = 0;

/** Counts that a file was found held by another process. */
export function countLockConflict(): void {
  conflicts += 1;
}

/** How often in this process's life a database file was held by another process when it was wanted. */
export function lockConflicts(): number {
  return conflicts;
}
