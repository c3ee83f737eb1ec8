/** Filtering a table by text and by choice, and sorting it by a column. */
(() => {
  for (const table of document.querySelectorAll('.table')) open(table);

  function open(table) {
    const body = table.querySelector('tbody');
    const rows = [...body.rows].map((row) => ({
      row,
      text: row.textContent.toLowerCase(),
      values: [...row.cells].map((cell) => cell.dataset.v ?? cell.textContent),
    }));
    const search = table.querySelector('input[type="search"]');
    const choices = [...table.querySelectorAll('select')];
    const count = table.querySelector('output');
    const { what } = table.dataset;

    const filter = () => {
      const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
      let shown = 0;
      for (const { row, text, values } of rows) {
        const isShown =
          words.every((word) => text.includes(word)) &&
          choices.every(
            ({ value, dataset }) => value === '' || values[dataset.column].split('|').includes(value),
          );
        row.hidden = !isShown;
        if (isShown) shown += 1;
      }
      const all = rows.length.toLocaleString('en');
      count.textContent =
        shown === rows.length ? `${all} ${what}` : `${shown.toLocaleString('en')} of ${all} ${what}`;
    };
    search.addEventListener('input', filter);
    for (const choice of choices) choice.addEventListener('change', filter);
    filter();

    table.querySelectorAll('thead th').forEach((head, column) => {
      const button = document.createElement('button');
      button.type = 'button';
      button.textContent = head.textContent;
      head.replaceChildren(button);
      button.addEventListener('click', () => sort(head, column));
    });

    function sort(head, column) {
      const isUp = head.getAttribute('aria-sort') !== 'ascending';
      for (const other of head.parentElement.cells) other.removeAttribute('aria-sort');
      head.setAttribute('aria-sort', isUp ? 'ascending' : 'descending');
      const isNumber = head.classList.contains('n');
      const order = rows.toSorted((a, b) => {
        const [first, second] = [a.values[column], b.values[column]];
        const result = isNumber ? first - second : first.localeCompare(second, 'en', { numeric: true });
        return isUp ? result : -result;
      });
      body.append(...order.map(({ row }) => row));
    }
  }
})();
