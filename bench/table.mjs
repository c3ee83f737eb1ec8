/** The results as a Markdown table: a column a builder, decant's share of each, and what was asked. */

export function asMarkdown(heading, builders, results) {
  const measured = results.flatMap(({ values }) => Object.keys(values));
  // skopeo is measured too, and builds nothing.
  const peers = [...new Set([...builders.map((builder) => builder.name), ...measured])].filter(
    (name) => name !== 'decant',
  );
  const columns = ['', 'decant', ...peers, ...peers.map((peer) => `decant / ${peer}`), 'asked of decant'];
  const rows = results.map(({ label, unit, values, asked }) => [
    label,
    ...['decant', ...peers].map((name) => figure(values[name], unit)),
    ...peers.map((peer) => share(values.decant, values[peer])),
    asked.map(({ text, isMet }) => `${isMet ? 'met' : '**missed**'}: ${text}`).join('<br>'),
  ]);
  const lines = [columns, columns.map((_, index) => (index === 0 ? '---' : '--:')), ...rows];
  return `# Measurements\n\n${heading}\n\n${lines.map((cells) => `| ${cells.join(' | ')} |\n`).join('')}`;
}

function figure(value, unit) {
  if (value === undefined) return '–';
  return `${value.toFixed(unit === 's' ? (value < 10 ? 3 : 1) : 0)} ${unit}`;
}

function share(own, peer) {
  return peer === undefined ? '–' : (own / peer).toFixed(2);
}
