// Before anything is painted: the theme that was chosen, so that no page flashes in the other one.
(() => {
  const chosen = localStorage.getItem('tickwright.theme');
  if (chosen === 'light' || chosen === 'dark') document.documentElement.dataset.theme = chosen;
})();
