/** Does work at a pace while the page is seen; a round that still runs is not joined by another. */
export function every(ms: number, work: () => void | Promise<void>): void {
  let isRunning = false;
  window.setInterval(() => {
    if (document.hidden || isRunning) return;
    const done = work();
    if (done === undefined) return;
    isRunning = true;
    void done
      .catch(() => undefined)
      .finally(() => {
        isRunning = false;
      });
  }, ms);
}
