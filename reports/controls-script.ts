/**
 * The browser's part of a report that needs no chart, as text: it runs before the library is
 * inflated, so what one can read can also be used. It draws nothing.
 */
export const CONTROLS_SCRIPT = `(() => {
  // A page from a disk, or in a frame, may have no clipboard: then the line is selected.
  const select = (element) => {
    const range = document.createRange();
    range.selectNodeContents(element);
    getSelection().removeAllRanges();
    getSelection().addRange(range);
    return document.execCommand('copy');
  };
  for (const button of document.querySelectorAll('button.copy')) {
    const source = document.getElementById(button.dataset.copies);
    const status = button.parentElement.querySelector('[role=status]');
    button.hidden = false;
    button.addEventListener('click', async () => {
      status.textContent = '';
      const copied = await Promise.resolve()
        .then(() => navigator.clipboard.writeText(source.textContent))
        .then(() => true, () => select(source));
      status.textContent = copied ? 'Copied.' : 'Selected: copy it with the keys of your system.';
    });
  }

  // On paper nothing can be opened: lists are, for as long as it prints.
  let opened = [];
  addEventListener('beforeprint', () => {
    opened = [...document.querySelectorAll('details.listing:not([open])')];
    for (const each of opened) each.open = true;
  });
  addEventListener('afterprint', () => {
    for (const each of opened) each.open = false;
  });
  performance.mark('tables-ready');
})();
`;
